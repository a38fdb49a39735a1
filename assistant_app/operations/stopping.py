"""Stop a run, in any process.

Another process is asked by a mark on the row, which does not change the version. It saves the failed step
with the text and the calls so far. If it does not in time, because it hangs or is of an older version, the
run is ended here, without them.
"""

from __future__ import annotations

from concurrent.futures import TimeoutError as StillRunning
from contextlib import suppress
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import connection, transaction

from assistant_app.engine import registry
from assistant_app.engine.runner import runner
from assistant_app.engine.writer import Writer
from assistant_app.errors import ApplicationNotFound, Cancelled, NothingToCancel, Superseded
from assistant_app.models import Application, IdempotencyKey, database_clock
from assistant_app.operations import idempotency
from assistant_app.operations.idempotency import once, store
from assistant_app.operations.mine import get

PATIENCE_SECONDS = 2.0


def cancel(
    *,
    actor: AbstractBaseUser,
    app_id: Any,
    workflow: str | None = None,
    key: IdempotencyKey | None = None,
) -> Application:
    """Stop the run under way, in any process. All input, and what was written so far, is kept."""
    return once(key, lambda: _cancel(get(actor=actor, app_id=app_id, workflow=workflow), key), _again)


def _cancel(row: Application, key: IdempotencyKey | None) -> Application:
    registry.known_to_run(row)
    while True:
        if not row.is_running:
            raise NothingToCancel
        if (run := runner.stop(row.lease_token, Cancelled(), key)) is not None:
            connection.close()
            run.ended.result()
            return _get(row.owner_id, row.pk)
        if _request(row, key):
            return _when_stopped(row)
        row = _get(row.owner_id, row.pk)


def _again(key: IdempotencyKey) -> Application:
    """Return what the first request got: a run that still has to stop is waited for."""
    row = idempotency.find(key)
    return _when_stopped(row) if row.is_running and row.stop_requested_at else row


def _request(row: Application, key: IdempotencyKey | None) -> bool:
    """Ask the process that holds the row's lease to stop; return whether that lease still exists."""
    with transaction.atomic():
        under_lease = Application.objects.filter(pk=row.pk, lease_token=row.lease_token)
        is_asked = under_lease.update(stop_requested_at=database_clock()) == 1
        if is_asked:
            store(key, row)
    return is_asked


def _when_stopped(row: Application) -> Application:
    """Wait for the end of the run under the row's lease; end it after a while."""
    connection.close()
    with suppress(StillRunning):
        runner.until_ended(row).result(PATIENCE_SECONDS)
    while True:
        latest = _get(row.owner_id, row.pk)
        if latest.lease_token != row.lease_token:
            return latest
        try:
            Writer.under_lease_of(latest).fail(Cancelled())
        except Superseded:  # it saved a step in between, or stopped
            continue


def _get(owner_id: int, app_id: Any) -> Application:
    row = Application.find(app_id, owner_id=owner_id)
    if row is None:
        raise ApplicationNotFound
    return row
