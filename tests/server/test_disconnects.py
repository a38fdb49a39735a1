"""A client disconnects during a request: its work is still completed, and the row is right."""

import json
import os
import socket
import struct
import threading
import uuid
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings

from tests.model_server import Reply, error, questions
from tests.real_server import DEADLINE, RealServer, wait_until
from tests.server.conftest import state_of
from tests.server.streaming import listening
from tests.server.walking import NumberedModel, Walker

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def only_model():
    with NumberedModel() as model:
        yield model


@pytest.fixture(scope="module")
def server(only_model):
    with RealServer(model=only_model, postgresql=not settings.IS_SQLITE) as server:
        yield server


@pytest.fixture
def model(only_model):
    only_model.forget_script()
    only_model.received.clear()
    return only_model


@pytest.fixture
def held():
    """A gate that blocks the model until it is set."""
    gate = threading.Event()
    yield gate
    gate.set()


@pytest.fixture
def ida(server):
    with server.client() as client:
        yield client


# --- A client on a bare socket -------------------------------------------------------------------


def request(server, method, path, data=None, if_match="*"):
    body = json.dumps(data).encode() if data is not None else b""
    lines = [
        f"{method} /api/applications/{path} HTTP/1.1",
        "Host: localhost",
        f"Authorization: Token {server.tokens['ida']}",
        "Content-Type: application/json",
        f"If-Match: {if_match}",
        f"Content-Length: {len(body)}",
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def close(connection):
    connection.close()


def reset(connection):
    """Close with a TCP reset, like a machine that was switched off and comes back."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


both_ways = pytest.mark.parametrize("leave", [close, reset])


@contextmanager
def connected(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=DEADLINE) as connection:
        yield connection


# --- Steps ---------------------------------------------------------------------------------------

STEPS = ["initialize_draft", "clarify_instructions", "process_feedback", "acceptance"]
CALLING = STEPS[:3]  # these call a model


def walk_to(ida, step):
    walker = Walker(ida)
    for _ in range(STEPS.index(step)):
        walker.send_next(ida, is_async=False)
    return walker


def walk_to_a_held_run(ida, model, held):
    """Walk until a draft is under way and the model waits at the gate."""
    walker = walk_to(ida, "clarify_instructions")
    model.script(Reply(text=model.next_draft(), gate=held))
    walker.send_next(ida, is_async=True)
    return walker


def due_request(server, ida, walker):
    state = state_of(ida, walker.app_id)
    endpoint, data = walker.inputs_for(state)
    return request(server, "PUT", f"{walker.app_id}/{endpoint}/", data, if_match=f'"{state["version"]}"')


@both_ways
@pytest.mark.parametrize("step", STEPS)
def test_half_a_request_changes_nothing(server, ida, model, step, leave):
    walker = walk_to(ida, step)
    before = state_of(ida, walker.app_id)
    whole = due_request(server, ida, walker)
    with connected(server) as client:
        client.sendall(whole[:-10])
        leave(client)

    assert state_of(ida, walker.app_id) == before
    walker.go_on(ida).check(server)


@both_ways
@pytest.mark.parametrize("step", STEPS)
def test_who_leaves_as_soon_as_all_is_sent_finds_it_done_or_not_begun(server, ida, model, step, leave):
    walker = walk_to(ida, step)
    with connected(server) as client:
        client.sendall(due_request(server, ida, walker))
        leave(client)

    walker.go_on(ida, another_may_be_first=True).check(server)


@both_ways
@pytest.mark.parametrize("step", CALLING)
def test_who_leaves_while_the_model_is_asked_finds_it_done(server, ida, model, held, step, leave):
    walker = walk_to(ida, step)
    model.received.clear()
    text = questions("Until when?").text if step == "initialize_draft" else model.next_draft()
    model.script(Reply(text=text, gate=held))
    with connected(server) as client:
        client.sendall(due_request(server, ida, walker))
        wait_until(lambda: model.received)
        leave(client)
    for _ in range(20):  # later requests do not wait for the client that left
        assert state_of(ida, walker.app_id)["status"] == "running"
    held.set()
    wait_until(lambda: state_of(ida, walker.app_id)["status"] != "running")

    wait_until(lambda: model.received[0].is_complete)
    state = state_of(ida, walker.app_id)
    due = "clarify_instructions" if step == "initialize_draft" else "process_feedback"
    assert (state["status"], state["next_step"], state["error"]) == ("waiting", due, None)
    assert len(state["drafts"]) == CALLING.index(step)
    walker.go_on(ida).check(server)


@both_ways
@pytest.mark.parametrize("step", ["clarify_instructions", "process_feedback"])
def test_who_leaves_amid_the_text_finds_it_whole(server, ida, model, held, step, leave):
    walker = walk_to(ida, step)
    draft = model.next_draft()
    model.script(Reply(text=draft, has_markers=True, gate_after=(6, held)))
    with connected(server) as client:
        client.sendall(due_request(server, ida, walker))
        wait_until(lambda: state_of(ida, walker.app_id)["status"] == "running")
        with listening(server, walker.app_id) as reader:
            reader.wait_for_text("Dear Marta")
            leave(client)
            held.set()
            reader.wait_until_closed()  # the other reader's stream ends normally

    assert state_of(ida, walker.app_id)["drafts"][-1] == draft
    walker.go_on(ida).check(server)


# --- The other endpoints -------------------------------------------------------------------------


@both_ways
def test_a_retry_goes_on_without_its_client(server, ida, model, held, leave):
    walker = walk_to(ida, "clarify_instructions")
    model.script(error(401, "No such key."), Reply(text=model.next_draft(), gate=held))
    endpoint, data = walker.inputs_for(state_of(ida, walker.app_id))
    assert ida.put(f"/api/applications/{walker.app_id}/{endpoint}/", json=data).status_code == 502
    model.received.clear()
    with connected(server) as client:
        client.sendall(request(server, "POST", f"{walker.app_id}/retry/"))
        wait_until(lambda: model.received)
        leave(client)
    held.set()
    walker.go_on(ida).check(server, failures=1)


@both_ways
def test_a_stop_is_done_or_not_begun(server, ida, model, held, leave):
    walker = walk_to_a_held_run(ida, model, held)
    with connected(server) as client:
        client.sendall(request(server, "POST", f"{walker.app_id}/cancel/"))
        leave(client)
    stopped = ida.post(f"/api/applications/{walker.app_id}/cancel/")

    assert stopped.status_code in (200, 409)  # stopped now, or before
    state = state_of(ida, walker.app_id)
    assert (state["status"], state["error"]["code"]) == ("failed", "cancelled")
    held.set()
    # It is stopped twice if the first request arrives last.
    walker.go_on(ida, another_may_be_first=True, was_stopped=True)
    assert walker.continued in (1, 2)
    walker.check(server, failures=walker.continued)


@both_ways
def test_a_deletion_is_done_or_not_begun(server, ida, model, held, leave):
    walker = walk_to_a_held_run(ida, model, held)
    with connected(server) as client:
        client.sendall(request(server, "DELETE", f"{walker.app_id}/"))
        leave(client)
    assert ida.delete(f"/api/applications/{walker.app_id}/").status_code in (204, 404)
    held.set()

    wait_until(lambda: ida.get(f"/api/applications/{walker.app_id}/").status_code == 404)
    for table in ("step", "modelcall"):
        orphans = "application_id NOT IN (SELECT id FROM assistant_app_application)"
        assert server.rows(f"SELECT count(*) FROM assistant_app_{table} WHERE {orphans}") == [(0,)]


@both_ways
def test_a_creation_is_done_or_not_begun_and_may_be_repeated(server, ida, leave):
    app_id = str(uuid.uuid4())
    with connected(server) as client:
        client.sendall(request(server, "POST", "", {"app_id": app_id}))
        leave(client)

    assert ida.post("/api/applications/", json={"app_id": app_id}).status_code in (200, 201)
    assert state_of(ida, app_id)["version"] == 0


def sockets_of(pid):
    links = [os.path.join(f"/proc/{pid}/fd", name) for name in os.listdir(f"/proc/{pid}/fd")]
    return sum(os.path.realpath(link).rpartition("/")[2].startswith("socket:") for link in links)


def clients_of(server):
    """Return how many client connections the server has open."""
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    rows = [line.split() for line in lines]  # uses local address, state and inode
    ours = [row for row in rows if row[1].endswith(f":{server.port:04X}") and row[3] != LISTENS]
    return sum(row[9] != "0" for row in ours)


LISTENS = "0A"
READERS = 20
POOL = 8  # database connections that the server may have opened meanwhile and keeps


@both_ways
def test_readers_who_leave_leave_nothing_behind(server, ida, model, held, leave):
    walker = walk_to_a_held_run(ida, model, held)
    clients_before, sockets_before = clients_of(server), sockets_of(server.worker_pid)
    clients = [socket.create_connection(("127.0.0.1", server.port), timeout=DEADLINE) for _ in range(READERS)]
    for client in clients:
        client.sendall(request(server, "GET", f"{walker.app_id}/events/"))
        client.recv(1)
    assert clients_of(server) >= READERS
    for client in clients:
        leave(client)
    wait_until(lambda: clients_of(server) <= clients_before)
    wait_until(lambda: sockets_of(server.worker_pid) <= sockets_before + POOL)

    held.set()
    walker.go_on(ida).check(server)
