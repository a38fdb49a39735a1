"""Which module shows the pages of an application: its workflow's own, or the one for all others.

Such a module has `show`, `refused`, `not_continued`, `was_obeyed`, `fork` and `shown_in_stream`; see
`pages.applications.door`.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from assistant_app.engine import registry
from assistant_app.models import Application

GENERIC = "assistant_app.pages.applications.door"


def door_of(row: Application) -> Any:
    workflow = registry.find(row.workflow) if registry.is_known(row) else None
    return import_module((workflow.doors.get("page") if workflow else None) or GENERIC)
