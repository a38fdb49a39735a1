"""The event stream over HTTP: every reader gets the draft while it is written, from any moment on."""

import json
import os
import threading
from contextlib import ExitStack

import pytest
from django.conf import settings
from jsonschema import Draft202012Validator

from tests.model_server import ModelServer, Reply, error
from tests.real_server import RealServer, wait_until
from tests.server.conftest import new_email, send_input, state_of
from tests.server.streaming import begin_input, events_path, events_url, listening, text_of
from tests.server.test_metrics import metrics_of

pytestmark = pytest.mark.server

SHOWN_FIRST = "60 ship"
# Text that a letter may contain, split like a model may do it; the gate is after the second piece.
PIECES = [
    "Dear Marta,\n\n",
    f"  {SHOWN_FIRST} <script>alert('today')</script> & ",
    '"36" on 10 December. 🚚',
    "\r\ndata: no field\nevent: end\nid: 9-9\n\n: no comment\r",
    "  &lt;b&gt;\n\n",
    "Ida",
]


@pytest.fixture(scope="module")
def only_model():
    with ModelServer() as model:
        yield model


@pytest.fixture(scope="module")
def server(only_model):
    env = {
        "RUNNER_DB_THREADS": "2",  # each opens a connection at its first use, which may be late
        "MAX_STREAMS_PER_PERSON": "0",  # hundreds of readers are one person here
    }
    with RealServer(model=only_model, postgresql=not settings.IS_SQLITE, env=env) as server:
        yield server


@pytest.fixture
def model(only_model):
    only_model.received.clear()
    only_model.standing = Reply(has_markers=True, chunks=PIECES)
    return only_model


@pytest.fixture
def held(model):
    """A gate that blocks the model in the middle of the draft until it is set."""
    gate = threading.Event()
    model.standing = Reply(has_markers=True, chunks=PIECES, gate_after=(2, gate))
    yield gate
    gate.set()


@pytest.fixture
def ida(server):
    with server.client() as client:
        yield client


@pytest.fixture
def app_id(ida):
    return new_email(ida)


def draft_of(ida, app_id):
    return state_of(ida, app_id)["drafts"][-1]


def test_the_draft_is_told_while_it_is_written_and_is_what_is_stored(server, ida, app_id, held):
    answer = begin_input(ida, app_id)
    assert answer.headers["Location"] == events_url(server, app_id)
    with listening(server, app_id) as reader:
        reader.wait_for_text(SHOWN_FIRST)
        assert "36" not in reader.text
        held.set()
        reader.wait_until_closed()

    assert reader.text == draft_of(ida, app_id) == "".join(PIECES)
    assert reader.has_ended
    assert reader.state == {"version": 3, "status": "waiting", "next_step": "process_feedback"}


def test_the_answer_is_an_event_stream_that_nothing_keeps(server, ida, app_id, model):
    send_input(ida, app_id)
    with listening(server, app_id) as reader:
        reader.wait_until_closed()

    assert reader.response.headers["Content-Type"].startswith("text/event-stream")
    assert reader.response.headers["Cache-Control"] == "private, no-store"
    assert reader.comments  # sent at once, so that the headers are sent


def test_every_event_is_as_the_schema_describes_it(server, ida, app_id, model, held):
    described = ida.get("/api/schema/", headers={"Accept": "application/json"}).json()["components"]
    any_event = Draft202012Validator({"$ref": "#/components/schemas/Event", "components": described})
    begin_input(ida, app_id)
    with listening(server, app_id) as early:
        early.wait_for_text(SHOWN_FIRST)
        with listening(server, app_id) as late:
            late.wait_for_text(SHOWN_FIRST)
            held.set()
            late.wait_until_closed()
        early.wait_until_closed()
    failed = new_email(ida)
    model.standing = error(401, "No such key.")
    send_input(ida, failed)
    with listening(server, failed) as third:
        third.wait_until_closed()

    told = [*early.told, *late.told, *third.told]
    assert {event.name for event in told} == {"step", "token", "draft", "error", "state", "end"}
    for event in told:
        any_event.validate({"event": event.name, "id": event.id, "data": json.dumps(event.data)})
        data = described["schemas"][f"{event.name.title()}Event"]["properties"]["data"]["contentSchema"]
        Draft202012Validator(data | {"additionalProperties": False}).validate(event.data)


