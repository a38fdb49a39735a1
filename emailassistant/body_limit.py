"""Reject bodies larger than `MAX_BODY_BYTES` before anything is parsed or stored.

Django checks only Content-Length, and only when a view reads the body. A chunked request has no
Content-Length, so Django would first write all of it to disk.
"""

from __future__ import annotations

from typing import Any

from assistant_app.errors import BodyTooLarge
from emailassistant.early_answer import answer

# Receive and drop up to this many times the limit before responding: a client that is still sending when
# the connection closes never reads the response.
DROPPED_LIMITS = 10


class BodyLimit:
    """ASGI middleware: above the limit, the app sees a disconnect and the client gets 413."""

    def __init__(self, app: Any, limit: int) -> None:
        self.app = app
        self.limit = limit

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        body = _Body(receive, self.limit)
        if _declared_length(scope) <= self.limit:
            await self.app(scope, body.receive, body.send_unless_too_large(send))
        else:
            body.is_too_large = True
        if body.is_too_large:
            await body.drop_the_rest()
            await answer(scope, send, BodyTooLarge())


class _Body:
    """The body of one request, counted as it arrives."""

    def __init__(self, receive: Any, limit: int) -> None:
        self._receive = receive
        self._limit = limit
        self._received = 0
        self._more = True
        self.is_too_large = False

    async def receive(self) -> Any:
        message = await self._next()
        if self._received > self._limit:
            self.is_too_large = True
            return {"type": "http.disconnect"}
        return message

    def send_unless_too_large(self, send: Any) -> Any:
        async def guarded(message: Any) -> None:
            if not self.is_too_large:
                await send(message)

        return guarded

    async def drop_the_rest(self) -> None:
        while self._more and self._received <= self._limit * DROPPED_LIMITS:
            await self._next()

    async def _next(self) -> Any:
        message = await self._receive()
        self._received += len(message.get("body", b""))
        self._more = message.get("more_body", False)
        return message


def _declared_length(scope: Any) -> int:
    """Return the Content-Length, or 0 if it is missing or malformed; the bytes are counted anyway."""
    value = dict(scope["headers"]).get(b"content-length", b"0")
    return int(value) if value.isdigit() else 0
