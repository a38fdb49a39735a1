"""A pooled connection is tried before it is lent if there may be something wrong with it.

Django's pool asks the server before every request, which is a third of the ways to it that a short request
takes. A server that goes says so: its end of the connection is closed, and to see that takes no way to it.
What goes without a word is found out after a while of idleness.
"""

from __future__ import annotations

import select
import time
from typing import Any

from django.db.backends.postgresql import base
from psycopg import Connection, Error
from psycopg_pool import ConnectionPool

from assistant_app.engine.threads import IDLE_SECONDS


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Return a connection that works. Raise `PoolTimeout` if there was none in time."""
        while True:
            connection = super().get_new_connection(conn_params)
            if self.pool is None or _works(connection):
                return connection
            self.pool.putconn(connection)  # closed, so the pool makes another

    def _close(self) -> None:
        if self.connection is not None:
            self.connection.given_back_at = time.monotonic()
        super()._close()  # type: ignore[misc]


def _works(connection: Connection[Any]) -> bool:
    idle = time.monotonic() - getattr(connection, "given_back_at", 0.0)
    if idle < IDLE_SECONDS and not _has_news(connection):
        return True
    try:
        ConnectionPool.check_connection(connection)
    except Error:
        connection.close()
        return False
    return True


def _has_news(connection: Connection[Any]) -> bool:
    """Whether something came that nobody asked for: the end of the connection, as a rule."""
    if connection.closed:
        return True
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))