def test_ids_only_grow(server, ida, app_id, held):
    begin_input(ida, app_id)
    with listening(server, app_id) as reader:
        reader.wait_for_text(SHOWN_FIRST)
        held.set()
        reader.wait_until_closed()

    keys = [event.key for event in reader.told[:-1]]
    assert keys == sorted(set(keys))
    assert reader.told[-1].key == keys[-1]  # the end event has no new id


def test_two_readers_are_told_the_same(server, ida, app_id, held):
    begin_input(ida, app_id)
    with listening(server, app_id) as first, listening(server, app_id) as second:
        first.wait_for_text(SHOWN_FIRST)
        second.wait_for_text(SHOWN_FIRST)
        held.set()
        first.wait_until_closed()
        second.wait_until_closed()

    assert first.text == second.text == draft_of(ida, app_id)


def test_who_comes_late_gets_the_text_so_far_in_one_piece(server, ida, app_id, held):
    begin_input(ida, app_id)
    with listening(server, app_id) as early:
        early.wait_for_text(SHOWN_FIRST)
        with listening(server, app_id) as late:
            late.wait_for_text(SHOWN_FIRST)
            assert [event.name for event in late.told if event.name in ("draft", "token")] == ["draft"]
            held.set()
            late.wait_until_closed()

    assert late.text == draft_of(ida, app_id)


def test_who_comes_back_goes_on_where_they_were(server, ida, app_id, held):
    begin_input(ida, app_id)
    with listening(server, app_id) as before:
        before.wait_for_text(SHOWN_FIRST)
    with listening(server, app_id, before.last_id) as after:
        held.set()
        after.wait_until_closed()

    assert text_of(before.told + after.told) == draft_of(ida, app_id)
    assert "draft" not in {event.name for event in after.told}
    assert not {event.id for event in before.told} & {event.id for event in after.told}


@pytest.mark.parametrize("unknown", ["0-1", "2-999", "999-1", "nonsense", "²-1", "-1", ""])
def test_an_unknown_id_gets_the_whole_text(server, ida, app_id, held, unknown):
    begin_input(ida, app_id)
    with listening(server, app_id) as first:
        first.wait_for_text(SHOWN_FIRST)
    with listening(server, app_id, unknown.encode()) as reader:
        reader.wait_for_text(SHOWN_FIRST)
        held.set()
        reader.wait_until_closed()

    assert "draft" in {event.name for event in reader.told}
    assert reader.text == draft_of(ida, app_id)


def test_a_finished_email_tells_how_it_stands_and_ends(server, ida, app_id, model):
    send_input(ida, app_id)
    ida.put(f"/api/applications/{app_id}/process_feedback/", json={"feedback": ""})
    for last_event_id in (None, "999-1", "3-1"):
        with listening(server, app_id, last_event_id) as reader:
            reader.wait_until_closed()
        assert reader.state["status"] == "finished"
        assert reader.has_ended


def test_an_email_that_was_never_sent_ends_at_once(server, app_id):
    with listening(server, app_id) as reader:
        reader.wait_until_closed()

    assert reader.state == {"version": 0, "status": "waiting", "next_step": "process_input"}
    assert reader.has_ended


def test_the_stream_refuses_everyone_but_the_owner(server, app_id):
    assert server.get(events_path(app_id)).status_code == 401
    foreign = server.get(events_path(app_id), headers={"Authorization": "Token nonsense"})
    assert foreign.status_code == 401


# --- One path ------------------------------------------------------------------------------------


