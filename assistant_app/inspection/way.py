"""The state machine as it was gone through by one email, ready to be drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from burr.core import State, default
from burr.core.graph import Graph

from assistant_app.contract.actions import is_human
from assistant_app.inspection import drawing
from assistant_app.models import Application
from assistant_app.workflow.graph import ENTRYPOINT, build_graph

# What is done there, by the person or the model; the code name stands below it.
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
    """Return the graph with the way taken: positions, oldest first, and the state at the head."""
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
    """Return of each action whether it takes a person's input."""
    return {action.name: is_human(graph, action.name) for action in graph.actions}


def _now_at(graph: Graph, row: Application, state: Mapping[str, Any]) -> str:
    """Return the action that runs, waits or failed; of a finished application the last one."""
    if row.is_finished:
        return row.position
    following = graph.get_next_node(row.position or None, State(dict(state)), ENTRYPOINT)
    return following.name if following else row.position


def edges(graph: Graph) -> list[drawing.Edge]:
    """Return the transitions, each with the words that say when it is taken."""
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
