"""Who may write an application's row: conditions for the fixed SQL of claims, saves and limits.

A lease is judged by the database's clock. The querysets of `models` say the same for whole lists.
"""

from __future__ import annotations

import uuid

from assistant_app import statements
from assistant_app.models import Application
from assistant_app.statements import Condition


def is_ours(row: Application, token: uuid.UUID | None) -> Condition:
    """Return the condition that nobody has written the row since it was read, and that we may.

    With a token it is still under that lease, expired or not; without one nobody runs it. The version
    alone is not enough: a renewal keeps it, and a new email with the id of a deleted one starts at 0 again.
    """
    as_read = statements.where(Application, id=row.pk, version=row.version)
    if token:
        return as_read & statements.where(Application, lease_token=token)
    return as_read & statements.where(Application, owner=row.owner_id) & is_nobodys()


def is_nobodys() -> Condition:
    clock = statements.clock()
    return Condition(f"(status <> 'running' OR lease_expires_at <= {clock.sql})", clock.params)


def is_under_way() -> Condition:
    clock = statements.clock()
    return Condition(f"status = 'running' AND lease_expires_at > {clock.sql}", clock.params)
