"""Follows one run for one reader, from any source, without gaps or duplicates."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import replace

import redis.asyncio as redis
from redis.exceptions import RedisError

from assistant_app.engine.poller import Poller
from assistant_app.events.log import (
    Event,
    EventId,
    Log,
    are_current,
    begins_run,
    catch_up,
    email_of,
    latest_run,
    parse_id,
    run_of,
)
from assistant_app.events.shared import SharedReader
from assistant_app.models import Application

HEARTBEAT_SECONDS = 10.0
LOOK_SECONDS = 0.5  # how often a waiting reader checks whether the server is stopping
PATIENCE_SECONDS = 2.0  # grace for trailing events after the row says the run ended
EAGER_LOOKS = 4  # first polls that each check for live events; later only one in four does


class Reader:
    """One connection. It remembers the last event it sent, from any source.

    A client appends tokens to the text that it has. So before the first event of another run, a client that
    has text gets an empty `draft`, which replaces it.
    """

    def __init__(
        self,
        row: Application,
        last_event_id: str | None,
        *,
        log_of: Callable[[uuid.UUID], Log | None],
        shared: redis.Redis | None,
        poller: Poller,
        is_stopping: Callable[[], bool],
    ) -> None:
        self._row, self._after = row, parse_id(last_event_id)
        if self._after is not None and self._after[0] > row.version:
            self._after = None  # not an id of this application
        self._has_text = bool(last_event_id)
        self._told: Event | None = None  # the last event that the client has, if it is known
        self._log_of, self._shared, self._poller = log_of, shared, poller
        self._is_stopping = is_stopping
        self._told_at = time.monotonic()
        self._ended = False

    async def follow(self) -> AsyncGenerator[Event | None, None]:
        """Yield events until the run is over or the server stops; None is a heartbeat.

        Live events may start late, stop early and come back: Redis restarts, or another process takes over
        the run. So try the sources in a loop.
        """
        while not self._ended:
            for source in (self._from_memory, self._from_redis, self._from_database):
                async with aclosing(source()) as events:
                    async for event in events:
                        if event is None:
                            if time.monotonic() - self._told_at < HEARTBEAT_SECONDS:
                                continue
                            self._told_at = time.monotonic()
                            yield None
                            continue
                        if self._begins_anew(event):
                            yield Event(event.version, event.n - 1, "draft", {"text": ""}, event.run)
                            self._has_text = False
                        self._remember(event)
                        yield event
                        if event.is_last:
                            return
                if self._is_stopping():
                    return

    def _begins_anew(self, event: Event) -> bool:
        """Return whether the client has text of another run than the event's, or may have."""
        if not self._has_text or event.kind == "draft" or self._ended:
            return False
        if self._told is not None:
            return begins_run(self._told, event)
        return self._after is None or self._after[0] != event.version

    def _remember(self, event: Event) -> None:
        self._told, self._after, self._told_at = event, event.key, time.monotonic()
        if event.kind in ("token", "draft"):
            self._has_text = True

    async def _from_memory(self) -> AsyncGenerator[Event | None]:
        log = self._log_of(self._row.pk)
        if log is None or not are_current(log.events, self._row):
            return
        seen = len(log.events)
        for event in self._missing(log.events[:seen]):
            yield event
        with self._watch_row() as has_moved_on_from:
            while not self._is_stopping() and not has_moved_on_from(log.events):
                is_closed = log.closed  # read first: the last events may come in between
                if len(log.events) > seen:
                    fresh = log.events[seen:]
                    seen += len(fresh)  # not the log's length, which may have grown
                    for event in fresh:
                        yield event
                elif is_closed:
                    return
                else:
                    yield None
                    await log.wait(seen, LOOK_SECONDS)

    async def _from_redis(self) -> AsyncGenerator[Event | None]:
        if self._shared is None:
            return
        reader = SharedReader(self._shared, self._row.pk)
        try:
            events = await reader.all()
            if not are_current(events, self._row):
                return  # these events never reached Redis, have expired, or are of an earlier run
            for event in self._missing(events):
                yield event
            async with aclosing(self._from_redis_after(reader, events[-1].key)) as later:
                async for each in later:
                    yield each
        except (RedisError, OSError):
            return

    async def _from_redis_after(self, reader: SharedReader, last: EventId) -> AsyncGenerator[Event | None]:
        with self._watch_row() as has_moved_on_from:
            while not self._is_stopping():
                fresh = await reader.after(last, LOOK_SECONDS)
                if has_moved_on_from(fresh):
                    return
                for event in fresh:
                    if _is_gap(last, event) or event.email not in (None, email_of(self._row)):
                        return
                    last = event.key
                    yield event
                yield None

    @contextmanager
    def _watch_row(self) -> Iterator[Callable[[list[Event]], bool]]:
        """Watch the row while live events are read. Yield a function that tells whether it has moved on.

        The process that writes them may have lost the run and not noticed yet. Or it was killed, and no last
        event will come.
        """
        over_at: float | None = None
        newest = self._row

        def has_moved_on_from(events: list[Event]) -> bool:
            nonlocal over_at, newest
            if not rows.empty():
                row = rows.get_nowait()
                if row is None or self._is_of_another_email(row):
                    return True
                if self._told is None or row.version >= self._told.version:
                    newest = row
                    over_at = (over_at or time.monotonic()) if _is_over(row) else None
            if self._is_taken_over(newest):
                self._row = newest
                return True
            if over_at is not None and time.monotonic() - over_at > PATIENCE_SECONDS:
                self._row = newest
                return newest.lease_expired or not are_current(events, newest)
            return False

        with self._poller.watch(self._row.pk) as rows:
            yield has_moved_on_from

    def _is_of_another_email(self, row: Application) -> bool:
        """Return whether the email was deleted and a new one got its id."""
        return email_of(row) != email_of(self._row)

    def _is_taken_over(self, row: Application) -> bool:
        """Return whether the row shows a later run than the one that the client was told of."""
        if self._told is None or row.lease_token is None or row.version <= self._told.version:
            return False
        if self._told.run is not None:
            return run_of(row) != self._told.run
        return self._row.lease_token not in (None, row.lease_token)

    async def _from_database(self) -> AsyncGenerator[Event | None]:
        looks = 0
        with self._poller.watch(self._row.pk) as rows:
            while not self._is_stopping():
                try:
                    row = await asyncio.wait_for(rows.get(), LOOK_SECONDS * 4)
                except TimeoutError:
                    yield None
                    continue
                if row is None or self._is_of_another_email(row):
                    self._ended = True
                    # An id of no run: if a new email gets the same id, nothing of this one is continued.
                    yield Event(0, 0, "error", {"code": "not_found", "message": ""})
                    return
                if row.version < self._row.version:
                    continue  # a query from before this reader came
                self._row = row
                for event in self._news_in(row):
                    yield event
                looks += 1
                if (looks <= EAGER_LOOKS or looks % EAGER_LOOKS == 0) and await self._has_live_events():
                    return
                yield None

    def _news_in(self, row: Application) -> list[Event]:
        events = events_of(row)
        if row.lease_expired and self._after is not None and self._after[0] == row.version:
            # The process died after publishing more events: number its end after them.
            return [replace(event, n=self._after[1] + event.n) for event in events]
        return [event for event in events if self._after is None or event.key > self._after or event.is_last]

    async def _has_live_events(self) -> bool:
        """Return whether memory or Redis has live events of the current run."""
        if not self._row.is_running:
            return False
        log = self._log_of(self._row.pk)
        if log is not None and not log.closed and are_current(log.events, self._row):
            return True
        if self._shared is None:
            return False
        try:
            return are_current(await SharedReader(self._shared, self._row.pk).newest(), self._row)
        except (RedisError, OSError):
            return False

    def _missing(self, events: list[Event]) -> list[Event]:
        """Return the events of the latest run that the client does not have, or a summary of that run."""
        seen = next((event for event in latest_run(events) if event.key == self._after), None)
        missing = catch_up(events, self._after)
        self._told = seen
        if seen is None:
            self._after = None
            if any(event.kind == "draft" for event in missing):
                self._has_text = False  # the draft replaces it
        return missing


def events_of(row: Application) -> list[Event]:
    """Return the events of a stored row, with the numbers that its own process gives them."""
    code, message = row.error_now
    run = run_of(row)
    first = (
        Event(row.version, 1, "error", {"code": code, "message": message}, run)
        if code
        else Event(row.version, 1, "step", {"position": row.position, "phase": "done"}, run)
    )
    state = {"version": row.version, "status": row.status_now, "next_step": row.due_step}
    return [first, Event(row.version, 2, "state", state, run)]


def _is_over(row: Application) -> bool:
    return row.status_now != Application.Status.RUNNING


def _is_gap(last: EventId, event: Event) -> bool:
    if event.kind == "draft":
        return False
    return event.n != (last[1] + 1 if event.version == last[0] else 1)
