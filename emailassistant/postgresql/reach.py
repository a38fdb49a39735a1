"""Whether PostgreSQL's server can be reached, found out once for all threads of the process.

The pool only says that it has no connection. It may be busy, or the server may be away; in the second case
no one should wait for long. so a process that gets no connection asks the server itself.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TookTooLong
from contextlib import closing
from typing import Any

import psycopg

CONNECT_SECONDS = 2  # for one attempt; libpq takes less than two for two
ANSWER_SECONDS = 2.5  # an attempt that looks up a name may take longer than it was told to
ASK_AGAIN_SECONDS = 0.5

Connect = Callable[[], "psycopg.Connection[Any]"]


class Reach:
    """What the process knows about the server."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asking: Future[str] | None = None
        self._asked_at = 0.0
        self._failure = ""
        self._worked_at = 0.0
        self.is_suspected = False
        self.away_since = 0.0

    def has_worked(self) -> None:
        """Note that a connection was usable just now."""
        self._worked_at = time.monotonic()

    def suspect(self, seconds: float) -> None:
        """Have the server asked before the next connection, unless one has worked in the last seconds."""
        if time.monotonic() - self._worked_at > seconds:
            self.is_suspected = True

    def failure(self, connect: Connect) -> str:
        """Return why the server cannot be reached, in its own words; "" if it can or is not suspected."""
        if not self.is_suspected:
            return ""
        with self._lock:
            if self._failure and time.monotonic() - self._asked_at < ASK_AGAIN_SECONDS:
                return self._failure
            if (asking := self._asking) is None:
                asking = Future()
                # A daemon, because nothing ends a name lookup that hangs.
                thread = threading.Thread(target=self._ask, args=(asking, connect), name="reach", daemon=True)
                thread.start()  # first: no one else would wait for it if it cannot be started
                self._asking = asking
        try:
            return asking.result(ANSWER_SECONDS)
        except TookTooLong:
            return self._note("The server does not answer.")

    def _ask(self, asking: Future[str], connect: Connect) -> None:
        failure = ""
        try:
            with closing(connect()):
                pass
        except Exception as problem:  # noqa: BLE001  (each way to fail is an answer)
            failure = str(problem) or type(problem).__name__
        with self._lock:
            self._asking = None
        asking.set_result(self._note(failure))

    def _note(self, failure: str) -> str:
        with self._lock:
            self._asked_at = time.monotonic()
            if failure and not self._failure:
                self.away_since = self._asked_at
            self._failure = failure
            self.is_suspected = bool(failure)
        return failure
