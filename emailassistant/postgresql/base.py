"""Check a pooled connection with a query only if it may be broken, and give up soon if the server is away.

Django's pool queries the server before every request, which is a third of the round trips of a short
request. A server that shuts down closes its end of the connection, and that is visible without a round
trip. A silently lost server is found by a query after some idle time.
"""

from __future__ import annotations

import select
import time
from typing import Any

from django.db.backends.postgresql import base
from psycopg import Connection, Error, OperationalError
from psycopg_pool import ConnectionPool, PoolTimeout

from assistant_app.engine.threads import IDLE_SECONDS, patience
from emailassistant.postgresql.reach import ASK_AGAIN_SECONDS, CONNECT_SECONDS, Reach

POOL_SECONDS = 2.0  # wait that long for the pool before asking whether the server is there at all
BUSY_SECONDS = 30.0  # for a connection of a server that is there

_server = Reach()


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Return a working connection.

        Raise `PoolTimeout` if none is free in time, and `OperationalError` if the server is away: as soon
        as it has been away for as long as this thread would wait.
        """
        if self.pool is None:
            return super().get_new_connection(conn_params)
        began = time.monotonic()
        while True:
            if failure := _server.failure(lambda: self._connect_once(conn_params)):
                waited = time.monotonic() - min(began, _server.away_since)
                if waited >= patience():
                    raise OperationalError(failure)
                time.sleep(ASK_AGAIN_SECONDS)
            elif (connection := self._borrow(conn_params, began)) is not None:
                return connection

    def _connect_once(self, conn_params: dict[str, Any]) -> Connection[Any]:
        return self.Database.connect(**conn_params | {"connect_timeout": CONNECT_SECONDS})

    def _borrow(self, conn_params: dict[str, Any], began: float) -> Any:
        """Return a working connection; None if there was none, so that the server should be asked."""
        try:
            connection = super().get_new_connection(conn_params)
        except PoolTimeout:
            if time.monotonic() - began >= BUSY_SECONDS:
                raise
            _server.suspect(POOL_SECONDS)
            return None
        if _works(connection):
            _server.has_worked()
            return connection
        self.pool.putconn(connection)  # it is closed, so the pool replaces it
        _server.suspect(0)
        return None

    def _close(self) -> None:
        if self.connection is not None:
            self.connection.given_back_at = time.monotonic()
            if not self.connection.closed:
                _server.has_worked()
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
