"""Sessions as Django keeps them in the database, found with fixed SQL: every request for a page needs one."""

from __future__ import annotations

from typing import Any

from django.contrib.sessions.backends import db

from assistant_app.models import sql


class SessionStore(db.SessionStore):
    def load(self) -> dict[str, Any]:
        data = sql.session_data(self.session_key)
        # Where there is none, Django's own way also forgets the key.
        found: dict[str, Any] = super().load() if data is None else self.decode(data)
        return found
