"""The reading side of live events: one poller per event loop, and a Redis client per reader."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import TypeVar
from weakref import WeakKeyDictionary

from django.conf import settings

from assistant_app.engine.poller import Poller
from assistant_app.engine.runner import runner
from assistant_app.events.log import Event
from assistant_app.events.publisher import publisher
from assistant_app.events.reader import Reader
from assistant_app.events.shared import connect
from assistant_app.models import Application

T = TypeVar("T")


_pollers: WeakKeyDictionary[asyncio.AbstractEventLoop, Poller] = WeakKeyDictionary()


async def read(look: Callable[[], T]) -> T:
    """Run a function that reads the database, without blocking the event loop. Return its result."""
    return await runner.database.run(look)


async def follow(row: Application, last_event_id: str | None) -> AsyncIterator[Event | None]:
    """Yield the events of an application's run after `last_event_id`; None is a heartbeat.

    It ends with the run or when the server stops.
    """
    # A client of its own: a pool that readers share keeps a connection for each reader of its busiest hour.
    shared = connect(settings.REDIS_URL) if settings.REDIS_URL else None
    reader = Reader(
        row,
        last_event_id,
        log_of=publisher.log_of,
        shared=shared,
        poller=_poller_of(asyncio.get_running_loop()),
        is_stopping=lambda: runner.is_stopping,
    )
    try:
        async with aclosing(reader.follow()) as events:
            async for event in events:
                yield event
    finally:
        if shared is not None:
            await shared.aclose()


def _poller_of(loop: asyncio.AbstractEventLoop) -> Poller:
    if loop not in _pollers:
        _pollers[loop] = Poller(runner.database)
    return _pollers[loop]
