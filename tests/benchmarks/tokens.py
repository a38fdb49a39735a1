"""What a token of a stream costs in the model's client, against reading and parsing the same bytes.

The server is a thread that sends each token by itself, and only the CPU time of the client's thread counts.
"""

import asyncio
import json
import socket
import threading
import time
from contextlib import aclosing, contextmanager

from assistant_app.llm.base import Message
from assistant_app.llm.client import OpenAIClient
from assistant_app.llm.config import ModelConfig
from tests.benchmarks.report import judged, table

TOKENS = 4000
TIMES = 5
PAUSE = 0.0001  # seconds between two tokens, or many would arrive together
TIMES_THE_FLOOR = 3
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"


def measure():
    yield "## A token of a stream\n"
    yield f"{TOKENS:,} tokens, each sent by itself; CPU time of the client alone, least of {TIMES}.\n"
    with serving() as port:
        floor, own = (min(cpu(read, port) for _ in range(TIMES)) for read in (plainly, with_client))
    target = judged(own / floor, TIMES_THE_FLOOR, "times")
    row = ["a token", f"{own * 1e6:.0f}", f"{floor * 1e6:.0f}", f"{own / floor:.2f}", target]
    yield table(["", "client µs", "floor µs", "times", "target"], [row])


def cpu(read, port):
    """Return the seconds of CPU time that a token takes."""

    async def timed():
        before = time.thread_time()
        assert await read(port) == TOKENS
        return (time.thread_time() - before) / TOKENS

    return asyncio.run(timed())


async def plainly(port):
    """Read the stream without a client; return the number of tokens."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"POST / HTTP/1.1\r\n\r\n{}")
    tokens = 0
    async for line in reader:
        if line.startswith(b"data: {"):
            tokens += bool(json.loads(line[6:])["choices"][0]["delta"].get("content"))
    writer.close()
    return tokens


async def with_client(port):
    models = {"questions": "small", "draft": "large"}
    client = OpenAIClient(ModelConfig(base_url=f"http://127.0.0.1:{port}/v1", api_key="key", models=models))
    session = client.session(lambda call: None)
    async with aclosing(session.stream("draft", [Message("user", "Say yes.")])) as texts:
        tokens = [text async for text in texts]
    await client.aclose()
    return len(tokens)


@contextmanager
def serving():
    """Serve the stream to anybody who asks, on a port of its own."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=_serve, args=[listening], daemon=True).start()
        yield listening.getsockname()[1]


def _serve(listening):
    events = [_event({"content": f"word{number} "}) for number in range(TOKENS)]
    while True:
        try:
            connection, _ = listening.accept()
        except OSError:  # closed
            return
        with connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.recv(65536)
            connection.sendall(HEAD)
            for event in events:
                connection.sendall(event)
                time.sleep(PAUSE)
            connection.sendall(_event({}, "stop") + b"data: [DONE]\n\n")


def _event(delta, ending=None):
    choice = {"index": 0, "delta": delta, "finish_reason": ending}
    data = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "large"}
    return f"data: {json.dumps({**data, 'choices': [choice]})}\n\n".encode()
