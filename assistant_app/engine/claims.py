"""Who may write an application's row: SQL conditions for claims, saves and limits.

`Writer._write` decides by them. Leases expire by the database's clock. The querysets in `models`
are the same conditions for lists.
"""

from __future__ import annotations

import uuid

from django.core.exceptions import ValidationError

from assistant_app.errors import ApplicationNotFound
from assistant_app.models import Application, sql
from assistant_app.models.sql import Condition


def is_ours(row: Application, token: uuid.UUID | None) -> Condition:
    """Return the condition that the row is unchanged since it was read, and that we may write it.

    With a token, the row must still have that lease, expired or not. Without one, it must be free. The
    version alone is not enough: a renewal keeps it, and an id used again after a deletion starts at 0 again.
    """
    as_read = sql.where(Application, id=row.pk, version=row.version)
    if token:
        return as_read & sql.where(Application, lease_token=token)
    mine = sql.where(Application, owner=row.owner_id) & Condition("deleted_at IS NULL")
    return as_read & mine & is_free()


def is_free() -> Condition:
    """Return the condition that no live lease is held."""
    clock = sql.clock()
    return Condition(f"(status <> 'running' OR lease_expires_at <= {clock.sql})", clock.params)


def is_under_way() -> Condition:
    clock = sql.clock()
    return Condition(f"status = 'running' AND lease_expires_at > {clock.sql}", clock.params)


# --- Burr's keys: a partition key is an owner, an `app_id` one of their applications ------------------


def find_by_keys(partition_key: str | None, app_id: str | None) -> Application:
    """Return the owner's application. Raise `ApplicationNotFound` if they have none with this id."""
    try:
        row = Application.find(app_id, owner_id=owner_of_partition(partition_key))
    except ValidationError:  # not a UUID
        row = None
    if row is None:
        raise ApplicationNotFound
    return row


def match_keys(row: Application, partition_key: str | None, app_id: str | None) -> bool:
    return str(row.pk) == str(app_id) and str(row.owner_id) == partition_key


def owner_of_partition(partition_key: str | None) -> int:
    try:
        return int(partition_key or "")
    except ValueError:
        raise ApplicationNotFound from None
