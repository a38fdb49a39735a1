"""What a person can do. Pages, API, admin and commands call these, and nothing else writes.

Each takes the acting user and raises an `AssistantError`. Whoever is not the owner finds nothing.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.utils import timezone

from assistant_app import steps
from assistant_app.errors import (
    AlreadyRunning,
    ApplicationNotFound,
    Cancelled,
    Finished,
    IdTaken,
    Interrupted,
    NothingToCancel,
    NothingToRetry,
    OverLimit,
    StaleVersion,
    Superseded,
    WrongStep,
)
from assistant_app.graph import ENTRYPOINT
from assistant_app.models import Application, ApplicationQuerySet
from assistant_app.runner import runner
from assistant_app.runs import Outcome, Run
from assistant_app.writer import Writer


def create(*, actor: AbstractBaseUser, app_id: uuid.UUID | None = None) -> tuple[Application, bool]:
    """Return a new application, or the actor's own one of that id, and whether it is new.

    Raise `IdTaken` if the id is another person's.
    """
    row = Application(id=app_id or uuid.uuid4(), owner_id=actor.pk, next_step=ENTRYPOINT)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        existing = Application.objects.filter(pk=row.pk, owner_id=actor.pk).first()
        if existing is None:
            raise IdTaken from None
        return existing, False
    return row, True


def get(*, actor: AbstractBaseUser, app_id: Any) -> Application:
    """Return the actor's own application; raise `ApplicationNotFound` for any other."""
    row = Application.objects.owned_by(actor).filter(pk=app_id).first()
    if row is None:
        raise ApplicationNotFound
    return row


def submit(
    *, actor: AbstractBaseUser, app_id: Any, step: str, data: Any, expected_version: int | None = None
) -> Run:
    """Send a human step's input: check, and start the run that claims, stores and goes on.

    Raise, in this order: `ApplicationNotFound`, `InvalidInput`, `StaleVersion`, `Finished`,
    `AlreadyRunning` or `WrongStep`. What the claim decides comes with `wait_until_claimed`: who was first
    in a race, and whether the actor may have another run, draft or round (`OverLimit`).
    """
    row = get(actor=actor, app_id=app_id)
    human_step = steps.get(step)
    inputs = human_step.clean(data)
    _check(row, step, expected_version)
    human_step.match(inputs, row.state)
    return runner.start(Run(row, step, inputs, expected_version))


def retry(*, actor: AbstractBaseUser, app_id: Any, expected_version: int | None = None) -> Run:
    """Go on with what is stored after a failed or interrupted run."""
    row = get(actor=actor, app_id=app_id)
    return _retry(row, expected_version)


def cancel(*, actor: AbstractBaseUser, app_id: Any) -> Application:
    """Stop the run under way, wherever it is; all that was typed is kept."""
    while True:
        row = get(actor=actor, app_id=app_id)
        if not row.is_running:
            raise NothingToCancel
        if (run := runner.stop(row.lease_token, Cancelled())) is not None:
            connection.close()
            run.ended.result()
            break
        # Another process's: its next save finds the lease gone, and it ends quietly.
        try:
            Writer.under_lease_of(row).fail(Cancelled())
            break
        except Superseded:
            continue  # it saved a step in between
    return get(actor=actor, app_id=app_id)


def delete(*, actor: AbstractBaseUser, app_id: Any, expected_version: int | None = None) -> None:
    """Remove an application and all that hangs on it, in any status; a run under way ends quietly."""
    _delete(Application.objects.owned_by(actor), app_id, expected_version)


# --- What an operator can do, to anybody's: the permission decides, and without it there is nothing -----


def retry_as_operator(*, actor: PermissionsMixin, app_id: Any) -> Run:
    """Go on with what is stored after a failed or interrupted run of any person."""
    return _retry(_any(actor, "change", app_id), None)


def release_expired(*, actor: PermissionsMixin, app_id: Any) -> Application:
    """Call a run whose server is gone what it is: failed, interrupted. Its person sees no difference.

    Raise `AlreadyRunning` if the lease is alive by the database's clock, `NothingToCancel` without one.
    """
    row = _any(actor, "change", app_id)
    if row.status != Application.Status.RUNNING:
        raise NothingToCancel
    reason = Interrupted()
    released = (
        Application.objects.with_expired_lease()
        .filter(pk=row.pk)
        .update(
            status=Application.Status.FAILED,
            lease_token=None,
            lease_expires_at=None,
            error_code=reason.code,
            error_message=reason.message,
            version=F("version") + 1,
            updated_at=timezone.now(),
        )
    )
    if not released:
        raise AlreadyRunning
    return _any(actor, "change", app_id)


def delete_as_operator(*, actor: PermissionsMixin, app_id: Any) -> None:
    """Remove any person's application and all that hangs on it."""
    _delete(Application.objects.filter(pk=_any(actor, "delete", app_id).pk), app_id)


def wait_until_claimed(run: Run) -> Application:
    """Wait until the input is stored, or refused; raise why it was refused."""
    connection.close()  # whoever waits holds no connection
    return _result(run, run.claimed.result())


def wait_until_ended(run: Run) -> Application:
    """Wait for the whole run and return the row as it was stored last; raise what stopped it."""
    connection.close()
    return _result(run, run.ended.result())


def _any(actor: PermissionsMixin, permission: str, app_id: Any) -> Application:
    """Return anybody's application to whoever has the permission; `ApplicationNotFound` to the rest."""
    if not actor.has_perm(f"assistant_app.{permission}_application"):
        raise ApplicationNotFound
    row = Application.objects.filter(pk=app_id).first()
    if row is None:
        raise ApplicationNotFound
    return row


def _delete(rows: ApplicationQuerySet, app_id: Any, expected_version: int | None = None) -> None:
    with transaction.atomic():
        # The row first: a save between Django's deletes would leave a step without one.
        row = rows.select_for_update().filter(pk=app_id).first()
        if row is None:
            raise ApplicationNotFound
        if expected_version not in (None, row.version):
            raise StaleVersion
        row.delete()


def _check(row: Application, step: str, expected_version: int | None) -> None:
    if expected_version is not None and expected_version != row.version:
        raise StaleVersion
    if row.is_finished:
        raise Finished
    if row.is_running:
        raise AlreadyRunning
    if row.next_step != step:
        raise WrongStep


def _retry(row: Application, expected_version: int | None) -> Run:
    if expected_version is not None and expected_version != row.version:
        raise StaleVersion
    if row.is_running:
        raise AlreadyRunning
    if not row.has_stopped:
        raise NothingToRetry
    return runner.start(Run(row, expected_version=expected_version))


def _result(run: Run, outcome: Outcome) -> Application:
    if isinstance(outcome.error, AlreadyRunning | Superseded | OverLimit):
        _say_why(run)
    if outcome.error is not None:
        raise outcome.error
    return outcome.row or run.row


def _say_why(run: Run) -> None:
    """Reread the row that somebody else was first on, and raise what is wrong with it by now."""
    row = Application.objects.filter(pk=run.row.pk, owner_id=run.row.owner_id).first()
    if row is None:
        raise ApplicationNotFound
    if run.step is not None:
        _check(row, run.step, run.expected_version)
