"""Which module shows the pages of an application: its workflow's own, or the one for all others.

Such a module has `show`, `refused`, `not_continued`, `was_obeyed`, `fork`, `shown_in_stream`, and `list_row`
for the list; see `pages.applications.door`.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from assistant_app.contract.workflow import Workflow
from assistant_app.engine import registry
from assistant_app.models import Application

GENERIC = "assistant_app.pages.applications.door"


def door_of(row: Application) -> Any:
    return _door(registry.find(row.workflow) if registry.is_known(row) else None)


def doors() -> list[Any]:
    """Return the doors of all workflows that this server runs."""
    return [_door(workflow) for workflow in registry.workflows().values()]


def _door(workflow: Workflow | None) -> Any:
    return import_module((workflow.doors.get("page") if workflow else None) or GENERIC)
