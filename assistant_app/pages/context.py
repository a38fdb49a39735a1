"""What every page says of the workflows that this server runs."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext

from assistant_app.engine import registry
from assistant_app.translation import translated


def default_workflow(request: HttpRequest) -> dict[str, Any]:
    """Return the names of the list and of the button for a new application."""
    if registry.answers_emails():
        return {"answers_emails": True, "list_name": gettext("Emails"), "new_name": gettext("New reply")}
    new_name = translated(registry.default().title)
    return {"answers_emails": False, "list_name": gettext("Overview"), "new_name": new_name}
