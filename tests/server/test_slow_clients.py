"""Who stops sending or taking is disconnected, over real sockets; clients that are only slow are served."""

import asyncio
import os
import socket
import threading
import time
from contextlib import contextmanager

import pytest
import uvicorn

from emailassistant import http_protocol
from emailassistant.http_protocol import Protocol
from tests.real_server import DEADLINE, RealServer, wait_until

pytestmark = pytest.mark.server

HEAD = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n"
GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
LARGE = b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n"
LIMIT = 1.0  # seconds, instead of the product's, so that the tests take less long

left = threading.Event()  # set when the application hears that the reader of a large response is gone


@pytest.fixture(scope="module")
def port():
    """A server with our protocol and short limits, which answers with the length of the body."""
    heard = []

    async def app(scope, receive, send):
        length, more = 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                heard.append("disconnect")
                return
            length, more = length + len(message["body"]), message["more_body"]
        if scope["path"] == "/large":
            return await send_without_end(receive, send)
        if scope["path"] == "/slow":
            await asyncio.sleep(3 * LIMIT)
        body = str(length).encode()
        headers = [(b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def send_without_end(receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        leaving = asyncio.create_task(receive())
        while not leaving.done():
            await send({"type": "http.response.body", "body": bytes(65_536), "more_body": True})
            await asyncio.sleep(0)
        left.set()

    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, http=Protocol, lifespan="off", log_config=None, timeout_keep_alive=60)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("HEAD_SECONDS", "PAUSE_SECONDS", "BODY_SECONDS", "TAKE_SECONDS"):
            patch.setattr(http_protocol, name, LIMIT)
        patch.setattr(http_protocol, "BYTES_PER_SECOND", 1_000)
        thread.start()
        wait_until(lambda: server.started)
        yield listener.getsockname()[1]
        server.should_exit = True
        thread.join(DEADLINE)
    assert "disconnect" in heard  # the application was told that the body ends nowhere


@contextmanager
def connected(port):
    with socket.create_connection(("127.0.0.1", port), timeout=DEADLINE) as connection:
        yield connection


def rest_of(connection):
    """Return all that comes until the server closes; fail if it does not."""
    received = b""
    while piece := connection.recv(65_536):
        received += piece
    return received


def test_a_connection_that_sends_nothing_is_closed_without_a_word(port):
    with connected(port) as connection:
        assert rest_of(connection) == b""


def test_headers_that_never_end_are_answered_with_408(port):
    with connected(port) as connection:
        connection.sendall(HEAD)
        assert rest_of(connection).startswith(b"HTTP/1.1 408 ")


def dribble(connection, piece):
    """Send a piece every few moments until the server closes; return what it said."""
    connection.settimeout(LIMIT / 10)
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        try:
            connection.sendall(piece)
            return rest_of(connection)
        except TimeoutError:
            continue
        except OSError:
            return b""
    raise AssertionError("The server never closed the connection.")


@pytest.mark.parametrize("piece", [b"X-More: x\r\n", b"x"])
def test_headers_that_come_in_a_trickle_are_cut_off(port, piece):
    with connected(port) as connection:
        connection.sendall(HEAD)
        dribble(connection, piece)


def test_blank_lines_between_requests_do_not_keep_a_connection_open(port):
    with connected(port) as connection:
        connection.sendall(GET)
        assert b"200 OK" in connection.recv(65_536)
        dribble(connection, b"\r\n")


def test_a_body_that_stops_is_answered_with_408(port):
    with connected(port) as connection:
        connection.sendall(HEAD + b"\r\n12345")
        assert rest_of(connection).startswith(b"HTTP/1.1 408 ")


def test_a_body_that_comes_in_a_trickle_is_cut_off(port):
    with connected(port) as connection:
        connection.sendall(HEAD.replace(b"10", b"1000") + b"\r\n")
        dribble(connection, b"x")


def test_a_second_request_has_the_same_limits(port):
    with connected(port) as connection:
        connection.sendall(GET)
        assert b"200 OK" in connection.recv(65_536)
        connection.sendall(HEAD + b"\r\n123")
        assert rest_of(connection).startswith(b"HTTP/1.1 408 ")


def test_two_requests_in_one_packet_are_both_answered(port):
    with connected(port) as connection:
        connection.sendall(GET + HEAD + b"\r\n1234567890")
        received = b""
        while received.count(b"200 OK") < 2:
            received += connection.recv(65_536)
        assert received.endswith(b"10")


def test_a_slow_answer_is_not_cut_off(port):
    with connected(port) as connection:
        connection.sendall(b"POST /slow HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc\r\n")
        assert b"200 OK" in connection.recv(65_536)


def test_an_idle_connection_may_be_used_again_after_the_limit(port):
    with connected(port) as connection:
        connection.sendall(GET)
        assert b"200 OK" in connection.recv(65_536)
        time.sleep(2 * LIMIT)  # the time is what this is about: keep-alive is longer than the limit
        connection.sendall(GET)
        assert b"200 OK" in connection.recv(65_536)


def test_a_client_that_stops_taking_its_response_is_disconnected(port):
    left.clear()
    with connected(port) as connection:
        connection.sendall(LARGE)
        assert b"200 OK" in connection.recv(100)
        assert left.wait(DEADLINE)


def test_a_client_that_takes_its_response_slowly_is_served(port):
    left.clear()
    with connected(port) as connection:
        connection.sendall(LARGE)
        end = time.monotonic() + 3 * LIMIT
        while time.monotonic() < end:
            assert connection.recv(65_536)
            time.sleep(0.01)  # the time is what this is about: the whole takes longer than the limit
        assert not left.is_set()
    assert left.wait(DEADLINE)


# --- The product -----------------------------------------------------------------------------------

MEGABYTES = 4
UNFINISHED = 30


def memory_of(pid):
    """Return the resident memory in MB."""
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmRSS"))


def test_unfinished_bodies_wait_on_disk_without_a_name():
    with RealServer() as server:
        before = memory_of(server.worker_pid)
        length = MEGABYTES * 2**20
        head = f"POST /api/applications/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {length + 1}\r\n\r\n"
        connections = []
        for _ in range(UNFINISHED):
            connections.append(socket.create_connection(("127.0.0.1", server.port)))
            connections[-1].sendall(head.encode() + b" " * length)
        with server.client() as ida:
            assert ida.get("/api/applications/").status_code == 200
        wait_until(lambda: spooled_by(server.worker_pid) == UNFINISHED)
        grown = memory_of(server.worker_pid) - before
        names = {path.name.partition("-")[0] for path in server.data.iterdir()}
        for connection in connections:
            connection.close()
        wait_until(lambda: spooled_by(server.worker_pid) == 0)

    assert grown < UNFINISHED * MEGABYTES / 3
    assert names <= {"db.sqlite3", "server.log", "emailassistant", "secret_key", "wgunicorn"}


def spooled_by(pid):
    """Return how many deleted files of some size the process has open."""
    sizes = []
    for descriptor in os.listdir(f"/proc/{pid}/fd"):
        path = f"/proc/{pid}/fd/{descriptor}"
        try:
            if os.readlink(path).endswith("(deleted)"):
                sizes.append(os.stat(path).st_size)
        except FileNotFoundError:
            continue
    return sum(size > 2**20 for size in sizes)
