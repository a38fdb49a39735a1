"""What owners can do with their applications.

Each operation takes the acting user and raises an `AssistantError` if it fails. For anyone but the owner,
that is `ApplicationNotFound`. With a `key` (`repeats.key_for`), a repeated request changes nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import connection, transaction

from assistant_app.engine import budget, forks
from assistant_app.engine.runner import runner
from assistant_app.engine.runs import Run
from assistant_app.engine.writer import Writer
from assistant_app.errors import (
    AlreadyRunning,
    ApplicationNotFound,
    Cancelled,
    IdTaken,
    NothingToCancel,
    NothingToRetry,
    NothingToSkip,
    StaleVersion,
    Superseded,
)
from assistant_app.mail import reply
from assistant_app.models import Application, ApplicationQuerySet, IdempotencyKey, sql
from assistant_app.models.people import quoting_of
from assistant_app.operations import repeats
from assistant_app.operations.deletion import delete_rows
from assistant_app.operations.due import check_step
from assistant_app.operations.repeats import Repeat, once, store
from assistant_app.workflow import steps
from assistant_app.workflow.graph import ENTRYPOINT


def create(
    *, actor: AbstractBaseUser, app_id: uuid.UUID | None = None, key: IdempotencyKey | None = None
) -> tuple[Application, bool]:
    """Return a new application, or the actor's existing one with that id, and whether it is new.

    Raise `IdTaken` if another user's application has the id.
    """
    row = Application(id=app_id or uuid.uuid4(), owner_id=actor.pk, next_step=ENTRYPOINT)
    return once(key, lambda: _create(actor, row, key), _made_by)


def _create(
    actor: AbstractBaseUser, row: Application, key: IdempotencyKey | None
) -> tuple[Application, bool]:
    if key is None:
        return (row, True) if sql.add(row) else (_own(actor, row.pk), False)
    with transaction.atomic():
        if sql.add(row):
            store(key, row)
            return row, True
    return _made_by(key) if key.recall() else (_own(actor, row.pk), False)


def _made_by(key: IdempotencyKey) -> tuple[Application, bool]:
    """Return the application that the request with this key created, as it is now."""
    return repeats.find(key), True


def get(*, actor: AbstractBaseUser, app_id: Any) -> Application:
    """Return the actor's application. Raise `ApplicationNotFound` if it is missing or another user's."""
    row = Application.find(app_id, owner_id=actor.pk)
    if row is None:
        raise ApplicationNotFound
    return row


def finished(*, actor: AbstractBaseUser, app_id: Any) -> Application:
    """Return the actor's finished application. Raise `ApplicationNotFound` until it is finished."""
    row = get(actor=actor, app_id=app_id)
    if not row.is_finished:
        raise ApplicationNotFound
    return row


def reply_file(*, actor: AbstractBaseUser, app_id: Any) -> reply.ReplyFile:
    """Return the reply as an RFC 5322 message. Raise `ApplicationNotFound` until it is finished."""
    row = finished(actor=actor, app_id=app_id)
    email = row.state["incoming_email"]
    message = reply.as_message(email, row.state["final_draft"], row.updated_at, quoting_of(row.owner_id))
    return reply.ReplyFile(reply.file_name(email), message)


def relative(*, row: Application, app_id: Any) -> Application:
    """Return the application `app_id`. Raise `ApplicationNotFound` unless it is in the fork tree of `row`."""
    found = Application.objects.tree_of(row).filter(pk=app_id).first()
    if found is None:
        raise ApplicationNotFound
    return found


def submit(
    *,
    actor: AbstractBaseUser,
    app_id: Any,
    step: str,
    data: Any,
    expected_version: int | None = None,
    key: IdempotencyKey | None = None,
) -> Run | Repeat:
    """Check a human step's input and start the run that claims the application and stores it.

    Raise, in this order: `ApplicationNotFound`, `InvalidInput`, `StaleVersion`, `Finished`,
    `AlreadyRunning` or `WrongStep`; then, if the input does not fit the state, `InvalidInput`,
    `NothingToRegenerate`, `TooManyRounds` or `DraftsTooLong`. `wait_until_claimed` raises what only the
    claim can decide: a lost race, or a spent limit (`OverLimit`).
    """
    return once(key, lambda: _submit(actor, app_id, step, data, expected_version, key), Repeat)


def _submit(
    actor: AbstractBaseUser,
    app_id: Any,
    step: str,
    data: Any,
    expected_version: int | None,
    key: IdempotencyKey | None,
) -> Run | Repeat:
    row = get(actor=actor, app_id=app_id)
    human_step = steps.get(step)
    inputs = human_step.clean(data)
    check_step(row, step, expected_version)
    state = _state_for(row, human_step)
    human_step.match(inputs, state)
    if human_step.adds_draft:
        budget.check_drafts(state, inputs["text"])
    return runner.start(Run(row, step, inputs, expected_version, key))


def retry(
    *,
    actor: AbstractBaseUser,
    app_id: Any,
    expected_version: int | None = None,
    key: IdempotencyKey | None = None,
) -> Run | Repeat:
    """Continue from the stored state after a failed or interrupted run."""
    return once(key, lambda: retry_row(get(actor=actor, app_id=app_id), expected_version, key), Repeat)