def what_was_recorded(server, app_id):
    """Return the steps and model calls of an email, without ids and times."""
    is_it = f"application_id = '{app_id if not settings.IS_SQLITE else app_id.replace('-', '')}'"
    steps = server.rows(
        "SELECT sequence_id, base, position, status, changes, error_code FROM assistant_app_step"
        f" WHERE {is_it} ORDER BY sequence_id"
    )
    calls = server.rows(
        "SELECT sequence_id, purpose, reply, attempts, error_code FROM assistant_app_modelcall"
        f" WHERE {is_it} ORDER BY id"
    )
    assert steps
    assert calls
    return steps, calls


def what_is_told_afterwards(server, app_id):
    with listening(server, app_id) as reader:
        reader.wait_until_closed()
    return [(event.name, event.data) for event in reader.told]


def streamed(server, ida, app_id):
    begin_input(ida, app_id)
    with listening(server, app_id) as reader:
        reader.wait_until_closed()


def unwatched(server, ida, app_id):
    begin_input(ida, app_id)
    wait_until(lambda: state_of(ida, app_id)["status"] != "running")
    wait_until(lambda: metrics_of(server)["leases_held",] == 0)  # its last event comes after its last save


def waited_for(server, ida, app_id):
    send_input(ida, app_id)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(has_markers=True, chunks=PIECES),
        error(401, "No such key."),
        Reply(chunks=PIECES, finish_reason="length"),
    ],
    ids=["a draft", "a refusal", "a cut-off draft"],
)
def test_sync_async_and_streamed_submits_are_recorded_alike(server, ida, model, reply):
    model.standing = reply
    recorded, told = [], []
    for submit in (waited_for, unwatched, streamed):
        submit(server, ida, app_id := new_email(ida))
        recorded.append(what_was_recorded(server, app_id))
        told.append(what_is_told_afterwards(server, app_id))

    assert recorded[0] == recorded[1] == recorded[2]
    assert told[0] == told[1] == told[2]


def test_a_failure_is_told_with_the_code_that_a_waiting_client_gets(server, ida, model):
    model.standing = error(401, "No such key.")
    waited = send_input(ida, new_email(ida)).json()
    begin_input(ida, app_id := new_email(ida))
    with listening(server, app_id) as reader:
        reader.wait_until_closed()

    failure = next(event.data for event in reader.told if event.name == "error")
    assert failure == {"code": waited["code"], "message": waited["message"]}
    assert (reader.state["status"], reader.state["next_step"]) == ("failed", "process_input")
    assert reader.has_ended


# --- The server's side ---------------------------------------------------------------------------


def test_readers_are_sent_elsewhere_when_the_server_stops(model, held):
    with RealServer(model=model, postgresql=not settings.IS_SQLITE) as server:
        with server.client() as ida:
            begin_input(ida, app_id := new_email(ida))
        with listening(server, app_id) as reader:
            reader.wait_for_text(SHOWN_FIRST)
            server.begin_stop()
            reader.wait_until_closed()
            assert not reader.has_ended
        held.set()
        assert server.process.wait(60) == 0
        assert server.rows("SELECT status FROM assistant_app_application") == [("waiting",)]


def threads_of(pid):
    return len(os.listdir(f"/proc/{pid}/task"))


def test_hundreds_of_idle_readers_cost_neither_threads_nor_connections(server, ida, app_id, held):
    begin_input(ida, app_id)
    pid = server.worker_pid
    with ExitStack() as stack:

        def let_in(count):
            readers = [stack.enter_context(listening(server, app_id)) for _ in range(count)]
            for reader in readers:
                reader.wait_for_text(SHOWN_FIRST)
            return readers, threads_of(pid), server.database.connections_of(pid)

        _, threads_of_ten, connections_of_ten = let_in(10)
        readers, threads, connections = let_in(290)
        print(f"10 readers: {threads_of_ten} threads, {connections_of_ten} database connections;")
        print(f"300 readers: {threads} threads, {connections} database connections.")
        assert threads <= threads_of_ten + 20
        assert connections <= connections_of_ten + 2
        held.set()
        assert {reader.wait_until_closed().text for reader in readers} == {"".join(PIECES)}
