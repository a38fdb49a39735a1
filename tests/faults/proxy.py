"""A proxy before the model's server or Redis that breaks or delays what passes.

A spoiler is an async generator: it gets each piece that passes and yields what arrives of it.
"""

import asyncio
import contextlib
import threading


class Cut(Exception):
    """The connection is reset."""


async def faithful(data):
    yield data


async def reset(data):
    raise Cut
    yield


async def hanging(data):
    await asyncio.Event().wait()
    yield


async def garbage(data):
    yield bytes(range(256)) * 8


async def mangled(data):
    """Keep the HTTP headers, but send a body that breaks the protocol."""
    head, blank, body = data.partition(b"\r\n\r\n") if data.startswith(b"HTTP/") else (b"", b"", data)
    yield head + blank + body.replace(b"{", b"[")


async def dripping(data):
    for index in range(len(data)):
        yield data[index : index + 1]
        await asyncio.sleep(0.05)


def delayed(seconds):
    async def spoil(data):
        await asyncio.sleep(seconds)
        yield data

    return spoil


def after(size, spoiler):
    """Pass `size` bytes, then spoil the rest."""
    passed = 0

    async def spoil(data):
        nonlocal passed
        whole, rest = data[: size - passed], data[size - passed :]
        passed += len(whole)
        if whole:
            yield whole
        if rest:
            await asyncio.sleep(0.05)  # so that the passed bytes arrive first
            async for piece in spoiler(rest):
                yield piece

    return spoil


def held_before(command, gate):
    """Return a spoiler of requests to Redis: it holds the first command with these bytes, and all later ones.

    `gate.held` is set once it holds one, and it goes on when `gate.opened` is set.
    """

    async def spoil(data):
        found = data.find(command)
        if found >= 0 and not gate.opened.is_set():
            start = data.rfind(b"\r\n*", 0, found) + 2 if b"\r\n*" in data[:found] else 0
            yield data[:start]
            data = data[start:]
            gate.held.set()
            while not gate.opened.is_set():
                await asyncio.sleep(0.01)
        yield data

    return spoil


class Gate:
    def __init__(self):
        self.held, self.opened = threading.Event(), threading.Event()


class Proxy:
    """Listens on its own port; `spoil` applies to all answers from now on, `spoil_requests` to requests."""

    def __init__(self, port):
        self.spoil = self.spoil_requests = faithful
        self._target = port
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="proxy", daemon=True)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/v1"

    def __enter__(self):
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_):
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(10)

    async def _serve(self):
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        self._connections, self._ends = set(), set()
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stopping.wait()
        server.close()
        for connection in list(self._connections):
            connection.cancel()
        await asyncio.gather(*list(self._connections), return_exceptions=True)
        for end in self._ends:
            end.transport.abort()

    def _accept(self, reader, writer):
        """Register a connection at once, so that it is closed even if it is never served."""
        self._ends.add(writer)
        connection = asyncio.ensure_future(self._connected(reader, writer))
        self._connections.add(connection)
        connection.add_done_callback(self._connections.discard)

    async def _connected(self, reader, writer):
        from_model, to_model = await asyncio.open_connection("127.0.0.1", self._target)
        self._ends.add(to_model)
        ways = [asyncio.ensure_future(self._ask(reader, to_model))]
        ways.append(asyncio.ensure_future(self._answer(from_model, writer)))
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            for end in (writer, to_model):
                end.transport.abort()
                self._ends.discard(end)

    async def _ask(self, reader, writer):
        while data := await reader.read(65536):
            async for piece in self.spoil_requests(data):
                writer.write(piece)
                await writer.drain()

    async def _answer(self, reader, writer):
        with contextlib.suppress(Cut):
            while data := await reader.read(65536):
                async for piece in self.spoil(data):
                    writer.write(piece)
                    await writer.drain()
