"""Follows one run for one reader, from wherever its events are, without a gap or a repeat."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import redis.asyncio as redis
from redis.exceptions import RedisError

from assistant_app.events.log import Event, EventId, Log, catch_up, parse_id
from assistant_app.events.poller import Poller
from assistant_app.events.shared import SharedReader
from assistant_app.models import Application

HEARTBEAT_SECONDS = 10.0
LOOK_SECONDS = 0.5  # how often a reader that waits looks whether the server wants to stop
PATIENCE_SECONDS = 2.0  # for a last word from Redis, once the database says that the run is over
EAGER_LOOKS = 4  # at the database, each with one for live events; from then on they are looked for less


class Reader:
    """One connection. Remembers the last event that it was told, whichever source it came from."""

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
            self._after = None  # no id of ours
        self._log_of, self._shared, self._poller = log_of, shared, poller
        self._is_stopping = is_stopping
        self._told_at = time.monotonic()
        self._ended = False

    async def follow(self) -> AsyncIterator[Event | None]:
        """Yield events until the run is over or the server stops; None is a heartbeat.

        Live events may begin late, end early and come back (a process that is a moment behind, a Redis
        that restarts, a run that another process takes over), so the sources are tried again and again.
        """
        while not self._ended:
            for source in (self._from_memory, self._from_redis, self._from_database):
                async for event in source():
                    if event is None:
                        if time.monotonic() - self._told_at < HEARTBEAT_SECONDS:
                            continue
                        self._told_at = time.monotonic()
                        yield None
                        continue
                    self._after, self._told_at = event.key, time.monotonic()
                    yield event
                    if event.is_last:
                        return
                if self._is_stopping():
                    return

    async def _from_memory(self) -> AsyncIterator[Event | None]:
        log = self._log_of(self._row.pk)
        if log is None or not self._concerns_us(log.events):
            return
        seen = len(log.events)
        for event in self._missing(log.events[:seen]):
            yield event
        while not self._is_stopping():
            nothing_more_comes = log.closed  # asked first: the run may say its last words in between
            if len(log.events) > seen:
                fresh = log.events[seen:]
                seen += len(fresh)  # not the log's length: the run may add to it in between
                for event in fresh:
                    yield event
            elif nothing_more_comes:
                return
            else:
                yield None
                await log.wait(seen, LOOK_SECONDS)

    async def _from_redis(self) -> AsyncIterator[Event | None]:
        if self._shared is None:
            return
        reader = SharedReader(self._shared, self._row.pk)
        try:
            events = await reader.all()
            if not self._concerns_us(events):
                return  # stored without Redis, or so long ago that it has forgotten
            for event in self._missing(events):
                yield event
            async for later in self._from_redis_after(reader, events[-1].key):
                yield later
        except (RedisError, OSError):
            return

    async def _from_redis_after(self, reader: SharedReader, last: EventId) -> AsyncIterator[Event | None]:
        over_at: float | None = None
        with self._poller.watch(self._row.pk) as rows:
            while not self._is_stopping():
                for event in await reader.after(last, LOOK_SECONDS):
                    if _is_gap(last, event):
                        return
                    last = event.key
                    yield event
                if not rows.empty():
                    is_over = _is_over(rows.get_nowait())
                    over_at = (over_at or time.monotonic()) if is_over else None
                if over_at is not None and time.monotonic() - over_at > PATIENCE_SECONDS:
                    return  # killed, or stopped from elsewhere: it says nothing more
                yield None

    async def _from_database(self) -> AsyncIterator[Event | None]:
        looks = 0
        with self._poller.watch(self._row.pk) as rows:
            while not self._is_stopping():
                try:
                    row = await asyncio.wait_for(rows.get(), LOOK_SECONDS * 4)
                except TimeoutError:
                    yield None
                    continue
                if row is None:
                    self._ended = True
                    yield Event(*(self._after or (0, 0)), "error", {"code": "not_found", "message": ""})
                    return
                if row.version < self._row.version:
                    continue  # asked for before this reader came
                self._row = row
                for event in self._news_in(row):
                    yield event
                looks += 1
                if (looks <= EAGER_LOOKS or looks % EAGER_LOOKS == 0) and await self._is_told_live():
                    return
                yield None

    def _news_in(self, row: Application) -> list[Event]:
        events = events_of(row)
        if row.lease_expired and self._after is not None and self._after[0] == row.version:
            # A process that said more before it died: its end comes after that.
            return [replace(event, n=self._after[1] + event.n) for event in events]
        return [event for event in events if self._after is None or event.key > self._after or event.is_last]

    async def _is_told_live(self) -> bool:
        """Whether there are live events, by now or again, of the run that the row tells of."""
        if not self._row.is_running:
            return False
        log = self._log_of(self._row.pk)
        if log is not None and not log.closed and self._concerns_us(log.events):
            return True
        if self._shared is None:
            return False
        try:
            return self._concerns_us(await SharedReader(self._shared, self._row.pk).newest())
        except (RedisError, OSError):
            return False

    def _missing(self, events: list[Event]) -> list[Event]:
        """What this reader is still to be told; how an earlier run ended is not news."""
        stale = [event for event in events if event.is_last and event.version < self._row.version]
        return [event for event in catch_up(events, self._after) if event not in stale]

    def _concerns_us(self, events: list[Event]) -> bool:
        """Whether they reach up to the row as this reader knows it."""
        return bool(events) and events[-1].version >= self._row.version


def events_of(row: Application) -> list[Event]:
    """Return what a stored row tells, numbered as its own process numbers it."""
    code, message = row.error_now
    first = (
        Event(row.version, 1, "error", {"code": code, "message": message})
        if code
        else Event(row.version, 1, "step", {"position": row.position, "phase": "done"})
    )
    state = {"version": row.version, "status": row.status_now, "next_step": row.due_step}
    return [first, Event(row.version, 2, "state", state)]


def _is_over(row: Application | None) -> bool:
    return row is None or row.status_now != Application.Status.RUNNING


def _is_gap(last: EventId, event: Event) -> bool:
    if event.kind == "draft":
        return False
    return event.n != (last[1] + 1 if event.version == last[0] else 1)
