"""Which source a reader uses: live events start late, stop early, and come back."""

import asyncio
import uuid
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from assistant_app.events.log import Event, Log
from assistant_app.events.poller import Poller
from assistant_app.events.reader import Reader
from assistant_app.models import Application

APP_ID = uuid.uuid4()


def row(version, status="running", lease=timedelta(minutes=1)):
    now = timezone.now()
    running = status == "running"
    row = Application(
        pk=APP_ID,
        version=version,
        status=status,
        position="determine_clarifications",
        next_step="process_input",
        lease_expires_at=now + lease if running else None,
    )
    row.read_at = now
    return row


def step_done(version):
    return Event(version, 1, "step", {"position": "determine_clarifications", "phase": "done"})


def state(version, status="running"):
    return Event(version, 2, "state", {"version": version, "status": status, "next_step": None})


class Database:
    """Returns the next of these rows at each poll, and the last one from then on."""

    def __init__(self, *rows):
        self.rows = list(rows)
        self.looks = 0

    async def run(self, function):
        found = self.rows.pop(0) if len(self.rows) > 1 else self.rows[0]
        self.looks += 1
        if callable(found):
            found = found()
        return {found.pk: found} if found else {}


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr("assistant_app.events.poller.POLL_SECONDS", 0.01)
    monkeypatch.setattr("assistant_app.events.reader.LOOK_SECONDS", 0.05)


def read(known, database, log=None, after=None):
    """Follow a row until the reader ends; return its events."""

    async def follow():
        reader = Reader(
            known,
            after,
            log_of=lambda _: log,
            shared=None,
            poller=Poller(database),
            is_stopping=lambda: False,
        )
        async with asyncio.timeout(20):
            return [event async for event in reader.follow() if event is not None]

    return asyncio.run(follow())


def test_a_reader_who_is_ahead_of_the_live_events_is_told_them_when_they_come():
    log = Log()
    for event in (step_done(1), state(1)):
        log.append(event)
    token = Event(2, 3, "token", {"text": "Dear"})

    def catch_up():
        for event in (step_done(2), state(2), token, step_done(3), state(3, "waiting")):
            log.append(event)
        return row(2)

    told = read(row(2), Database(row(2), catch_up, row(2)), log)

    assert token in told
    assert told[-1] == state(3, "waiting")
    assert [event.key for event in told] == sorted({event.key for event in told})


def test_what_a_run_says_last_is_told_although_it_ends_while_the_reader_looks():
    token = Event(2, 3, "token", {"text": "Dear"})

    class Ending(Log):
        """Gets its last events, and closes, at the moment when `closed` is read."""

        @property
        def closed(self):
            self.events = [step_done(2), state(2), token, step_done(3), state(3, "waiting")]
            return True

        @closed.setter
        def closed(self, value):
            self.events = [step_done(2), state(2)]

    told = read(row(2), Database(row(3, "waiting")), Ending())

    assert told == [step_done(2), state(2), token, step_done(3), state(3, "waiting")]


def test_a_row_that_was_asked_for_before_the_reader_came_is_no_news():
    told = read(row(4), Database(row(3, "waiting"), row(5, "waiting")))

    assert {event.version for event in told} == {5}


def test_who_comes_during_a_look_is_not_told_that_the_email_is_gone():

    async def follow():
        asked, answered = asyncio.Event(), asyncio.Event()

        class Slow:
            async def run(self, function):
                asked.set()
                await answered.wait()
                return {}

        poller = Poller(Slow())
        with poller.watch(uuid.uuid4()) as first:
            await asked.wait()
            with poller.watch(APP_ID) as later:
                answered.set()
                assert await first.get() is None
                return later.empty()

    assert asyncio.run(follow())


def test_the_end_of_a_process_that_died_comes_after_what_it_said():
    told = read(row(2), Database(row(2, lease=-timedelta(seconds=1))), after="2-7")

    assert [(event.id, event.kind) for event in told] == [("2-8", "error"), ("2-9", "state")]
    assert told[0].data["code"] == "interrupted"


def test_a_heartbeat_is_given_while_nothing_happens(monkeypatch):
    monkeypatch.setattr("assistant_app.events.reader.HEARTBEAT_SECONDS", 0.05)

    async def first_of_all():
        reader = Reader(
            row(1),
            "1-2",
            log_of=lambda _: None,
            shared=None,
            poller=Poller(Database(row(1))),
            is_stopping=lambda: False,
        )
        async with asyncio.timeout(20):
            return await anext(reader.follow())

    assert asyncio.run(first_of_all()) is None


def test_an_id_of_the_future_is_none_of_ours():
    told = read(row(2, "waiting"), Database(row(2, "waiting")), after="9-1")

    assert told[-1].kind == "state"


@pytest.mark.parametrize("has_log", [True, False])
def test_a_server_that_stops_lets_its_readers_go(has_log):
    log, stopping = Log(), []
    log.append(step_done(1))

    async def follow():
        reader = Reader(
            row(1),
            None,
            log_of=lambda _: log if has_log else None,
            shared=None,
            poller=Poller(Database(row(1))),
            is_stopping=lambda: bool(stopping),
        )
        asyncio.get_running_loop().call_later(0.1, stopping.append, True)
        async with asyncio.timeout(20):
            return [event async for event in reader.follow() if event is not None]

    told = asyncio.run(follow())
    assert told
    assert not any(event.is_last for event in told)


def test_a_database_that_is_away_is_asked_again():
    def away():
        raise OperationalError

    told = read(row(2), Database(away, away, row(3, "waiting")))

    assert told[-1].kind == "state"
