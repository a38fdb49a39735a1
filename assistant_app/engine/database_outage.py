"""A database that fails: the error that people see, and the line in the log that says why."""

from __future__ import annotations

import logging
import threading
import time

from django.db import InterfaceError, InternalError, OperationalError

from assistant_app.errors import DatabaseUnavailable
from assistant_app.phrases import gettext_noop

logger = logging.getLogger(__name__)

SAY_AGAIN_SECONDS = 60.0
MOST_CAUSES = 100
LONGEST_CAUSE = 300  # characters
READ_ONLY = "25006"  # PostgreSQL's, which Django files under internal errors
# What PostgreSQL says about itself, from its appendix of error codes: connections, resources, the operator's
# doing, the system. Messages of other classes may quote a value.
OUTAGES = ("08", "53", "57", "58", READ_ONLY)
SAID = {
    "SQLITE_FULL": gettext_noop("The disk that the database is on is full."),
    "53100": gettext_noop("The disk that the database is on is full."),
    "SQLITE_READONLY": gettext_noop("The database cannot be written at the moment."),
    READ_ONLY: gettext_noop("The database cannot be written at the moment."),
}


def outage(problem: BaseException | None) -> DatabaseUnavailable | None:
    """Log why the database failed and return the error to show; None if it is no failure of that kind."""
    if not isinstance(problem, OperationalError | InterfaceError | InternalError):
        return None
    code = _code(problem)
    if isinstance(problem, InternalError) and code != READ_ONLY:
        return None
    log_cause(cause_of(problem))
    return DatabaseUnavailable(SAID.get(code), retry_after=5)


def cause_of(problem: BaseException) -> str:
    """Return the database's own words in one line, but none that may quote a row or a statement."""
    original = problem.__cause__ or problem
    code = _code(problem)
    kind = f"{type(original).__module__}.{type(original).__qualname__}"
    if code.startswith("SQLITE_") and code != "SQLITE_ERROR":
        words = str(original)
    elif code.startswith(OUTAGES):
        words = original.diag.message_primary or ""  # type: ignore[attr-defined]
    elif not code and kind.startswith("psycopg"):
        words = str(original)  # no server has spoken: these are the client's words about the connection
    else:
        words = kind
    return " ".join(f"{words} {code}".split())[:LONGEST_CAUSE]


def log_cause(cause: str) -> None:
    """Log a cause when it is new, and then once a minute with how often it came."""
    again = _repeats.count(cause)
    if again is not None:
        logger.error("The database failed: %s", cause, extra={"details": {"times": again}})


def _code(problem: BaseException) -> str:
    """Return SQLite's name of the error or PostgreSQL's code; "" if neither said one."""
    original = problem.__cause__ or problem
    name = str(getattr(original, "sqlite_errorname", "") or "")
    extended = "_".join(name.split("_")[:2])  # SQLITE_IOERR_WRITE is a kind of SQLITE_IOERR
    return extended or str(getattr(original, "sqlstate", "") or "")


class _Repeats:
    """How often each cause came since it was last logged."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: dict[str, tuple[float, int]] = {}

    def count(self, cause: str) -> int | None:
        """Count a cause. Return how often it came if it should be logged now, otherwise None."""
        now = time.monotonic()
        with self._lock:
            next_at, times = self._seen.get(cause, (0.0, 0))
            if now < next_at:
                self._seen[cause] = next_at, times + 1
                return None
            if len(self._seen) >= MOST_CAUSES:
                self._seen.clear()
            self._seen[cause] = now + SAY_AGAIN_SECONDS, 0
            return times + 1


_repeats = _Repeats()
