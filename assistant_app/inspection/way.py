"""The path of one email through the state machine, ready to be drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from burr.core import default
from burr.core.graph import Graph

from assistant_app.contract.actions import is_human
from assistant_app.contract.workflow import Workflow
from assistant_app.inspection import drawing
from assistant_app.models import Application
from assistant_app.translation import translated


def drawing_of(
    workflow: Workflow, row: Application, way: Sequence[str], state: Mapping[str, Any]
) -> drawing.Drawing:
    """Return a drawing of the graph. `way` has the positions passed, oldest first; `state` is the head's."""
    graph = workflow.graph
    return drawing.draw(
        actions=humans(graph),
        edges=edges(graph),
        entrypoint=workflow.entrypoint,
        way=way,
        now=_now_at(workflow, row, state),
        words=lambda name: translated(workflow.label(name)),
    )


def humans(graph: Graph) -> dict[str, bool]:
    """Return, for each action, whether it takes human input."""
    return {action.name: is_human(graph, action.name) for action in graph.actions}


def _now_at(workflow: Workflow, row: Application, state: Mapping[str, Any]) -> str:
    """Return the action that runs, waits or failed; the last one if the application is finished."""
    if row.is_finished or not workflow.knows(row.position, ""):
        return row.position
    return workflow.following(row.position, state) or row.position


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
