"""Server-sent events as an HTTP answer (WHATWG HTML, "Server-sent events"); API and pages share it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable

from django.http import StreamingHttpResponse

from assistant_app.events.log import Event
from assistant_app.observing import watch

HEARTBEAT = b": still here\n\n"


def encode(name: str, data: str, event_id: str = "") -> bytes:
    """Return one event. The protocol ends a line at CR, LF and CRLF, so each line is a field of its own."""
    lines = data.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    head = [f"event: {name}", *([f"id: {event_id}"] if event_id else [])]
    return "\n".join([*head, *(f"data: {line}" for line in lines), "", ""]).encode()


def as_json(event: Event) -> bytes:
    """Return an event as the API tells it: its data are one JSON object."""
    return encode(event.kind, json.dumps(event.data), event.id)


def respond(events: AsyncIterator[Event | None], show: Callable[[Event], bytes]) -> StreamingHttpResponse:
    """Answer with a stream that ends with `event: end`, so that a browser does not open it again.

    A server that wants to stop ends it without one: the browser goes to another.
    """
    response = StreamingHttpResponse(_encoded(events, show), content_type="text/event-stream; charset=utf-8")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"  # nginx would hold the text back
    return response


async def _encoded(
    events: AsyncIterator[Event | None], show: Callable[[Event], bytes]
) -> AsyncIterator[bytes]:
    with watch.stream_open():
        yield HEARTBEAT  # the headers leave at once
        async for event in events:
            if event is None:
                yield HEARTBEAT
                continue
            yield show(event)
            if event.is_last:
                yield encode("end", "{}", event.id)
