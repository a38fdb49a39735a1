"""The path of one email through the state machine, ready to be drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from burr.core import State, default
from burr.core.graph import Graph

from assistant_app.contract.actions import is_human
from assistant_app.inspection import drawing
from assistant_app.models import Application
from assistant_app.workflow.graph import ENTRYPOINT, build_graph

# What happens at each action, in the drawing above its code name.
WORDS = {
    "process_input": "Paste the email",
    "determine_clarifications": "Look for questions",
    "clarify_instructions": "Answer the questions",
    "formulate_draft": "Write a draft",
    "process_feedback": "Read the draft",
    "edit_draft": "Edit the draft",
    "use_draft": "Go back to a draft",
    "regenerate": "Another version",
    "final_result": "Finish",
    "reopen": "Reopen",
}


def drawing_of(row: Application, way: Sequence[str], state: Mapping[str, Any]) -> drawing.Drawing:
    """Return a drawing of the graph. `way` has the positions passed, oldest first; `state` is the head's."""
    graph = build_graph()
    return drawing.draw(
        actions=humans(graph),
        edges=edges(graph),
        entrypoint=ENTRYPOINT,
        way=way,
        now=_now_at(graph, row, state),
        words=lambda name: WORDS.get(name) or drawing.in_words(name),
    )


def humans(graph: Graph) -> dict[str, bool]:
    """Return, for each action, whether it takes human input."""
    return {action.name: is_human(graph, action.name) for action in graph.actions}


def _now_at(graph: Graph, row: Application, state: Mapping[str, Any]) -> str:
    """Return the action that runs, waits or failed; the last one if the application is finished."""
    if row.is_finished:
        return row.position
    following = graph.get_next_node(row.position or None, State(dict(state)), ENTRYPOINT)
    return following.name if following else row.position


def edges(graph: Graph) -> list[drawing.Edge]:
    """Return the transitions, each labelled with its condition in words."""
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
