"""Where a fork starts: the state of another application after a step, where a human step is next.

These functions only read; `operations.fork` writes.
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
from assistant_app.engine.history import drafting_steps, origins
from assistant_app.errors import ApplicationNotFound, DoesNotFit
from assistant_app.models import TYPED_BEFORE, Application, Step
from assistant_app.workflow import drafts
from assistant_app.workflow.graph import DEFAULT_STATE, ENTRYPOINT, LASTING, build_graph

DRAFTING = "formulate_draft"  # a fork at a draft starts after this step, even if the owner wrote the draft
# Steps submitted only once: action -> (state key, position before it, keys already set).
ONCE: dict[str, tuple[str, str, list[str]]] = {
    "process_input": ("incoming_email", "", []),
    "clarify_instructions": (
        "clarification_answers",
        "determine_clarifications",
        [
            "incoming_email",
            "response_instructions",
            "clarification_questions",
            "clarification_reasons",
            "clarification_choices",
        ],
    ),
}


@dataclass(frozen=True, slots=True)
class Point:
    """Where a fork starts: a step of its parent, and the state after it. An empty position is the start."""

    sequence_id: int | None  # the requested step of the parent; None before the first
    position: str
    state: Mapping[str, Any]

    @property
    def next_step(self) -> str:
        following = build_graph().get_next_node(self.position or None, State(dict(self.state)), ENTRYPOINT)
        return str(following.name)  # type: ignore[union-attr]

    def first_step(self, row: Application) -> Step:
        """Return the fork's first step, which holds its initial state; long texts are only in the row."""
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
    """Return the fork that starts at `point`, not saved yet."""
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
    """Return the parent's input for `action`, by state key; {} unless in ONCE."""
    if action not in ONCE:
        return {}
    state = {**DEFAULT_STATE, **parent.state, **parent.typed_before}
    return {key: state[key] for key in build_graph().get_action(action).writes if state[key]}  # type: ignore[union-attr]


def point_at_step(row: Application, sequence_id: int | None) -> Point:
    """Return the nearest point at or before a step where a human step is next.

    For a human step this is the point before it, so that it can be sent again. For a step that wrote a
    draft it is the point after it. Raise `ApplicationNotFound` if the step is unknown.
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
    """Return the point at which a draft was the newest. Raise `DoesNotFit` if there is no such draft."""
    state = {**DEFAULT_STATE, **row.state}
    if not 0 < number <= len(state["draft_history"]):
        raise DoesNotFit(fields={"draft": [f"There is no draft {number}."]})
    path = history.path_to(row, row.sequence_id)
    made_by = drafting_steps(path)[number - 1]
    return Point(made_by.sequence_id, DRAFTING, _with_origins(row, drafts.up_to(state, number), path))


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
        if row.parent is None:
            return row, None
        row = row.parent  # the fork starts with the input that the parent took


def point_before(row: Application, action: str) -> Point:
    """Return the point before a step of ONCE, rebuilt from the state alone.

    A fork whose parent was deleted needs this: its own history starts after that step. Raise
    `ApplicationNotFound` if the step was never taken.
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
    """Add time and model to the source of each draft, because model calls are not copied."""
    return {**state, "draft_sources": origins(row, state, path)}
