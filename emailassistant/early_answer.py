"""Answers that need neither Django nor a thread: JSON below /api/, one line of text elsewhere."""

from __future__ import annotations

import json
from typing import Any

from assistant_app.errors import AssistantError


async def answer(scope: Any, send: Any, error: AssistantError) -> None:
    """Send the error as the whole response, and close the connection."""
    body, content_type = _body_for(scope["path"], error)
    headers = [
        (b"content-type", content_type),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
        (b"cache-control", b"private, no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
    if error.retry_after is not None:
        headers.append((b"retry-after", str(error.retry_after).encode()))
    await send({"type": "http.response.start", "status": error.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _body_for(path: str, error: AssistantError) -> tuple[bytes, bytes]:
    if path.startswith("/api/"):
        return json.dumps(error.as_json()).encode(), b"application/json"
    return f"{error.message} Go back: what you typed is still there.\n".encode(), b"text/plain; charset=utf-8"
