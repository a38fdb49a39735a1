"""Whose turn a row is: the conditions of a claim, a save and a limit, for fixed SQL.

A lease is judged by the database's clock. The querysets of `models` say the same of whole lists.
"""

from __future__ import annotations

import uuid

from assistant_app import statements
from assistant_app.models import Application
from assistant_app.statements import Condition


def is_ours(row: Application, token: uuid.UUID | None) -> Condition:
    """Return the condition of the row as read: under our lease, expired or not; or, without one, nobody's."""
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
