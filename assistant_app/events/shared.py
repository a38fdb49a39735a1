"""Events in Redis, so that any process on any machine can serve any run.

Each application has one stream, and the entry ids are our event ids. Redis rejects an id that is not above
the last one, so a run that lost its lease cannot write over its successor. Streams are bounded and expire.
Redis holds nothing that the database lacks, so it may be stopped at any time.
"""

from __future__ import annotations

import asyncio
import contextvars
import json
import logging
import uuid
from typing import Any

import redis.asyncio as redis
from redis.exceptions import RedisError

from assistant_app.events.log import Event, EventId, Log, catch_up

logger = logging.getLogger(__name__)

MAX_EVENTS = 20_000  # of one application
EXPIRE_SECONDS = 3600
MAX_CONNECTIONS = 10_000  # one per waiting reader; the client's default is 100
PAUSE_SECONDS = 1.0  # before the next try after an error


def key_of(application_id: uuid.UUID | str) -> str:
    return f"emailassistant:events:{application_id}"


def connect(url: str) -> redis.Redis:
    return redis.Redis.from_url(
        url,
        socket_timeout=5,
        socket_connect_timeout=2,
        decode_responses=True,
        max_connections=MAX_CONNECTIONS,
    )


class SharedLogs:
    """Writes this process's events to Redis, in order, in the background."""

    def __init__(self, url: str) -> None:
        self._redis = connect(url)
        self._waiting: list[tuple[uuid.UUID, Event]] = []
        self._unsure: set[uuid.UUID] = set()  # applications with a gap: a summary will be sent
        self._logs: dict[uuid.UUID, Log] = {}
        self._writing: asyncio.Task[None] | None = None

    def add(self, application_id: uuid.UUID, log: Log, event: Event) -> None:
        self._waiting.append((application_id, event))
        self._logs[application_id] = log
        if self._writing is None or self._writing.done():
            empty = contextvars.Context()  # it writes for all runs, so without one run's log context
            self._writing = asyncio.get_running_loop().create_task(self._write(), context=empty)

    async def _write(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            try:
                await self._send(self._with_text_so_far(batch))
            except (RedisError, OSError) as problem:
                logger.warning("Events could not be written to Redis: %s", type(problem).__name__)
                self._unsure |= {application_id for application_id, _ in batch}
                await asyncio.sleep(PAUSE_SECONDS)
        self._logs = {pk: log for pk, log in self._logs.items() if not log.closed or pk in self._unsure}

    def _with_text_so_far(self, batch: list[tuple[uuid.UUID, Event]]) -> list[tuple[uuid.UUID, Event]]:
        """After a gap, send a summary of the latest run so far, so that readers miss no text."""
        if not self._unsure:
            return batch
        unsure, self._unsure = self._unsure, set()
        mended = [(pk, event) for pk in unsure for event in catch_up(self._logs[pk].events, None)]
        return mended + [entry for entry in batch if entry[0] not in unsure]

    async def _send(self, batch: list[tuple[uuid.UUID, Event]]) -> None:
        pipeline = self._redis.pipeline(transaction=False)
        for application_id, event in batch:
            fields: Any = {"kind": event.kind, "data": json.dumps(event.data), "run": event.run or ""}
            pipeline.xadd(key_of(application_id), fields, id=event.id, maxlen=MAX_EVENTS, approximate=True)
        for application_id in {application_id for application_id, _ in batch}:
            pipeline.expire(key_of(application_id), EXPIRE_SECONDS)
        for answer in await pipeline.execute(raise_on_error=False):
            # The id is not above the last one: a duplicate, or a later run has written.
            if isinstance(answer, redis.ResponseError) and "equal or smaller" in str(answer):
                continue
            if isinstance(answer, Exception):
                raise answer

    async def aclose(self) -> None:
        if self._writing is not None:
            await asyncio.wait([self._writing], timeout=2)
            self._writing.cancel()
        await self._redis.aclose()


class SharedReader:
    """Reads one application's events from Redis. Every method may raise `RedisError` or `OSError`."""

    def __init__(self, client: redis.Redis, application_id: uuid.UUID) -> None:
        self._redis, self._key = client, key_of(application_id)

    async def all(self) -> list[Event]:
        found: Any = await self._redis.xrange(self._key)
        return [_event(*entry) for entry in found]

    async def newest(self) -> list[Event]:
        """Return the last event in a list, or an empty list."""
        found: Any = await self._redis.xrevrange(self._key, count=1)
        return [_event(*entry) for entry in found]

    async def after(self, last: EventId, seconds: float) -> list[Event]:
        """Wait up to `seconds` for events after the id `last`, and return them."""
        found: Any = await self._redis.xread(
            {self._key: f"{last[0]}-{last[1]}"}, block=max(1, int(seconds * 1000))
        )
        return [_event(*entry) for _key, entries in found or [] for entry in entries]


def _event(entry_id: str, fields: dict[str, str]) -> Event:
    version, _, n = entry_id.partition("-")
    run = fields.get("run") or None  # older servers do not write it
    return Event(int(version), int(n), fields["kind"], json.loads(fields["data"]), run)  # type: ignore[arg-type]
