"""What owners can do with their applications.

Each operation takes the acting user and raises an `AssistantError` if it fails. For anyone but the owner,
that is `ApplicationNotFound`. With a `key` (`idempotency.key_for`), a repeated request changes nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from assistant_app.contract.told import TOLD
from assistant_app.engine import budget, forks, inputs, registry
from assistant_app.engine.forks import Point
from assistant_app.engine.runner import runner
from assistant_app.engine.runs import Outcome, Run
from assistant_app.engine.told import told
from assistant_app.engine.writer import Writer
from assistant_app.errors import (
    AlreadyRunning,
    ApplicationNotFound,
    IdTaken,
    NothingToRetry,
    WrongStep,
)
from assistant_app.llm.base import ModelClient
from assistant_app.models import Application, ApplicationQuerySet, IdempotencyKey, sql
from assistant_app.operations import idempotency
from assistant_app.operations.deletion import delete_rows
from assistant_app.operations.due import check_state, check_step, check_version, state_for
from assistant_app.operations.idempotency import Repeat, once, store
from assistant_app.operations.knowledge import about
from assistant_app.operations.mine import get


def create(
    *,
    actor: AbstractBaseUser,
    app_id: uuid.UUID | None = None,
    workflow: str | None = None,
    key: IdempotencyKey | None = None,
) -> tuple[Application, bool]:
    """Return a new application, or the actor's existing one with that id, and whether it is new.

    It is one of the default workflow, or of that with the name `workflow`. Raise `IdTaken` if another
    user's application has the id, or another workflow's.
    """
    made_by = registry.default() if workflow is None else registry.workflows()[workflow]
    row = Application(
        id=app_id or uuid.uuid4(),
        owner_id=actor.pk,
        workflow=made_by.name,
        next_step=made_by.entrypoint,
        seen_version=0,
    )
    return once(key, lambda: _create(actor, row, key), _made_by)


def _create(
    actor: AbstractBaseUser, row: Application, key: IdempotencyKey | None
) -> tuple[Application, bool]:
    if key is None:
        return (row, True) if sql.add(row) else (_own(actor, row), False)
    with transaction.atomic():
        if sql.add(row):
            store(key, row)
            return row, True
    return _made_by(key) if key.recall() else (_own(actor, row), False)


def _made_by(key: IdempotencyKey) -> tuple[Application, bool]:
    """Return the application that the request with this key created, as it is now."""
    return idempotency.find(key), True


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
    workflow: str | None = None,
    key: IdempotencyKey | None = None,
) -> Run | Repeat:
    """Check a human step's input and start the run that claims the application and stores it.

    Raise, in this order: `ApplicationNotFound`, `UnknownStep`, `InvalidInput`, `StaleVersion`, `Finished`,
    `AlreadyRunning` or `WrongStep`; then, if the input does not fit the state, `InvalidInput`,
    `NothingToRegenerate`, `TooManyRounds` or `DraftsTooLong`. `wait_until_claimed` raises what only the
    claim can decide: a lost race, or a spent limit (`OverLimit`).
    """
    return once(key, lambda: submit_now(actor, app_id, step, data, expected_version, workflow, key), Repeat)


def submit_now(
    actor: AbstractBaseUser,
    app_id: Any,
    step: str,
    data: Any,
    expected_version: int | None,
    workflow: str | None,
    key: IdempotencyKey | None,
    client: ModelClient | None = None,
) -> Run:
    """Do what `submit` does, for a request that was looked up already. `client` replaces the model's."""
    row = get(actor=actor, app_id=app_id, workflow=workflow)
    known = registry.known_to_run(row)
    human_step = known.human_step(step)
    if human_step is None:
        raise WrongStep
    given = inputs.clean(human_step, data)
    check_step(row, step, expected_version)
    state = state_for(row, human_step)
    check_state(known, human_step, state)
    inputs.match(human_step, given, state)
    if human_step.adds_draft:
        budget.check_drafts(known, state, sum(len(text) for text in given.values() if isinstance(text, str)))
    return start(Run(row, step, given, expected_version, key, client=client))


