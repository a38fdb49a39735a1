"""Time limits that uvicorn lacks: a client that stops sending, or stops taking its response, is disconnected.

The rules for requests are those of Apache's `mod_reqtimeout`: some seconds for the headers, and a least rate
for the body. Without them, a few thousand clients that never finish a request hold every file descriptor of
the process. A client that never takes its response would hold what builds it.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_SECONDS = (
    15.0  # from the connection, or from the first byte of the next request, to the end of the headers
)
PAUSE_SECONDS = 15.0  # between two pieces of a body
BODY_SECONDS = 20.0  # for the whole body, plus a second for every `BYTES_PER_SECOND`
BYTES_PER_SECOND = 16_384  # the slowest client that is served is slower than any mobile network of today
TAKE_SECONDS = 30.0  # for the next 48 KB of a response, while that many wait to be sent
TIMEOUT = b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class Protocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol with time limits for headers and bodies."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._limit: asyncio.TimerHandle | None = None
        self._taking: asyncio.TimerHandle | None = None
        self._is_in_head = False
        self._is_in_body = False
        self._body_began_at = 0.0
        self._heard_at = 0.0
        self._received = 0  # bytes of the current body

    # --- What uvicorn calls --------------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._limit_head()

    def data_received(self, data: bytes) -> None:
        # Also for blank lines between requests: they end uvicorn's keep-alive timeout and begin no request.
        if not self._is_in_body and (self.cycle is None or self.cycle.response_complete):
            self._limit_head()
        super().data_received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._lift_limit()
        self._has_taken()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._taking = self.loop.call_later(TAKE_SECONDS, self.transport.abort)  # closing would wait for it

    def resume_writing(self) -> None:
        self._has_taken()
        super().resume_writing()

    # --- What the parser calls -----------------------------------------------------------------

    def on_message_begin(self) -> None:
        self._limit_head()  # it may follow the last request in the same packet
        self._is_in_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._lift_limit()
        self._is_in_head, self._is_in_body, self._received = False, True, 0
        self._body_began_at = self._heard_at = self.loop.time()
        super().on_headers_complete()
        self._limit = self.loop.call_later(PAUSE_SECONDS, self._check_body)

    def on_body(self, body: bytes) -> None:
        self._heard_at = self.loop.time()
        self._received += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._lift_limit()
        self._is_in_body = False
        super().on_message_complete()

    # --- The limits ----------------------------------------------------------------------------

    def _limit_head(self) -> None:
        if self._limit is None:
            self._limit = self.loop.call_later(HEAD_SECONDS, self._give_up)

    def _lift_limit(self) -> None:
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None

    def _has_taken(self) -> None:
        if self._taking is not None:
            self._taking.cancel()
            self._taking = None

    def _check_body(self) -> None:
        now = self.loop.time()
        if self.flow.read_paused:  # it is our turn, not the client's
            self._body_began_at += PAUSE_SECONDS
            self._heard_at = now
        ends_at = self._body_began_at + BODY_SECONDS + self._received / BYTES_PER_SECOND
        if now >= min(self._heard_at + PAUSE_SECONDS, ends_at):
            return self._give_up()
        self._limit = self.loop.call_at(min(self._heard_at + PAUSE_SECONDS, ends_at), self._check_body)

    def _give_up(self) -> None:
        """Close the connection, with 408 if a request has begun. The application sees a disconnect.

        A browser opens connections in advance, and shows a 408 that came before it sent anything.
        """
        self._limit = None
        if self.transport.is_closing():
            return
        is_answering = self.cycle is not None and self.cycle.response_started
        if self._is_in_head or (self._is_in_body and not is_answering):
            self.transport.write(TIMEOUT)
        self.transport.close()
