"""What the page of one application shows: its steps, what each changed, its calls, its way.

Reads the steps and calls; the state after a step is folded from the changes, as it is everywhere.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from burr.core import State, default
from burr.core.graph import Graph

from assistant_app import drawing
from assistant_app.graph import DEFAULT_STATE, ENTRYPOINT, build_graph, is_human
from assistant_app.history import Changes, apply_changes
from assistant_app.models import Application, ModelCall, Step

SHORT, WHOLE = 1_500, 10_000_000  # characters of one text: among others, and on the page of one step


@dataclass(frozen=True, slots=True)
class Text:
    """A value as text, cut where it grows too long for the page."""

    shown: str
    more: int = 0  # characters left out


@dataclass(frozen=True, slots=True)
class Change:
    key: str
    before: Text | None  # none if nothing was taken away
    after: Text


@dataclass(frozen=True, slots=True)
class CallShown:
    call: ModelCall
    messages: list[tuple[str, Text]]  # role and content
    parameters: str
    reply: Text


@dataclass(frozen=True, slots=True)
class StepShown:
    step: Step
    is_human: bool
    is_on_the_way: bool  # leads to the head; else it failed or was gone back from
    seconds: float
    changes: list[Change]
    state: list[tuple[str, Text]]
    calls: list[CallShown]


def describe(row: Application) -> dict[str, Any]:
    """Return what the template of one application is given. Three queries, however long the history."""
    steps = list(row.steps.all())
    graph = build_graph()
    states = _states(steps)
    way = _way(row.sequence_id, steps)
    shown = show_steps(steps, states, list(row.model_calls.all()), graph, set(way), SHORT)
    head = states.get(row.sequence_id, DEFAULT_STATE)
    return {"timeline": shown, "drawing": _drawing(graph, row, [way[n] for n in way], head)}


def describe_step(row: Application, sequence_id: int) -> StepShown:
    """Return one step with every text in full; raise `KeyError` if there is none of that number."""
    steps = {step.sequence_id: step for step in row.steps.all()}
    chosen = steps[sequence_id]
    calls = list(row.model_calls.filter(sequence_id=sequence_id))
    way = _way(row.sequence_id, steps.values())
    return show_steps([chosen], _states(steps.values()), calls, build_graph(), set(way), WHOLE)[0]


def show_steps(
    steps: Iterable[Step],
    states: Mapping[int | None, dict[str, Any]],
    calls: list[ModelCall],
    graph: Graph,
    on_the_way: set[int],
    limit: int,
) -> list[StepShown]:
    humans = _humans(graph)
    return [
        StepShown(
            step=step,
            is_human=humans.get(step.position, False),
            is_on_the_way=step.sequence_id in on_the_way,
            seconds=(step.finished_at - step.started_at).total_seconds(),
            changes=_changes(states[step.base], step.changes, limit),
            state=[(key, _text(value, limit)) for key, value in states[step.sequence_id].items()],
            calls=[_call(call, limit) for call in calls if call.sequence_id == step.sequence_id],
        )
        for step in steps
    ]


def _states(steps: Iterable[Step]) -> dict[int | None, dict[str, Any]]:
    """Return the state after each step; a base is always older than what goes on from it."""
    states: dict[int | None, dict[str, Any]] = {None: DEFAULT_STATE}
    for step in steps:
        states[step.sequence_id] = apply_changes(states[step.base], step.changes)
    return states


def _way(head: int | None, steps: Iterable[Step]) -> dict[int, str]:
    """Return the steps that led to the head, oldest first: sequence and position."""
    known = {step.sequence_id: step for step in steps}
    path: list[Step] = []
    while head is not None:
        path.append(known[head])
        head = path[-1].base
    return {step.sequence_id: step.position for step in reversed(path)}


def _changes(before: Mapping[str, Any], changes: Changes, limit: int) -> list[Change]:
    after = apply_changes(before, changes)
    appended = changes.get("append", {})
    shown = [
        Change(key, _text(before[key], limit) if before.get(key) else None, _text(after[key], limit))
        for part in ("set", "last")
        for key in changes.get(part, {})
    ]
    grown = [
        Change(key, None, _text(items, limit, first=len(before[key]) + 1)) for key, items in appended.items()
    ]
    return shown + grown


def _call(call: ModelCall, limit: int) -> CallShown:
    messages = [(message["role"], _text(message["content"], limit)) for message in call.messages]
    parameters = json.dumps(call.parameters, ensure_ascii=False, indent=1, sort_keys=True)
    return CallShown(call, messages, parameters, _text(call.reply, limit))


def _text(value: Any, limit: int, first: int = 1) -> Text:
    text = _plain(value, first)
    return Text(text[:limit].rstrip(), len(text) - limit) if len(text) > limit else Text(text)


def _plain(value: Any, first: int) -> str:
    if value is None:
        return "none yet"
    if isinstance(value, list):
        return (
            "\n\n".join(f"{n}. {_plain(item, 1)}" for n, item in enumerate(value, first)) or "an empty list"
        )
    if isinstance(value, str):
        return value or "empty"
    return json.dumps(value, ensure_ascii=False, indent=1)


def _drawing(graph: Graph, row: Application, way: list[str], state: dict[str, Any]) -> drawing.Drawing:
    return drawing.draw(
        actions=_humans(graph),
        edges=_edges(graph),
        entrypoint=ENTRYPOINT,
        way=way,
        now=_now_at(graph, row, state),
    )


def _now_at(graph: Graph, row: Application, state: dict[str, Any]) -> str:
    """Return the action that runs, waits or failed; of a finished application the last one."""
    if row.is_finished:
        return row.position
    following = graph.get_next_node(row.position or None, State(dict(state)), ENTRYPOINT)
    return following.name if following else row.position


def _humans(graph: Graph) -> dict[str, bool]:
    return {action.name: is_human(graph, action.name) for action in graph.actions}


def _edges(graph: Graph) -> list[drawing.Edge]:
    leaving = [transition.from_.name for transition in graph.transitions]
    return [
        drawing.Edge(
            transition.from_.name,
            transition.to.name,
            drawing.condition_in_words(
                transition.condition.name,
                transition.condition is default,
                leaving.count(transition.from_.name) == 1,
            ),
        )
        for transition in graph.transitions
    ]
