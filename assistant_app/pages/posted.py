"""Values of forms that are no fields of a step: the version, numbers, and ids of what is new."""

from __future__ import annotations

import uuid

from django.http import HttpRequest

from assistant_app.errors import ApplicationNotFound
from assistant_app.pages.forms import whole_number


def version(request: HttpRequest) -> int | None:
    """Return the version the form was shown with; None without one, -1 (never valid) for nonsense."""
    text = request.POST.get("version", "")
    if not text:
        return None
    found = whole_number(text)
    return -1 if found is None else found


def id_of_new(request: HttpRequest) -> uuid.UUID:
    """Return the id that the form brings for what it makes, so that a double click makes only one."""
    try:
        return uuid.UUID(request.POST.get("app_id", ""))
    except ValueError:
        return uuid.uuid4()


def number(request: HttpRequest, name: str) -> int | None:
    """Return a posted number, or None if it is empty. Raise `ApplicationNotFound` if it is not a number."""
    text = request.POST.get(name, "")
    if not text:
        return None
    if (found := whole_number(text)) is None:
        raise ApplicationNotFound
    return found
