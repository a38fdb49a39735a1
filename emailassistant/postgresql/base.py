"""Check a pooled connection with a query only if it may be broken.

Django's pool queries the server before every request, which is a third of the round trips of a short
request. A server that shuts down closes its end of the connection, and that is visible without a round
trip. A silently lost server is found by a query after some idle time.
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
        """Return a working connection. Raise `PoolTimeout` if none is free in time."""
        while True:
            connection = super().get_new_connection(conn_params)
            if self.pool is None or _works(connection):
                return connection
            self.pool.putconn(connection)  # it is closed, so the pool replaces it

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
    """Return whether unrequested data has arrived: usually the server has closed the connection."""
    if connection.closed:
        return True
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))
