"""Where a fork starts: the state of another application after a step, where a human step is next.

These functions only read; `operations.fork` writes.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assistant_app.contract.actions import is_human
from assistant_app.contract.changes import apply_changes, changes_between, leaning
from assistant_app.contract.workflow import Workflow
from assistant_app.engine import history, registry
from assistant_app.errors import ApplicationNotFound
from assistant_app.models import TYPED_BEFORE, Application, Step
from assistant_app.phrases import gettext_noop


@dataclass(frozen=True, slots=True)
class Point:
    """Where a fork starts: a step of its parent, and the state after it. An empty position is the start."""

    workflow: Workflow
    sequence_id: int | None  # the requested step of the parent; None before the first
    position: str
    state: Mapping[str, Any]

    @property
    def next_step(self) -> str:
        return self.workflow.following(self.position, self.state)

    def first_step(self, row: Application) -> Step:
        """Return the fork's first step, which holds its initial state; long texts are only in the row."""
        return Step(
            application=row,
            sequence_id=0,
            position=self.position,
            status=Step.Status.COMPLETED,
            changes=leaning(changes_between(self.workflow.default_state, self.state), self.workflow.lasting),
            started_at=row.created_at,
            finished_at=row.created_at,
        )


def child(parent: Application, point: Point, app_id: uuid.UUID) -> Application:
    """Return the fork that starts at `point`, not saved yet."""
    numbers = {"sequence_id": 0, "last_sequence_id": 0, "version": 1} if point.position else {}
    state = dict(point.state) if point.position else {}
    if typed := _typed_for(point.workflow, point.next_step, parent):
        state[TYPED_BEFORE] = typed
    return Application(
        id=app_id,
        owner_id=parent.owner_id,
        workflow=parent.workflow,
        title=parent.title,
        sender=parent.sender,
        title_by_hand=parent.title_by_hand,
        state=state,
        position=point.position,
        next_step=point.next_step,
        parent=parent,
        parent_sequence_id=point.sequence_id,
        root_id=parent.root_id or parent.pk,
        seen_version=numbers.get("version", 0),
        **numbers,
    )


def _typed_for(workflow: Workflow, action: str, parent: Application) -> dict[str, Any]:
    """Return the parent's input for `action`, by state key; {} unless the action is taken only once."""
    if action not in workflow.once:
        return {}
    state = {**workflow.complete(parent.state), **parent.typed_before}
    typed = {key: state[key] for key in workflow.once[action].keys}
    was_taken = any(typed.values())
    return {key: value for key, value in typed.items() if value or (was_taken and value == 0)}


def point_at_step(row: Application, sequence_id: int | None) -> Point:
    """Return the nearest point at or before a step where a human step is next.

    For a human step this is the point before it, so that it can be sent again. For a step that a human step
    follows it is the point after it. Raise `ApplicationNotFound` if the step is unknown.
    """
    workflow = registry.known_to_run(row)
    path = path_to(row, sequence_id)
    states = _states(workflow, path)
    positions = _positions(workflow, path, states)
    for step, state, position in zip(path[::-1], states[::-1], positions[::-1], strict=True):
        if position != step.position:  # the step left a run stopped where it was
            continue
        if step.status != Step.Status.COMPLETED or step.position not in workflow.actions:
            continue
        following = workflow.following(step.position, state)
        if following and is_human(workflow.graph, following):
            carried = workflow.carried_into_fork(state, history.taken(row, path))
            return Point(workflow, sequence_id, step.position, carried)
    return Point(workflow, sequence_id, "", workflow.default_state)


def _positions(workflow: Workflow, path: list[Step], states: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the position after each step of a path."""
    positions: list[str] = []
    position = ""
    state = workflow.default_state
    for step, after in zip(path, states, strict=True):
        position, state = workflow.position_after(step.position, position, state), after
        positions.append(position)
    return positions


def path_to(row: Application, sequence_id: int | None) -> list[Step]:
    """Return the steps that lead to a step. Raise `ApplicationNotFound` if it is unknown."""
    try:
        return history.path_to(row, sequence_id)
    except KeyError:
        raise ApplicationNotFound(gettext_noop("There is no step %(number)s.", number=sequence_id)) from None


def where_taken(row: Application, action: str) -> tuple[Application, int | None]:
    """Return the application and the newest step in which `action` was taken.

    That is this application or an ancestor. If the one that took it was deleted, return the oldest
    ancestor that is left, and None for the step.
    """
    while True:
        path = Step.objects.positions_to(row.pk, row.sequence_id)
        found = [step.sequence_id for step in path if step.position == action]
        if found:
            return row, found[-1]
        parent = Application.objects.filter(pk=row.parent_id).first() if row.parent_id else None
        if parent is None:
            return row, None
        row = parent  # the fork starts with the input that the parent took


def point_before(row: Application, action: str) -> Point:
    """Return the point before a step that is taken only once, rebuilt from the state alone.

    A fork whose parent was deleted needs this: its own history starts after that step. Raise
    `ApplicationNotFound` if the step was never taken.
    """
    workflow = registry.known_to_run(row)
    state, once = workflow.complete(row.state), workflow.once.get(action)
    if once is None or not any(state.get(key) for key in once.keys):
        raise ApplicationNotFound(gettext_noop("There is no step %(name)s.", name=action))
    kept = {key: state[key] for key in once.set_before}
    return Point(workflow, 0, once.before, {**workflow.default_state, **kept})


def _states(workflow: Workflow, path: Iterable[Step]) -> list[dict[str, Any]]:
    """Return the state after each step of a path."""
    states, state = [], dict(workflow.default_state)
    for step in path:
        state = apply_changes(state, step.changes)
        states.append(state)
    return states
