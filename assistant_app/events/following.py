"""The reading side of live events: one poller and one Redis client per event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import TypeVar
from weakref import WeakKeyDictionary

import redis.asyncio as redis
from django.conf import settings

from assistant_app.engine.runner import runner
from assistant_app.events.log import Event
from assistant_app.events.poller import Poller
from assistant_app.events.publisher import publisher
from assistant_app.events.reader import Reader
from assistant_app.events.shared import connect
from assistant_app.models import Application

T = TypeVar("T")


@dataclass(slots=True)
class _Sources:
    poller: Poller
    shared: redis.Redis | None


_sources: WeakKeyDictionary[asyncio.AbstractEventLoop, _Sources] = WeakKeyDictionary()


async def read(look: Callable[[], T]) -> T:
    """Run a function that reads the database, without blocking the event loop. Return its result."""
    return await runner.database.run(look)


def follow(row: Application, last_event_id: str | None) -> AsyncIterator[Event | None]:
    """Yield the events of an application's run after `last_event_id`; None is a heartbeat.

    It ends with the run or when the server stops. Call it on the event loop that reads the events.
    """
    sources = _sources_of(asyncio.get_running_loop())
    return Reader(
        row,
        last_event_id,
        log_of=publisher.log_of,
        shared=sources.shared,
        poller=sources.poller,
        is_stopping=lambda: runner.is_stopping,
    ).follow()


def _sources_of(loop: asyncio.AbstractEventLoop) -> _Sources:
    if loop not in _sources:
        shared = connect(settings.REDIS_URL) if settings.REDIS_URL else None
        _sources[loop] = _Sources(Poller(runner.database), shared)
    return _sources[loop]
