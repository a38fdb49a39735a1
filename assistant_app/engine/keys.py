"""Burr's keys in our words: a partition is a person, an `app_id` one of their applications."""

from __future__ import annotations

from django.core.exceptions import ValidationError

from assistant_app.errors import ApplicationNotFound
from assistant_app.models import Application


def find(partition_key: str | None, app_id: str | None) -> Application:
    """Return a person's application; raise `ApplicationNotFound` for any other's and for none."""
    try:
        row = Application.find(app_id, owner_id=owner_id(partition_key))
    except ValidationError:  # not an id at all
        row = None
    if row is None:
        raise ApplicationNotFound
    return row


def match(row: Application, partition_key: str | None, app_id: str | None) -> bool:
    return str(row.pk) == str(app_id) and str(row.owner_id) == partition_key


def owner_id(partition_key: str | None) -> int:
    try:
        return int(partition_key or "")
    except ValueError:
        raise ApplicationNotFound from None
