"""Stop a run, in any process.

Another process is asked by a mark on the row, which does not change the version. It saves the failed step
with the text and the calls so far. If it does not in time, because it hangs or is of an older version, the
run is ended here, without them.
"""

from __future__ import annotations

import uuid
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from assistant_app.engine import registry
from assistant_app.engine.runner import runner
from assistant_app.engine.writer import Writer
from assistant_app.errors import ApplicationNotFound, Cancelled, NothingToCancel, Superseded
from assistant_app.models import Application, IdempotencyKey, database_clock
from assistant_app.operations import idempotency
from assistant_app.operations.idempotency import done, once, store
from assistant_app.operations.mine import get

PATIENCE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Stopping:
    """A run that was told to stop, and a future that is done when it has, or when it took too long."""

    row: Application
    ended: Future[Any]
    lease: uuid.UUID | None = None  # under which another process still ran it; None if it surely ends
    key: IdempotencyKey | None = None


def cancel(
    *,
    actor: AbstractBaseUser,
    app_id: Any,
    workflow: str | None = None,
    key: IdempotencyKey | None = None,
) -> Stopping:
    """Stop the run under way, in any process. All input, and what was written so far, is kept."""
    return once(key, lambda: _cancel(get(actor=actor, app_id=app_id, workflow=workflow), key), _again)


def when_stopped(stopping: Stopping) -> Application:
    """Return the row once `stopping.ended` is done. End the run if its process did not."""
    row, key = stopping.row, stopping.key
    if key is not None and not key.is_stored:
        key.recall()  # the same request, sent twice at once, may have stored it
    while True:
        latest = _get(row.owner_id, row.pk)
        if stopping.lease is None or latest.lease_token != stopping.lease:
            return latest
        try:
            Writer.under_lease_of(latest).fail(Cancelled())
        except Superseded:  # it saved a step in between, or stopped
            continue


def _cancel(row: Application, key: IdempotencyKey | None) -> Stopping:
    registry.known_to_run(row)
    while True:
        if not row.is_running:
            raise NothingToCancel
        if (run := runner.stop(row.lease_token, Cancelled(), key)) is not None:
            return Stopping(row, run.ended, key=key)
        if _request(row, key):
            return _asked(row, key)
        row = _get(row.owner_id, row.pk)


def _again(key: IdempotencyKey) -> Stopping:
    """Return what the first request got: a run that still has to stop is waited for."""
    row = idempotency.find(key)
    is_asked = row.is_running and row.stop_requested_at
    return _asked(row, key) if is_asked else Stopping(row, done(), key=key)


def _asked(row: Application, key: IdempotencyKey | None) -> Stopping:
    return Stopping(row, runner.until_ended(row, PATIENCE_SECONDS), row.lease_token, key)


def _request(row: Application, key: IdempotencyKey | None) -> bool:
    """Ask the process that holds the row's lease to stop; return whether that lease still exists."""
    with transaction.atomic():
        under_lease = Application.objects.filter(pk=row.pk, lease_token=row.lease_token)
        is_asked = under_lease.update(stop_requested_at=database_clock()) == 1
        if is_asked:
            store(key, row)
    return is_asked


def _get(owner_id: int, app_id: Any) -> Application:
    row = Application.find(app_id, owner_id=owner_id)
    if row is None:
        raise ApplicationNotFound
    return row
