"""The live events of a run from memory, Redis and the database, without gaps or duplicates."""

import asyncio
import threading
import uuid
from contextlib import contextmanager
from dataclasses import replace

import pytest
import redis
from django.conf import settings as django_settings

from assistant_app import operations
from assistant_app.engine.runner import Runner, runner
from assistant_app.engine.writer import Writer
from assistant_app.errors import AssistantError, Cancelled
from assistant_app.events import following
from assistant_app.events.log import Event, Log, catch_up, latest_run, parse_id
from assistant_app.events.publisher import Publisher, publisher
from assistant_app.events.shared import SharedLogs, SharedReader, connect, key_of
from assistant_app.operations import answering
from tests.own_redis import OwnRedis
from tests.real_server import wait_until
from tests.services import needs_redis_server

STARTED = Event(2, 3, "step", {"position": "formulate_draft", "phase": "started"})
TOKENS = [Event(2, 4, "token", {"text": "Dear "}), Event(2, 5, "token", {"text": "Marta"})]
ENDED = Event(3, 2, "state", {"version": 3, "status": "waiting", "next_step": "process_feedback"})


def test_who_saw_an_event_goes_on_behind_it():
    assert catch_up([STARTED, *TOKENS, ENDED], (2, 4)) == [TOKENS[1], ENDED]


def test_who_comes_late_gets_the_text_so_far_in_one_piece():
    assert catch_up([STARTED, *TOKENS], None) == [STARTED, Event(2, 5, "draft", {"text": "Dear Marta"})]


def test_an_unknown_id_gets_the_text_so_far_too():
    assert catch_up([STARTED, *TOKENS], (1, 7))[-1].data == {"text": "Dear Marta"}


def test_the_text_of_an_earlier_draft_is_not_told_again():
    again = Event(5, 1, "step", {"position": "formulate_draft", "phase": "started"})
    assert catch_up([STARTED, *TOKENS, ENDED, again], None) == [again]


def step(version, phase, position="formulate_draft", n=1, run=None):
    return Event(version, n, "step", {"position": position, "phase": phase}, run)


def state(version, status, run=None):
    return Event(version, 2, "state", {"version": version, "status": status, "next_step": None}, run)


CLAIMED = [step(6, "done", "process_feedback"), state(6, "running")]
EARLIER_RUNS = {
    "that ended": [step(5, "done"), state(5, "waiting")],
    "that failed": [Event(5, 1, "error", {"code": "model_timeout", "message": ""}), state(5, "failed")],
    "that died": [],
}


@pytest.mark.parametrize("end", EARLIER_RUNS.values(), ids=EARLIER_RUNS)
@pytest.mark.parametrize("names", [("one", "two"), (None, None), (None, "two"), ("one", None)])
@pytest.mark.parametrize("after", [None, (4, 4), (5, 2), (9, 9)])
def test_between_claim_and_first_step_nothing_of_an_earlier_run_is_told(end, names, after):
    earlier = [step(4, "started", n=3), Event(4, 4, "token", {"text": "Old"}), *end]
    stream = [replace(event, run=names[0]) for event in earlier]
    stream += [replace(event, run=names[1]) for event in CLAIMED]
    assert catch_up(stream, after) == CLAIMED


def test_a_step_of_the_same_run_does_not_begin_anew():
    stream = [*CLAIMED, step(6, "started", "look_up", n=3), step(7, "done", "look_up"), state(7, "running")]
    assert latest_run(stream) == stream


def test_a_copy_in_short_can_be_shortened_again():
    short = catch_up([STARTED, *TOKENS], None)
    later = Event(2, 6, "token", {"text": "!"})
    assert catch_up([*short, later], None)[-1] == Event(2, 6, "draft", {"text": "Dear Marta!"})


@pytest.mark.parametrize(
    "text", ["", None, "x", "1", "1-", "-1", "1-2-3", "²-1", "1" * 5000 + "-1", "1-" + "1" * 21]
)
def test_what_is_no_id_of_ours_is_none(text):
    assert parse_id(text) is None


def read_all(row, last_event_id=None, deadline=20):
    """Follow a run to its end, in a separate event loop; return the events."""

    async def read():
        async with asyncio.timeout(deadline):
            return [event async for event in following.follow(row, last_event_id) if event is not None]

    return asyncio.run(read())


def text_of(events):
    text = ""
    for event in events:
        if event.kind == "draft":
            text = event.data["text"]
        elif event.kind == "token":
            text += event.data["text"]
    return text


DRAFT = ["Dear Marta,\n\n", "  60 ship <b>today</b> & ", "“36” on 10 December. 🚚", "\r\ndata: x\n", "Ida"]


def begin_draft(person, model):
    """Start a run whose model waits in the middle of its draft; return the run and the gate."""
    model.will_write(["<reply>", *DRAFT[:2], gate := threading.Event(), *DRAFT[2:]])
    run = person.begin("process_input", {"email_to_respond": "Hello", "response_instructions": "Yes"})
    model.wait_until_asked("draft")
    return run, gate


