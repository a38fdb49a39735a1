"""Server-sent events as an HTTP response (WHATWG HTML, "Server-sent events"), for API and pages."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable

from django.http import StreamingHttpResponse

from assistant_app.events.log import Event
from assistant_app.observing import watch

HEARTBEAT = b": still here\n\n"


def encode(name: str, data: str, event_id: str = "") -> bytes:
    """Return one event. Each line is a `data` field; the protocol ends lines at CR, LF and CRLF."""
    lines = data.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    head = [f"event: {name}", *([f"id: {event_id}"] if event_id else [])]
    return "\n".join([*head, *(f"data: {line}" for line in lines), "", ""]).encode()


def as_json(event: Event) -> bytes:
    """Return an event of the API, with its data as one JSON object."""
    return encode(event.kind, json.dumps(event.data), event.id)


class EventStream(StreamingHttpResponse):
    """A response that says when it is over."""

    on_close: Callable[[], object] = staticmethod(lambda: None)

    def close(self) -> None:
        super().close()
        self.on_close()


def respond(events: AsyncIterator[Event | None], show: Callable[[Event], bytes]) -> EventStream:
    """Return a stream that ends with `event: end`, so that the browser does not reconnect.

    A server that stops omits this event, so that the browser reconnects to another one.
    """
    response = EventStream(_encoded(events, show), content_type="text/event-stream; charset=utf-8")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"  # or nginx buffers the text
    return response


async def _encoded(
    events: AsyncIterator[Event | None], show: Callable[[Event], bytes]
) -> AsyncIterator[bytes]:
    with watch.stream_open():
        yield HEARTBEAT  # sends the headers at once
        async for event in events:
            if event is None:
                yield HEARTBEAT
                continue
            yield show(event)
            if event.is_last:
                yield encode("end", "{}", event.id)