def start(run: Run) -> Run:
    """Start a run. Its actions may name `told`, which says something about the owner and the moment."""
    row, workflow, inputs = run.row, registry.known_to_run(run.row), run.inputs or {}
    fenced = workflow.fenced(row.state, inputs)
    goes_on = run.step is not None and bool(workflow.entry(run.step).when_stopped_at)
    run.extra = {
        TOLD: told(
            email=fenced,
            about=about(row, fenced, run.step, inputs),
            addresses=row.own_addresses,
            time_zone=row.time_zone,
            partial=(row.read_partial() or "") if goes_on else "",
            skipped=run.skipped,
        )
    }
    return runner.start(run)


def retry(
    *,
    actor: AbstractBaseUser,
    app_id: Any,
    expected_version: int | None = None,
    workflow: str | None = None,
    key: IdempotencyKey | None = None,
) -> Run | Repeat:
    """Continue from the stored state after a failed or interrupted run.

    If a human step is next there, because it was inserted since, wait for it instead.
    """

    def again() -> Run:
        row = get(actor=actor, app_id=app_id, workflow=workflow)
        return retry_row(row, expected_version, key)

    return once(key, again, Repeat)


def fork(
    *,
    actor: AbstractBaseUser,
    app_id: Any,
    sequence_id: int | None = None,
    before: str = "",
    at: Callable[[Application], Point] | None = None,
    new_id: uuid.UUID | None = None,
    workflow: str | None = None,
    key: IdempotencyKey | None = None,
) -> tuple[Application, bool]:
    """Return an application that continues from a step of another one, and whether it is new.

    It starts with the state at the nearest point at or before step `sequence_id` where a human step is next.
    The default is the head. `before` names an action that is taken only once, to take it again; the parent
    is then the application that took it, which may be an ancestor. `at` finds a point that only the
    workflow knows. A second call with the same `new_id` returns the same application. Raise
    `ApplicationNotFound` for another user's application, an unknown step, or an action that was not taken;
    `UnknownStep` for one that a newer version made; `IdTaken` if another user's application has `new_id`.
    """
    new_id = new_id or uuid.uuid4()
    return once(key, lambda: _fork(actor, app_id, sequence_id, before, at, new_id, workflow, key), _made_by)


def _fork(
    actor: AbstractBaseUser,
    app_id: Any,
    sequence_id: int | None,
    before: str,
    at: Callable[[Application], Point] | None,
    new_id: uuid.UUID,
    workflow: str | None,
    key: IdempotencyKey | None,
) -> tuple[Application, bool]:
    if before:
        row = get(actor=actor, app_id=app_id, workflow=workflow)
        registry.known_to_run(row)
        taken_in, sequence_id = forks.where_taken(row, before)
        app_id = taken_in.pk
    with transaction.atomic():
        parent = Application.objects.owned_by(actor).select_for_update().filter(pk=app_id).first()
        if parent is None or (workflow is not None and not registry.serves(workflow, parent)):
            raise ApplicationNotFound
        registry.known_to_run(parent)
        if at is not None:
            point = at(parent)
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
    return _made_by(key) if key and key.recall() else (_own(actor, row), False)


def delete(
    *,
    actor: AbstractBaseUser,
    app_id: Any,
    expected_version: int | None = None,
    workflow: str | None = None,
    key: IdempotencyKey | None = None,
) -> None:
    """Delete an application, in any status. A run under way ends at its next save."""

    def remove() -> None:
        if workflow is not None:
            get(actor=actor, app_id=app_id, workflow=workflow)
        delete_one(Application.objects.owned_by(actor), app_id, expected_version, key)

    once(key, remove, lambda _: None)


def _own(actor: AbstractBaseUser, wanted: Application) -> Application:
    """Return the actor's application that has the id already."""
    existing = Application.find(wanted.pk, owner_id=actor.pk)
    if existing is None or existing.workflow != wanted.workflow:
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
        registry.known_to_run(row)
        check_version(row, expected_version)
        store(key, row)
        delete_rows([row.pk])


def retry_row(
    row: Application, expected_version: int | None = None, key: IdempotencyKey | None = None
) -> Run:
    workflow = registry.known_to_run(row)
    check_version(row, expected_version)
    if row.is_running:
        raise AlreadyRunning(workflow.busy)
    if not row.has_stopped:
        raise NothingToRetry
    run = Run(row, expected_version=expected_version, key=key)
    writer = Writer(row)
    writer.key = key
    if writer.wait_for_person():
        run.finish(Outcome(row))
        return run
    return start(run)