def fork(
    *,
    actor: AbstractBaseUser,
    app_id: Any,
    sequence_id: int | None = None,
    draft: int | None = None,
    before: str = "",
    new_id: uuid.UUID | None = None,
    key: IdempotencyKey | None = None,
) -> tuple[Application, bool]:
    """Return an application that continues from a step or a draft of another one, and whether it is new.

    It starts with the state at the nearest point at or before step `sequence_id`, or draft `draft`, where a
    human step is next. The default is the head. `before` names an action that is taken only once, to take
    it again; the parent is then the application that took it, which may be an ancestor. A second call with
    the same `new_id` returns the same application. Raise `ApplicationNotFound` for another user's
    application, an unknown step, or an action that was not taken; `InvalidInput` for an unknown draft;
    `IdTaken` if another user's application has `new_id`.
    """
    new_id = new_id or uuid.uuid4()
    return once(key, lambda: _fork(actor, app_id, sequence_id, draft, before, new_id, key), _made_by)


def _fork(
    actor: AbstractBaseUser,
    app_id: Any,
    sequence_id: int | None,
    draft: int | None,
    before: str,
    new_id: uuid.UUID,
    key: IdempotencyKey | None,
) -> tuple[Application, bool]:
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
        row = forks.child(parent, point, new_id)
        if sql.add(row):
            if point.position:
                point.first_step(row).save(force_insert=True)
            store(key, row)
            return row, True
    return _made_by(key) if key and key.recall() else (_own(actor, row.pk), False)


def cancel(*, actor: AbstractBaseUser, app_id: Any, key: IdempotencyKey | None = None) -> Application:
    """Stop the run under way, in any process. All input is kept."""
    return once(key, lambda: _cancel(actor, app_id, key), repeats.find)


def _cancel(actor: AbstractBaseUser, app_id: Any, key: IdempotencyKey | None) -> Application:
    while True:
        row = get(actor=actor, app_id=app_id)
        if not row.is_running:
            raise NothingToCancel
        if (run := runner.stop(row.lease_token, Cancelled(), key)) is not None:
            connection.close()
            run.ended.result()
            break
        # Another process runs it. Its next save will find the lease gone and end the run.
        try:
            writer = Writer.under_lease_of(row)
            writer.stop_key = key
            writer.fail(Cancelled())
            break
        except Superseded:
            continue  # it saved a step in between
    return get(actor=actor, app_id=app_id)


def skip_questions(
    *,
    actor: AbstractBaseUser,
    app_id: Any,
    expected_version: int | None = None,
    key: IdempotencyKey | None = None,
) -> Run | Repeat:
    """Go on to the draft without questions: while they are looked for, when they are asked, or after a stop.

    Only the call for the questions is stopped; the run goes on. If it belongs to another process, it is ended
    there, and a run of this process goes on. Raise `NothingToSkip` when a draft is being written or was.
    """
    return once(key, lambda: _skip_questions(actor, app_id, expected_version, key), Repeat)


def _skip_questions(
    actor: AbstractBaseUser, app_id: Any, expected_version: int | None, key: IdempotencyKey | None
) -> Run | Repeat:
    row = get(actor=actor, app_id=app_id)
    if expected_version not in (None, row.version):
        raise StaleVersion
    if row.due_step == steps.CLARIFY_INSTRUCTIONS.action and not row.has_stopped:
        answers = {"answers": [""] * len(row.state["clarification_questions"])}
        return _submit(actor, app_id, steps.CLARIFY_INSTRUCTIONS.action, answers, row.version, key)
    if row.position != ENTRYPOINT or not (row.is_running or row.has_stopped):
        raise NothingToSkip
    if row.is_running:
        if (run := runner.run_under(row.lease_token)) is not None:
            with transaction.atomic():
                store(key, row)
            runner.skip_questions(row.lease_token)
            return run
        try:
            Writer.under_lease_of(row).fail(Cancelled())
        except Superseded:
            raise NothingToSkip from None  # it went on in the meantime
        row = get(actor=actor, app_id=app_id)
    run = Run(row, expected_version=row.version, key=key)
    run.skipped.set()
    return runner.start(run)


def delete(
    *,
    actor: AbstractBaseUser,
    app_id: Any,
    expected_version: int | None = None,
    key: IdempotencyKey | None = None,
) -> None:
    """Delete an application, in any status. A run under way ends at its next save."""
    mine = Application.objects.owned_by(actor)
    once(key, lambda: delete_one(mine, app_id, expected_version, key), lambda _: None)


def _own(actor: AbstractBaseUser, app_id: uuid.UUID) -> Application:
    existing = Application.find(app_id, owner_id=actor.pk)
    if existing is None:
        raise IdTaken
    return existing


def delete_one(
    rows: ApplicationQuerySet,
    app_id: Any,
    expected_version: int | None = None,
    key: IdempotencyKey | None = None,
) -> None:
    with transaction.atomic():
        # Lock the row: a save between Django's deletes would leave a step without an application.
        row = rows.select_for_update().filter(pk=app_id).first()
        if row is None:
            raise ApplicationNotFound
        if expected_version not in (None, row.version):
            raise StaleVersion
        store(key, row)
        delete_rows([row.pk])


def _state_for(row: Application, step: steps.HumanStep) -> Mapping[str, Any]:
    """Return the state that the step would start from; after a stopped run, the state before its input."""
    writer = Writer(row)
    if row.has_stopped and step.fits is not None:
        writer.go_back_before(steps.group(step.action))
    return writer.state


def retry_row(
    row: Application, expected_version: int | None = None, key: IdempotencyKey | None = None
) -> Run:
    if expected_version is not None and expected_version != row.version:
        raise StaleVersion
    if row.is_running:
        raise AlreadyRunning
    if not row.has_stopped:
        raise NothingToRetry
    return runner.start(Run(row, expected_version=expected_version, key=key))
