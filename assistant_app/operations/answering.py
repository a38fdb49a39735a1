"""What people can do with their own applications.

Each takes the acting user and raises an `AssistantError`. Whoever is not the owner finds nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import connection, transaction

from assistant_app.engine import budget, forks
from assistant_app.engine.runner import runner
from assistant_app.engine.runs import Outcome, Run
from assistant_app.engine.writer import Writer
from assistant_app.errors import (
    AlreadyRunning,
    ApplicationNotFound,
    AssistantError,
    Cancelled,
    Finished,
    IdTaken,
    NothingToCancel,
    NothingToRetry,
    OverLimit,
    StaleVersion,
    Superseded,
    WrongStep,
)
from assistant_app.mail import reply
from assistant_app.models import Application, ApplicationQuerySet, sql
from assistant_app.operations.deletion import delete_rows
from assistant_app.workflow import steps
from assistant_app.workflow.graph import ENTRYPOINT


def create(*, actor: AbstractBaseUser, app_id: uuid.UUID | None = None) -> tuple[Application, bool]:
    """Return a new application, or the actor's own one of that id, and whether it is new.

    Raise `IdTaken` if the id is another person's.
    """
    row = Application(id=app_id or uuid.uuid4(), owner_id=actor.pk, next_step=ENTRYPOINT)
    return (row, True) if sql.add(row) else (_own(actor, row.pk), False)


def get(*, actor: AbstractBaseUser, app_id: Any) -> Application:
    """Return the actor's own application; raise `ApplicationNotFound` for any other."""
    row = Application.find(app_id, owner_id=actor.pk)
    if row is None:
        raise ApplicationNotFound
    return row


def finished(*, actor: AbstractBaseUser, app_id: Any) -> Application:
    """Return the actor's own application with its reply; raise `ApplicationNotFound` while there is none."""
    row = get(actor=actor, app_id=app_id)
    if not row.is_finished:
        raise ApplicationNotFound
    return row


def reply_message(*, actor: AbstractBaseUser, app_id: Any) -> bytes:
    """Return a finished reply as an RFC 5322 message; raise `ApplicationNotFound` while there is none."""
    row = finished(actor=actor, app_id=app_id)
    return reply.as_message(row.state["incoming_email"], row.state["final_draft"], row.updated_at)


def relative(*, row: Application, app_id: Any) -> Application:
    """Return another of the person's applications that has a common ancestor with this one, or this one."""
    found = Application.objects.tree_of(row).filter(pk=app_id).first()
    if found is None:
        raise ApplicationNotFound
    return found


def submit(
    *, actor: AbstractBaseUser, app_id: Any, step: str, data: Any, expected_version: int | None = None
) -> Run:
    """Send a human step's input: check, and start the run that claims, stores and goes on.

    Raise, in this order: `ApplicationNotFound`, `InvalidInput`, `StaleVersion`, `Finished`,
    `AlreadyRunning` or `WrongStep`, then whatever does not fit the state: `InvalidInput`,
    `NothingToRegenerate`, `TooManyRounds`. What the claim decides comes with `wait_until_claimed`: who was
    first in a race, and whether the actor may have another run, draft or round (`OverLimit`).
    """
    row = get(actor=actor, app_id=app_id)
    human_step = steps.get(step)
    inputs = human_step.clean(data)
    _check(row, step, expected_version)
    state = _state_for(row, human_step)
    human_step.match(inputs, state)
    if human_step.adds_draft:
        budget.check_rounds(state)
    return runner.start(Run(row, step, inputs, expected_version))


def retry(*, actor: AbstractBaseUser, app_id: Any, expected_version: int | None = None) -> Run:
    """Go on with what is stored after a failed or interrupted run."""
    row = get(actor=actor, app_id=app_id)
    return retry_row(row, expected_version)


