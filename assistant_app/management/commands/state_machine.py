"""Print the state machine as a Mermaid diagram; `--write` updates the documentation."""

from __future__ import annotations

import re
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from assistant_app.contract.actions import Choice
from assistant_app.contract.workflow import Workflow
from assistant_app.engine import registry
from assistant_app.inspection import way
from assistant_app.inspection.drawing import Edge

DOCUMENT = Path(settings.BASE_DIR) / "docs" / "explanation" / "state-machine.md"
BLOCK = re.compile(r"```mermaid\n.*?```\n", re.DOTALL)


class Command(BaseCommand):
    help = "Prints the state machine as a Mermaid diagram."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--write", action="store_true", help="update the diagram in the documentation")
        by_default = "its name; by default the one with the plain addresses"
        parser.add_argument("workflow", nargs="?", default="", help=by_default)

    def handle(self, *args: Any, write: bool, workflow: str = "", **options: Any) -> str | None:
        chosen = registry.find(workflow) if workflow else registry.default()
        if chosen is None:
            raise CommandError(f"There is no workflow {workflow!r}: {', '.join(registry.workflows())}.")
        diagram = mermaid(chosen)
        if not write:
            return diagram
        text = DOCUMENT.read_text()
        DOCUMENT.write_text(BLOCK.sub(lambda _: f"```mermaid\n{diagram}\n```\n", text))
        return None


def mermaid(workflow: Workflow) -> str:
    """Return the graph as a Mermaid `stateDiagram-v2`, with the class `human` on human actions."""
    graph = workflow.graph
    with_successor = [edge.from_.name for edge in graph.transitions if not isinstance(edge.condition, Choice)]
    humans = [name for name, is_human in way.humans(graph).items() if is_human]
    lines = [
        "stateDiagram-v2",
        f"    [*] --> {workflow.entrypoint}",
        *(_arrow(edge) for edge in way.edges(graph)),
        *(f"    {action.name} --> [*]" for action in graph.actions if action.name not in with_successor),
        "    classDef human stroke-width:3px",
        f"    class {','.join(humans)} human",
    ]
    return "\n".join(lines)


def _arrow(edge: Edge) -> str:
    label = f" : {edge.label}" if edge.label else ""
    return f"    {edge.source} --> {edge.target}{label}"