def read_opening(row, gate):
    """Follow a run to its end; open the model's gate once the text before it was read."""

    async def read():
        events = []
        async for event in following.follow(row, None):
            if event is not None:
                events.append(event)
            if "60 ship" in text_of(events):
                gate.set()
        return events

    return asyncio.run(asyncio.wait_for(read(), 20))


@pytest.mark.django_db(transaction=True)
class TestARun:
    def test_is_told_from_the_first_step_to_the_state(self, person, model):
        run, gate = begin_draft(person, model)
        gate.set()
        row = run.ended.result(10).row
        events = publisher.log_of(row.pk).events
        told = [(event.kind, event.data.get("position"), event.data.get("phase")) for event in events]
        assert [each for each in told if each[0] == "step"] == [
            ("step", "process_input", "done"),
            ("step", "determine_clarifications", "started"),
            ("step", "determine_clarifications", "done"),
            ("step", "formulate_draft", "started"),
            ("step", "formulate_draft", "done"),
        ]
        assert text_of(events) == row.state["current_draft"]
        assert events[-1].data == {
            "version": row.version,
            "status": "waiting",
            "next_step": "process_feedback",
        }

    def test_has_ids_that_only_grow(self, person, model):
        run, gate = begin_draft(person, model)
        gate.set()
        keys = [event.key for event in publisher.log_of(run.ended.result(10).row.pk).events]
        assert keys == sorted(set(keys))

    def test_is_followed_while_it_goes_on(self, person, model):
        run, gate = begin_draft(person, model)
        row = person.row
        events = read_opening(row, gate)

        assert text_of(events) == run.ended.result(10).row.state["current_draft"]

    def test_ends_with_its_error(self, person, model):
        model.will_write(["<reply>Dear ", AssistantError("Odd.")])
        person.fails_at("process_input", email_to_respond="a", response_instructions="b")
        events = publisher.log_of(person.app_id).events
        assert (events[-2].kind, events[-2].data["message"]) == ("error", "Odd.")
        assert (events[-1].data["status"], events[-1].data["next_step"]) == ("failed", "process_input")

    def test_that_is_stopped_during_its_last_save_is_told_to_its_end(self, person, model, monkeypatch):
        save, saving, go_on = Writer.save, threading.Event(), threading.Event()

        def held(self, partition_key, app_id, sequence_id, position, *rest):
            if position == "formulate_draft":
                saving.set()
                go_on.wait(30)
            save(self, partition_key, app_id, sequence_id, position, *rest)

        monkeypatch.setattr(Writer, "save", held)
        model.will_write(DRAFT)
        run = person.begin("process_input", {"email_to_respond": "Hello", "response_instructions": "Yes"})
        assert saving.wait(30)
        runner.stop(run.lease, Cancelled())
        wait_until(lambda: run.stop_reason)
        go_on.set()
        outcome = run.ended.result(30)
        events = publisher.log_of(person.app_id).events
        assert outcome.error is None
        assert text_of(events) == outcome.row.state["current_draft"]
        assert events[-1].is_last

    def test_that_is_over_is_told_by_its_state(self, person):
        person.give_input()
        publisher._logs.clear()
        events = read_all(person.row)
        assert events[-1].data == {"version": 3, "status": "waiting", "next_step": "process_feedback"}

    def test_of_another_process_is_told_by_the_database(self, person, model, monkeypatch):
        run, gate = begin_draft(person, model)
        read_as_another_process(monkeypatch)
        row = person.row
        gate.set()
        events = read_all(row)
        assert events[-1].data["status"] == "waiting"
        assert run.ended.result(10).error is None

    def test_that_was_deleted_ends_its_readers(self, person, model):
        _run, gate = begin_draft(person, model)
        row = person.row
        operations.delete(actor=person.user, app_id=person.app_id)
        gate.set()
        assert read_all(row)[-1].data["code"] == "not_found"

    def test_whose_process_died_is_told_as_failed(self, person, model, monkeypatch, expire_lease):
        _run, gate = begin_draft(person, model)
        read_as_another_process(monkeypatch)
        expire_lease(person.app_id)
        events = read_all(person.row)
        assert [event.kind for event in events] == ["error", "state"]
        assert (events[0].data["code"], events[1].data["status"]) == ("interrupted", "failed")
        gate.set()


def read_as_another_process(monkeypatch):
    """Hide the live events from readers, as in a process that does not run the application."""
    monkeypatch.setattr(following, "publisher", Publisher())


@contextmanager
def runs_elsewhere(monkeypatch, model):
    """Run applications with a separate runner and publisher, so that readers are in another process."""
    sender, its_publisher = Runner(), Publisher()
    sender.client = model
    sender.listening = [its_publisher.narrator]
    sender.at_drain = [its_publisher.aclose]
    monkeypatch.setattr(answering, "runner", sender)
    read_as_another_process(monkeypatch)
    yield sender
    sender.shutdown()


@pytest.fixture(scope="module")
def own_redis():
    with OwnRedis() as redis:
        yield redis


@pytest.fixture
def with_redis(settings, monkeypatch, model, own_redis):
    """A runner that writes to Redis and readers that read from it, like two processes."""
    settings.REDIS_URL = own_redis.url
    with runs_elsewhere(monkeypatch, model) as sender:
        yield sender


