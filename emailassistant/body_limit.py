"""Refuses what is larger than `MAX_BODY_BYTES`, before anything is parsed or stored.

Django's own limit looks at Content-Length, and only once a view reads the body: a chunked request
names no length and is written to disk to its end first.
"""

from __future__ import annotations

import json
from typing import Any

from assistant_app.errors import BodyTooLarge

# A client that is still sending when its connection closes never reads the answer. So that much of what is
# too large is received and dropped first.
DROPPED_LIMITS = 10


class BodyLimit:
    """ASGI: count bytes as they come; over the limit the app sees its client go and 413 is answered."""

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
            await _answer(scope, send)


class _Body:
    """What one request sent so far."""

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
    """Return the Content-Length; 0 without a readable one, and then the bytes are counted."""
    value = dict(scope["headers"]).get(b"content-length", b"0")
    return int(value) if value.isdigit() else 0


async def _answer(scope: Any, send: Any) -> None:
    body, content_type = _body_for(scope["path"])
    headers = [
        (b"content-type", content_type),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
        (b"x-content-type-options", b"nosniff"),
    ]
    await send({"type": "http.response.start", "status": BodyTooLarge.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _body_for(path: str) -> tuple[bytes, bytes]:
    error = BodyTooLarge()
    if path.startswith("/api/"):
        return json.dumps(error.as_json()).encode(), b"application/json"
    return f"{error.message} Go back: what you typed is still there.\n".encode(), b"text/plain; charset=utf-8"
