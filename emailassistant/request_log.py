"""Give each request an id, count it, and write an access log line if enabled."""

from __future__ import annotations

import logging
import time
import uuid
from typing import Any

from assistant_app.observing.logs import ORDINARY_ID, Context, current
from emailassistant import metrics

logger = logging.getLogger("emailassistant.access")


class RequestLog:
    """ASGI middleware: take `X-Request-ID` from the request or make one; return it and log under it."""

    def __init__(self, app: Any, *, is_written: bool) -> None:
        self.app = app
        self._is_written = is_written

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        context = Context(_given_id(scope) or uuid.uuid4().hex)
        token = current.set(context)
        answer = _Answer(send, scope["method"], context.request_id)
        try:
            await self.app(scope, receive, answer.send)
        finally:
            if self._is_written:
                _write(scope, answer)
            current.reset(token)


class _Answer:
    """The response to one request."""

    def __init__(self, send: Any, method: str, request_id: str) -> None:
        self._send = send
        self._method = method
        self._header = (b"x-request-id", request_id.encode())
        self._began = time.monotonic()
        self.status = 0  # stays 0 if the client disconnects before a response

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = [*message.get("headers", ()), self._header]
            metrics.answered(self._method, self.status, self.seconds)
        await self._send(message)


def _given_id(scope: Any) -> str:
    """Return the request's id if it has an ordinary form, to prevent log injection; otherwise ""."""
    given = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
    return given.decode() if ORDINARY_ID.fullmatch(given) else ""


def _write(scope: Any, answer: _Answer) -> None:
    """Log the request. Leave out the query string: searches are private."""
    client = scope.get("client")
    details = {
        "method": scope["method"],
        "path": scope["path"],
        "status": answer.status,
        "seconds": round(answer.seconds, 4),
        "client": client[0] if client else "",
    }
    logger.info("%s %s %s", scope["method"], scope["path"], answer.status, extra={"details": details})