@needs_redis_server
@pytest.mark.django_db(transaction=True)
class TestThroughRedis:
    def test_a_reader_elsewhere_sees_every_piece_once(self, with_redis, person, model):
        run, gate = begin_draft(person, model)
        row = person.row
        events = read_opening(row, gate)
        assert text_of(events) == run.ended.result(10).row.state["current_draft"]
        assert len({event.key for event in events}) == len(events)

    def test_a_reader_who_drops_ten_times_misses_nothing(self, with_redis, person, model):
        pieces = [f"word{number} " for number in range(200)]
        gates = [threading.Event() for _ in range(10)]
        script = ["<reply>"]
        for number, gate in enumerate(gates):
            script += [*pieces[number * 20 : number * 20 + 20], gate]
        model.will_write(script)
        run = person.begin("process_input", {"email_to_respond": "Hello", "response_instructions": "Yes"})
        model.wait_until_asked("draft")
        row, last, events = person.row, None, []

        async def read_until(wanted):
            async for event in following.follow(row, last):
                if event is not None:
                    events.append(event)
                if wanted in text_of(events):
                    return  # the space after the last word comes with the next word

        for number, gate in enumerate(gates):
            asyncio.run(asyncio.wait_for(read_until(pieces[number * 20 + 19].strip()), 20))
            last = events[-1].id
            gate.set()
        events += read_all(row, last)
        assert text_of(events).strip() == run.ended.result(10).row.state["current_draft"]
        tokens = [event.key for event in events if event.kind == "token"]
        assert tokens == sorted(set(tokens))

    def test_a_run_that_lost_its_lease_cannot_write_behind_its_successor(self, with_redis, own_redis, person):
        person.give_input()
        row = person.row
        with redis.Redis.from_url(own_redis.url) as client:
            wait_until(lambda: client.xrange(key_of(row.pk), min=f"{row.version}-1"))  # in the background
            with pytest.raises(redis.ResponseError):
                client.xadd(key_of(row.pk), {"kind": "token", "data": "{}"}, id=f"{row.version}-0")

    def test_what_a_deleted_email_left_is_not_told_of_a_new_one_with_its_id(
        self, with_redis, own_redis, settings, person, model
    ):
        model.will_write(["Secret ", "words"])
        version = person.give_input().version
        with redis.Redis.from_url(own_redis.url) as client:
            wait_until(lambda: client.xrange(key_of(person.app_id), min=f"{version}-2"))
        settings.REDIS_URL = ""  # away, so that nothing is deleted there
        operations.delete(actor=person.user, app_id=person.app_id)
        settings.REDIS_URL = own_redis.url
        operations.create(actor=person.user, app_id=person.app_id)
        run, gate = begin_draft(person, model)
        row = person.row
        gate.set()
        for last_event_id in (None, "2-4", f"{version}-1"):
            assert text_of(read_all(row, last_event_id)) == ""
        assert run.ended.result(10).error is None

    def test_what_is_kept_is_bounded_and_expires(self, with_redis, own_redis, person):
        person.give_input()
        with redis.Redis.from_url(own_redis.url) as client:
            wait_until(lambda: client.ttl(key_of(person.app_id)) > 0)  # written in the background
            assert client.ttl(key_of(person.app_id)) <= 3600


@needs_redis_server
def test_a_run_that_began_while_redis_was_away_is_written_whole(own_redis):
    app_id, first, second = uuid.uuid4(), Log(), Log()
    ended = [replace(event, run="one") for event in (STARTED, *TOKENS, ENDED)]
    claimed = [*CLAIMED, step(6, "started", n=3), Event(6, 4, "token", {"text": "New "})]

    def write(shared, log, events):
        for event in events:
            log.append(event)
            shared.add(app_id, log, event)

    async def stream():
        own_redis.kill()
        shared = SharedLogs(own_redis.url)
        write(shared, first, ended)
        while not shared._unsure:
            await asyncio.sleep(0.01)
        write(shared, second, [replace(event, run="two") for event in claimed])
        own_redis.start()
        client = connect(own_redis.url)
        try:
            async with asyncio.timeout(20):
                while not (events := await SharedReader(client, app_id).all()):
                    await asyncio.sleep(0.01)
            return events
        finally:
            await shared.aclose()
            await client.aclose()

    told = catch_up(asyncio.run(stream()), None)
    assert (told[-1].kind, told[-1].data) == ("draft", {"text": "New "})
    assert {event.run for event in told} == {"two"}


@pytest.mark.django_db(transaction=True)
def test_without_redis_in_mid_run_the_run_finishes_and_readers_get_the_state(
    settings, monkeypatch, person, model
):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"  # no server listens there
    with runs_elsewhere(monkeypatch, model):
        row = person.give_input()
        assert read_all(row)[-1].data["status"] == "waiting"


@needs_redis_server
def test_an_empty_redis_has_no_events(own_redis):

    async def read():
        client = connect(own_redis.url)
        try:
            return await SharedReader(client, uuid.uuid4()).all()
        finally:
            await client.aclose()

    assert asyncio.run(read()) == []
    assert django_settings.REDIS_URL == ""
