"""Follows one run for one reader, from any source, without gaps or duplicates."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import replace

import redis.asyncio as redis
from redis.exceptions import RedisError

from assistant_app.events.log import Event, EventId, Log, catch_up, parse_id
from assistant_app.events.poller import Poller
from assistant_app.events.shared import SharedReader
from assistant_app.models import Application

HEARTBEAT_SECONDS = 10.0
LOOK_SECONDS = 0.5  # how often a waiting reader checks whether the server is stopping
PATIENCE_SECONDS = 2.0  # grace for trailing events after the row says the run ended
EAGER_LOOKS = 4  # first polls that each check for live events; later only one in four does


class Reader:
    """One connection. It remembers the last event it sent, from any source."""

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
        if log is None or not self._are_current(log.events):
            return
        seen = len(log.events)
        for event in self._missing(log.events[:seen]):
            yield event
        while not self._is_stopping():
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

    async def _from_redis(self) -> AsyncIterator[Event | None]:
        if self._shared is None:
            return
        reader = SharedReader(self._shared, self._row.pk)
        try:
            events = await reader.all()
            if not self._are_current(events):
                return  # these events never reached Redis, or have expired
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
                    return  # killed, or cancelled by another process: no last event will come
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
        if log is not None and not log.closed and self._are_current(log.events):
            return True
        if self._shared is None:
            return False
        try:
            return self._are_current(await SharedReader(self._shared, self._row.pk).newest())
        except (RedisError, OSError):
            return False

    def _missing(self, events: list[Event]) -> list[Event]:
        """Return the events this reader has not seen, without the end of an earlier run."""
        stale = [event for event in events if event.is_last and event.version < self._row.version]
        return [event for event in catch_up(events, self._after) if event not in stale]

    def _are_current(self, events: list[Event]) -> bool:
        """Return whether the events are as new as the row that this reader knows."""
        return bool(events) and events[-1].version >= self._row.version


def events_of(row: Application) -> list[Event]:
    """Return the events of a stored row, with the numbers that its own process gives them."""
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
