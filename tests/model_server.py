"""A scriptable model server for tests, which speaks OpenAI's chat completions over a real socket.

Also a server for benchmarks: `python -m tests.model_server --port 8001 --latency 0.2 --rate 100`.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Self, cast

import pytest

DRAFT = "Dear Anna,\n\nThank you for your email. Friday suits me well.\n\nBest regards"


@dataclass(kw_only=True)
class Reply:
    """How the server answers one request; the shape (plain or streamed) is the request's own.

    Gates are `threading.Event`s: what they are named after waits until the test sets them.
    """

    text: str | None = DRAFT
    chunks: list[str] | None = None  # how a streamed text is cut; by words if not given
    has_markers: bool = False  # a streamed text stands between markers, so it is shown from its first word on
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None  # sent instead of a completion: JSON, or text as it is
    parts: list[bytes] | None = None  # sent instead, each as a chunk of HTTP of its own
    is_broken: bool = False  # the connection is cut after the parts
    finish_reason: str | None = "stop"
    refusal: str | None = None
    gate: threading.Event | None = None  # before anything is sent
    gate_after: tuple[int, threading.Event] | None = None  # within a stream, after so many chunks
    gates: dict[int, threading.Event] = field(default_factory=dict)  # several of them
    drop_after: int | None = None  # the connection is cut within a stream, after so many chunks
    drop: bool = False  # the connection is cut at once
    hang: bool = False  # nothing is ever sent
    hang_after: int | None = None  # nothing more is sent within a stream, after so many chunks
    hang_at_end: bool = False  # the end marker is sent, but not the end of the response


def error(status: int, message: str, *, code: str | None = None, **headers: str) -> Reply:
    """Return an error as OpenAI words it."""
    body = {"error": {"message": message, "type": "error", "code": code}}
    return Reply(
        status=status, body=body, headers={key.replace("_", "-"): value for key, value in headers.items()}
    )


def questions(*texts: str) -> Reply:
    """Return clarifying questions as structured output."""
    return Reply(text=json.dumps({"questions": list(texts)}))


@dataclass
class Received:
    """One request: its body, and whether its client left before the answer was complete."""

    body: dict[str, Any]
    headers: dict[str, str]
    is_complete: bool = False
    left: threading.Event = field(default_factory=threading.Event)


class _Connection(asyncio.StreamReaderProtocol):
    """A connection that notices when its client disconnects, even while it is not being read."""

    def __init__(self, accept: Any, open_ends: set[asyncio.WriteTransport]) -> None:
        super().__init__(asyncio.StreamReader(), accept)
        self.client_left = asyncio.Event()
        self._open_ends = open_ends

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._end = cast(asyncio.WriteTransport, transport)
        self._open_ends.add(self._end)
        super().connection_made(transport)

    def eof_received(self) -> bool | None:
        self.client_left.set()
        return super().eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        self._open_ends.discard(self._end)
        self.client_left.set()
        super().connection_lost(exc)


class ModelServer:
    """Answers each request with the next scripted reply, and with the standing one when there is none."""

    def __init__(self, *, port: int = 0, latency: float = 0.0, rate: float = 0.0, chunks: int = 0) -> None:
        self.standing = Reply(chunks=["word "] * chunks if chunks else None)
        self.standing_questions = questions()
        self.latency = latency  # seconds before an answer begins
        self.rate = rate  # chunks a second; 0 for as fast as it goes
        self.received: list[Received] = []
        self.connections = 0  # made so far
        self.most_at_once = 0
        self._at_once = 0
        self._script: deque[Reply] = deque()
        self._port = port
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="model-server", daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/v1"

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._port}"

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [request.body for request in self.received]

    def script(self, *replies: Reply) -> None:
        """Queue replies, one for each request to come."""
        self._script.extend(replies)

    @property
    def is_script_over(self) -> bool:
        return not self._script

    @property
    def is_answering(self) -> bool:
        return self._at_once > 0

    def forget_script(self) -> None:
        """Give the standing replies again, although some of the script was never asked for."""
        self._script.clear()

    def start(self) -> Self:
        self._thread.start()
        self._ready.wait(10)
        return self

    def stop(self) -> None:
        """Close every connection and stop listening; stopping twice is nothing."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join(10)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def wait(self) -> None:
        self._thread.join()

    def _run(self) -> None:
        with contextlib.closing(self._loop):
            self._loop.run_until_complete(self._serve())

    async def _serve(self) -> None:
        self._stopping = asyncio.Event()
        self._connections: set[asyncio.Task[None]] = set()
        open_ends: set[asyncio.WriteTransport] = set()
        server = await self._loop.create_server(
            lambda: _Connection(self._accept, open_ends), "127.0.0.1", self._port, backlog=2048
        )
        self._port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stopping.wait()
        server.close()
        for _ in range(2):  # a connection just accepted gets a transport, and then a task
            await asyncio.sleep(0)
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        for end in list(open_ends):
            end.abort()  # do not wait for data that the client does not read
        while open_ends:
            await asyncio.sleep(0)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Track every connection from the start, so that unserved ones are closed at the end too."""
        self.connections += 1
        task = asyncio.ensure_future(self._connected(reader, writer))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (request := await read_request(reader)) is not None:
                self.received.append(request)
                self._at_once += 1
                self.most_at_once = max(self.most_at_once, self._at_once)
                try:
                    await self._answer_or_leave(request, writer)
                finally:
                    self._at_once -= 1
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client has gone, the script says to cut it off, or the server stops
        finally:
            writer.close()

    async def _answer_or_leave(self, request: Received, writer: asyncio.StreamWriter) -> None:
        """Answer, and notice when the client goes away in the middle."""
        answering = asyncio.ensure_future(self._answer(request, writer))
        leaving = asyncio.ensure_future(writer.transport.get_protocol().client_left.wait())
        try:
            await asyncio.wait({answering, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if not answering.done():
                raise ConnectionResetError
            answering.result()
            request.is_complete = True
        finally:
            for task in (answering, leaving):
                task.cancel()
            await asyncio.gather(answering, leaving, return_exceptions=True)
            if not request.is_complete:
                request.left.set()

    async def _answer(self, request: Received, writer: asyncio.StreamWriter) -> None:
        wants_object = "response_format" in request.body
        standing = self.standing_questions if wants_object else self.standing
        reply = self._script.popleft() if self._script else standing
        await asyncio.sleep(self.latency)
        await wait_for(reply.gate)
        if reply.hang:
            await asyncio.Event().wait()
        if reply.drop:
            raise ConnectionResetError
        if reply.parts is not None:
            await send_parts(writer, reply)
        elif reply.status != 200 or reply.body is not None:
            await send_whole(writer, reply.status, reply.body, reply.headers)
        elif request.body.get("stream"):
            await self._stream(request, reply, writer)
        else:
            await send_whole(writer, 200, completion(reply), reply.headers)

    async def _stream(self, request: Received, reply: Reply, writer: asyncio.StreamWriter) -> None:
        writer.write(head(200, {"content-type": "text/event-stream", "transfer-encoding": "chunked"}))
        pieces = reply.chunks if reply.chunks is not None else (reply.text or "").split(" ")
        if reply.chunks is None:
            pieces = [piece if index == 0 else f" {piece}" for index, piece in enumerate(pieces)]
        if reply.has_markers:
            first, *rest = pieces
            *pieces, last = [f"<reply>{first}", *rest]
            pieces.append(f"{last}</reply>")
        for index, piece in enumerate(pieces):
            await self._obey(reply, index)
            send_event(writer, chunk({"content": piece}))
            await writer.drain()
            if self.rate:
                await asyncio.sleep(1 / self.rate)
        await self._obey(reply, len(pieces))
        if reply.refusal:
            send_event(writer, chunk({"refusal": reply.refusal}))
        if reply.finish_reason:
            send_event(writer, chunk({}, reply.finish_reason))
            if request.body.get("stream_options", {}).get("include_usage"):
                send_event(writer, {"choices": [], "usage": usage(len(pieces))})
            send_event(writer, None)
        if reply.hang_at_end:
            await asyncio.Event().wait()
        writer.write(b"0\r\n\r\n")
        await writer.drain()

    async def _obey(self, reply: Reply, sent: int) -> None:
        """Wait, hang or cut the connection if the reply says so after this many chunks."""
        if reply.gate_after and reply.gate_after[0] == sent:
            await wait_for(reply.gate_after[1])
        await wait_for(reply.gates.get(sent))
        if reply.hang_after == sent:
            await asyncio.Event().wait()
        if reply.drop_after == sent:
            raise ConnectionResetError


async def read_request(reader: asyncio.StreamReader) -> Received | None:
    """Return the next request on a connection, or None when the client has closed it."""
    try:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    except asyncio.IncompleteReadError:
        return None
    headers = {
        key.lower(): value.strip() for key, _, value in (line.partition(":") for line in lines[1:] if line)
    }
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Received(json.loads(body or b"{}"), headers)


async def wait_for(gate: threading.Event | None) -> None:
    while gate is not None and not gate.is_set():
        await asyncio.sleep(0.005)


def head(status: int, headers: dict[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} Scripted", *(f"{key}: {value}" for key, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


async def send_parts(writer: asyncio.StreamWriter, reply: Reply) -> None:
    writer.write(head(reply.status, {**reply.headers, "transfer-encoding": "chunked"}))
    for part in reply.parts or []:
        writer.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
        await writer.drain()
        await asyncio.sleep(0)
    if reply.is_broken:
        raise ConnectionResetError
    writer.write(b"0\r\n\r\n")
    await writer.drain()


async def send_whole(writer: asyncio.StreamWriter, status: int, body: Any, headers: dict[str, str]) -> None:
    data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    headers = {"content-type": "application/json", **headers, "content-length": str(len(data))}
    writer.write(head(status, headers) + data)
    await writer.drain()


def send_event(writer: asyncio.StreamWriter, event: dict[str, Any] | None) -> None:
    data = b"data: " + (b"[DONE]" if event is None else json.dumps(event).encode()) + b"\n\n"
    writer.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")


def chunk(delta: dict[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    return {"id": "c", "object": "chat.completion.chunk", "created": 0, "model": "m", "choices": [choice]}


def completion(reply: Reply) -> dict[str, Any]:
    text = "".join(reply.chunks) if reply.chunks is not None else reply.text
    message = {"role": "assistant", "content": text, "refusal": reply.refusal}
    choice = {"index": 0, "message": message, "finish_reason": reply.finish_reason}
    return {
        "id": "c",
        "object": "chat.completion",
        "created": 0,
        "model": "m",
        "choices": [choice],
        "usage": usage(9),
    }


def usage(tokens_out: int) -> dict[str, int]:
    return {"prompt_tokens": 11, "completion_tokens": tokens_out, "total_tokens": 11 + tokens_out}


@pytest.fixture
def model_server() -> Iterator[ModelServer]:
    with ModelServer() as server:
        yield server


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8001)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before an answer begins")
    parser.add_argument("--rate", type=float, default=0.0, help="chunks a second; 0 for as fast as it goes")
    parser.add_argument("--chunks", type=int, default=0, help="chunks of a draft; 0 for a short email")
    server = ModelServer(**vars(parser.parse_args())).start()
    print(server.url, flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        server.wait()


if __name__ == "__main__":
    main()
