"""Which source a reader uses: live events start late, stop early, and come back."""

import asyncio
import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from assistant_app.engine.poller import Poller
from assistant_app.events.log import Event, Log, name_run
from assistant_app.events.reader import Reader
from assistant_app.models import Application

APP_ID = uuid.uuid4()
CREATED_AT = timezone.now()


def row(version, status="running", lease=timedelta(minutes=1), token=None, created_at=CREATED_AT):
    now = timezone.now()
    running = status == "running"
    row = Application(
        pk=APP_ID,
        version=version,
        created_at=created_at,
        lease_token=token if status == "running" else None,
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
    monkeypatch.setattr("assistant_app.engine.poller.POLL_SECONDS", 0.01)
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


# --- Text of an earlier run -----------------------------------------------------------------------

FIRST, SECOND = uuid.uuid4(), uuid.uuid4()
OLD = Event(2, 3, "token", {"text": "Old"})
LATE = Event(2, 4, "token", {"text": " and late"})
BLANK = {"text": ""}


def of_run(lease, *events):
    """Return the events as the run with this lease writes them."""
    return [replace(event, run=name_run(row(0), lease)) for event in events]


def logged(lease, *events):
    log = Log()
    for event in of_run(lease, *events):
        log.append(event)
    return log


def texts(told):
    return [event.data["text"] for event in told if event.kind in ("token", "draft")]


def test_a_reader_of_a_run_that_was_taken_over_elsewhere_is_told_no_late_text():
    log = logged(FIRST, step_done(2), state(2), OLD)

    def taken_over():
        log.append(*of_run(FIRST, LATE))  # its process has not noticed yet
        return row(3, token=SECOND)

    rows = [row(2, token=FIRST), row(2, token=FIRST), taken_over, row(3, token=SECOND), row(4, "waiting")]
    told = read(row(2, token=FIRST), Database(*rows), log)

    assert texts(told) == ["Old", ""]
    assert (told[-1].key, told[-1].is_last) == ((4, 2), True)


def test_a_reader_of_a_run_that_was_stopped_elsewhere_is_told_its_end(monkeypatch):
    monkeypatch.setattr("assistant_app.events.reader.PATIENCE_SECONDS", 0.05)
    log = logged(FIRST, step_done(2), state(2), OLD)
    told = read(row(2, token=FIRST), Database(row(2, token=FIRST), row(3, "waiting")), log)

    assert texts(told) == ["Old", ""]
    assert (told[-1].key, told[-1].is_last) == ((3, 2), True)


def test_a_reader_who_reads_slowly_is_told_the_last_words_of_a_run_that_ended(monkeypatch):
    monkeypatch.setattr("assistant_app.events.reader.PATIENCE_SECONDS", 0)
    log = logged(FIRST, step_done(2), state(2), OLD)

    def ended():
        for event in of_run(FIRST, LATE, step_done(3), state(3, "waiting")):
            log.append(event)
        return row(3, "waiting")

    told = read(row(2, token=FIRST), Database(row(2, token=FIRST), ended, row(3, "waiting")), log)

    assert texts(told) == ["Old", " and late"]


@pytest.mark.parametrize("after", ["2-3", "nonsense", "9-9"])
def test_who_may_have_text_of_an_earlier_run_begins_anew(after):
    claimed = (step_done(5), state(5), Event(5, 3, "token", {"text": "New"}), state(6, "waiting"))
    told = read(row(5, token=SECOND), Database(row(5, token=SECOND)), logged(SECOND, *claimed), after)

    replaced = next(position for position, event in enumerate(told) if event.kind == "draft")
    assert texts(told[replaced:]) == ["New"]
    assert not texts(told[:replaced])


def test_who_has_text_of_an_earlier_run_begins_anew_without_live_events():
    told = read(row(5, token=SECOND), Database(row(5, token=SECOND), row(6, "waiting")), after="2-3")

    assert told[0].data == BLANK
    assert [event.kind for event in told[1:]] == ["step", "state", "step", "state"]


def test_the_log_of_a_deleted_email_says_nothing_of_a_new_one_with_its_id():
    ended = (step_done(2), state(2), OLD, step_done(3), state(3, "waiting"))
    later = CREATED_AT + timedelta(seconds=1)
    new = row(2, token=SECOND, created_at=later)
    told = read(new, Database(new, row(3, "waiting", created_at=later)), logged(FIRST, *ended))

    assert not texts(told)


def test_a_reader_of_a_deleted_email_does_not_follow_a_new_one_with_its_id():
    new = row(1, token=SECOND, created_at=CREATED_AT + timedelta(seconds=1))
    log = logged(FIRST, step_done(2), state(2), OLD)
    told = read(row(2, token=FIRST), Database(row(2, token=FIRST), new), log)

    assert told[-1].data["code"] == "not_found"
    assert {event.version for event in told} == {2, 0}
