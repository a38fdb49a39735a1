"""The format of log lines, and the request, application and user that each is about.

No mail text gets into the log. For an exception, only its type and place are logged, never its text, which
often repeats input (a database's `DETAIL`, a parser's excerpt).
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from traceback import extract_tb
from typing import Any

from django.utils.functional import SimpleLazyObject

ORDINARY_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")


@dataclass(slots=True)
class Context:
    """What the current work is about. User and application are read only when a line is logged."""

    request_id: str = ""
    application_id: str = ""
    user_id: Any = None
    request: Any = None  # Django's request, once it exists

    def ids(self) -> dict[str, Any]:
        """Return the known ids of request, application and user, without a query."""
        match = getattr(self.request, "resolver_match", None)
        application_id = self.application_id or (match.kwargs.get("app_id", "") if match else "")
        user_id = self.user_id or known_user_id(self.request)
        known = {"request": self.request_id, "application": str(application_id), "user": user_id}
        return {name: value for name, value in known.items() if value}


current: ContextVar[Context | None] = ContextVar("log_context", default=None)


def request_id() -> str:
    """Return the id of the current request, or an empty text."""
    context = current.get()
    return context.request_id if context else ""


def known_user_id(request: Any) -> Any:
    """Return the id of the request's user if it is loaded already; loading it costs a query."""
    found = vars(request) if request is not None else {}
    user = found.get("user")
    if isinstance(user, SimpleLazyObject):
        user = found.get("_cached_user")
    return getattr(user, "pk", None)


class Formatter(logging.Formatter):
    """One line per record: the message, then its details."""

    def format(self, record: logging.LogRecord) -> str:
        details = {**_about(record), **_exception(record)}
        shown = "".join(f" {name}={_one_line(value)}" for name, value in details.items())
        head = f"{_moment(record)} {record.levelname} {record.name}: "
        return head + _one_line(record.getMessage()) + shown


class JsonFormatter(logging.Formatter):
    """One JSON object per record and line, for programs that collect logs."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "time": _moment(record),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage().strip(),
            "process": record.process,
            **_about(record),
            **_exception(record),
        }
        return json.dumps(entry, ensure_ascii=False, default=str)


def _about(record: logging.LogRecord) -> dict[str, Any]:
    """Return the ids of the context and the record's own `extra={"details": {…}}`."""
    context = current.get()
    return {**(context.ids() if context else {}), **getattr(record, "details", {})}


def _exception(record: logging.LogRecord) -> dict[str, str]:
    problem = record.exc_info[1] if record.exc_info else None
    return {"exception": " < ".join(map(_outline, _causes(problem)))} if problem else {}


def _causes(problem: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while problem is not None and id(problem) not in seen:
        seen.add(id(problem))
        yield problem
        problem = problem.__cause__ or (None if problem.__suppress_context__ else problem.__context__)


def _outline(problem: BaseException) -> str:
    places = [f"{frame.filename}:{frame.lineno}" for frame in extract_tb(problem.__traceback__)]
    return f"{type(problem).__module__}.{type(problem).__qualname__} at {', '.join(places) or 'nowhere'}"


def _moment(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


def _one_line(value: Any) -> str:
    """Escape line breaks: a path or a name must not be able to forge a log line."""
    text = str(value).strip()
    return text if text.isprintable() else text.encode("unicode_escape").decode()