def fork(
    *,
    actor: AbstractBaseUser,
    app_id: Any,
    sequence_id: int | None = None,
    draft: int | None = None,
    before: str = "",
    new_id: uuid.UUID | None = None,
) -> tuple[Application, bool]:
    """Return an application that goes on from a step, or a draft, of another one, and whether it is new.

    It waits for the person at the nearest point at or before the step at which it was their turn, with
    the state of then; without either it is the head's. `before` names an action that is taken once, to take
    it anew: it was taken in this application, or in one that it descends from, which is then the parent.
    Repeated with the same `new_id`, it returns the same. Raise `ApplicationNotFound` for another person's,
    for a step that is not there and an action that was not taken, `InvalidInput` for such a draft, `IdTaken`
    for such an id.
    """
    if before:
        taken_in, sequence_id = forks.where_taken(get(actor=actor, app_id=app_id), before)
        app_id = taken_in.pk
    with transaction.atomic():
        parent = Application.objects.owned_by(actor).select_for_update().filter(pk=app_id).first()
        if parent is None:
            raise ApplicationNotFound
        if draft is not None:
            point = forks.point_at_draft(parent, draft)
        elif before and sequence_id is None:
            point = forks.point_before(parent, before)
        else:
            point = forks.point_at_step(parent, parent.sequence_id if sequence_id is None else sequence_id)
        row = forks.child(parent, point, new_id or uuid.uuid4())
        if not sql.add(row):
            return _own(actor, row.pk), False
        if point.position:
            point.first_step(row).save(force_insert=True)
    return row, True


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
    delete_one(Application.objects.owned_by(actor), app_id, expected_version)


def wait_until_claimed(run: Run) -> Application:
    """Wait until the input is stored, or refused; raise why it was refused."""
    connection.close()  # whoever waits holds no connection
    return _result(run, run.claimed.result())


def wait_until_ended(run: Run) -> Application:
    """Wait for the whole run and return the row as it was stored last; raise what stopped it."""
    connection.close()
    return _result(run, run.ended.result())


def _own(actor: AbstractBaseUser, app_id: uuid.UUID) -> Application:
    existing = Application.find(app_id, owner_id=actor.pk)
    if existing is None:
        raise IdTaken
    return existing


def delete_one(rows: ApplicationQuerySet, app_id: Any, expected_version: int | None = None) -> None:
    with transaction.atomic():
        # The row first: a save between Django's deletes would leave a step without one.
        row = rows.select_for_update().filter(pk=app_id).first()
        if row is None:
            raise ApplicationNotFound
        if expected_version not in (None, row.version):
            raise StaleVersion
        delete_rows([row.pk])


def _check(row: Application, step: str, expected_version: int | None) -> None:
    human_step = steps.get(step)
    if expected_version is not None and expected_version != row.version:
        raise StaleVersion
    if row.is_finished and not human_step.when_finished:
        raise Finished
    if row.is_running:
        raise AlreadyRunning
    if not (row.is_finished if human_step.when_finished else row.next_step in (step, human_step.instead_of)):
        raise WrongStep


def _state_for(row: Application, step: steps.HumanStep) -> Mapping[str, Any]:
    """Return the state that the step would go on from: after a run that stopped, the one before it."""
    writer = Writer(row)
    if row.has_stopped and step.fits is not None:
        writer.go_back_before(steps.group(step.action))
    return writer.state


def retry_row(row: Application, expected_version: int | None) -> Run:
    if expected_version is not None and expected_version != row.version:
        raise StaleVersion
    if row.is_running:
        raise AlreadyRunning
    if not row.has_stopped:
        raise NothingToRetry
    return runner.start(Run(row, expected_version=expected_version))


def _result(run: Run, outcome: Outcome) -> Application:
    if isinstance(outcome.error, AlreadyRunning | Superseded | OverLimit):
        _say_why(run, outcome.error)
    if outcome.error is not None:
        raise outcome.error
    return outcome.row or run.row


def _say_why(run: Run, error: AssistantError) -> None:
    """Reread the row that somebody else wrote first, and raise why the step cannot be sent any more, if so.

    Not after a lost lease: what was sent is stored then, so of course it cannot be sent again.
    """
    row = Application.find(run.row.pk, owner_id=run.row.owner_id)
    if row is None:
        raise ApplicationNotFound
    if isinstance(error, Superseded):
        if row.error_code == Cancelled.code:
            raise Cancelled
    elif run.step is not None:
        _check(row, run.step, run.expected_version)
