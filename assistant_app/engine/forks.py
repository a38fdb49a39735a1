"""What a fork begins with: the state of another email at one of its steps, where it is a person's turn.

Functions of what is stored; `operations.fork` writes.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from burr.core import State

from assistant_app.contract.actions import is_human
from assistant_app.contract.changes import apply_changes, changes_between, leaning
from assistant_app.engine import history
from assistant_app.engine.origins import drafting_steps, origins
from assistant_app.errors import ApplicationNotFound, InvalidInput
from assistant_app.models import TYPED_BEFORE, Application, Step
from assistant_app.workflow import drafts
from assistant_app.workflow.graph import DEFAULT_STATE, ENTRYPOINT, LASTING, build_graph

DRAFTING = "formulate_draft"  # the step that a fork at a draft begins after, whoever wrote the draft
# What is taken once: by its action where it is kept, the position at which it is due, and what else is
# there by then.
ONCE: dict[str, tuple[str, str, list[str]]] = {
    "process_input": ("incoming_email", "", []),
    "clarify_instructions": (
        "clarification_answers",
        "determine_clarifications",
        ["incoming_email", "response_instructions", "clarification_questions", "clarification_reasons"],
    ),
}


@dataclass(frozen=True, slots=True)
class Point:
    """Where a fork begins: after which step of its parent, and with what. No position is the very start."""

    sequence_id: int | None  # that was asked for; none before the first
    position: str
    state: Mapping[str, Any]

    @property
    def next_step(self) -> str:
        following = build_graph().get_next_node(self.position or None, State(dict(self.state)), ENTRYPOINT)
        return str(following.name)  # type: ignore[union-attr]

    def first_step(self, row: Application) -> Step:
        """Return the step that brings the state into a history of its own; the row has its texts."""
        return Step(
            application=row,
            sequence_id=0,
            position=self.position,
            status=Step.Status.COMPLETED,
            changes=leaning(changes_between(DEFAULT_STATE, self.state), LASTING),
            started_at=row.created_at,
            finished_at=row.created_at,
        )


def child(parent: Application, point: Point, app_id: uuid.UUID) -> Application:
    """Return the application that goes on from there, not saved yet."""
    numbers = {"sequence_id": 0, "last_sequence_id": 0, "version": 1} if point.position else {}
    state = dict(point.state) if point.position else {}
    if typed := _typed_for(point.next_step, parent):
        state[TYPED_BEFORE] = typed
    return Application(
        id=app_id,
        owner_id=parent.owner_id,
        title=parent.title,
        sender=parent.sender,
        state=state,
        position=point.position,
        next_step=point.next_step,
        parent=parent,
        parent_sequence_id=point.sequence_id,
        root_id=parent.root_id or parent.pk,
        **numbers,
    )


def _typed_for(action: str, parent: Application) -> dict[str, Any]:
    """Return what was typed for an action, if that is taken once, under the keys of the state."""
    if action not in ONCE:
        return {}
    state = {**DEFAULT_STATE, **parent.state, **parent.typed_before}
    return {key: state[key] for key in build_graph().get_action(action).writes if state[key]}  # type: ignore[union-attr]


def point_at_step(row: Application, sequence_id: int | None) -> Point:
    """Return the nearest point at or before a step at which it is a person's turn.

    For a human step that is before it, so that it can be sent anew; after a draft it is the draft's.
    """
    try:
        path = history.path_to(row, sequence_id)
    except KeyError:
        raise ApplicationNotFound(f"There is no step {sequence_id}.") from None
    graph, states = build_graph(), _states(path)
    for step, state in zip(reversed(path), reversed(states), strict=True):
        following = graph.get_next_node(step.position, State(dict(state)), ENTRYPOINT)
        is_done = step.status == Step.Status.COMPLETED
        if is_done and following is not None and is_human(graph, following.name):
            return Point(sequence_id, step.position, _with_origins(row, state, path))
    return Point(sequence_id, "", DEFAULT_STATE)


def point_at_draft(row: Application, number: int) -> Point:
    """Return the point at which a draft was the newest. Raise `InvalidInput` if there is no such draft."""
    state = {**DEFAULT_STATE, **row.state}
    if not 0 < number <= len(state["draft_history"]):
        raise InvalidInput(fields={"draft": [f"There is no draft {number}."]})
    path = history.path_to(row, row.sequence_id)
    made_by = drafting_steps(path)[number - 1]
    return Point(made_by.sequence_id, DRAFTING, _with_origins(row, drafts.up_to(state, number), path))


def where_taken(row: Application, action: str) -> tuple[Application, int | None]:
    """Return the newest step of that action on the way here, in this application or one it descends from.

    No step, and the earliest of these that is left, if the one in which it was taken is deleted.
    """
    while True:
        path = Step.objects.positions_to(row.pk, row.sequence_id)
        found = [step.sequence_id for step in path if step.position == action]
        if found:
            return row, found[-1]
        if row.parent is None:
            return row, None
        row = row.parent  # what a fork begins with was taken there


def point_before(row: Application, action: str) -> Point:
    """Return the point at which what is taken once was due, out of the state alone.

    That is for a fork that began later and has outlived its parent. Raise `ApplicationNotFound` if it was
    never taken.
    """
    state = {**DEFAULT_STATE, **row.state}
    if action not in ONCE or not state[ONCE[action][0]]:
        raise ApplicationNotFound(f"There is no step {action}.")
    _, position, keys = ONCE[action]
    return Point(0, position, {**DEFAULT_STATE, **{key: state[key] for key in keys}})


def _states(path: Iterable[Step]) -> list[dict[str, Any]]:
    """Return the state after each step of a path."""
    states, state = [], dict(DEFAULT_STATE)
    for step in path:
        state = apply_changes(state, step.changes)
        states.append(state)
    return states


def _with_origins(row: Application, state: Mapping[str, Any], path: Sequence[Step]) -> dict[str, Any]:
    """Write into the sources of the drafts when and by which model each was made: calls are not copied."""
    return {**state, "draft_sources": origins(row, state, path)}
