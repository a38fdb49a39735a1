"""The readers' side of the live events: one poller and one Redis client for each event loop."""

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
class _Means:
    poller: Poller
    shared: redis.Redis | None


_means: WeakKeyDictionary[asyncio.AbstractEventLoop, _Means] = WeakKeyDictionary()


async def read(look: Callable[[], T]) -> T:
    """Return what a function reads from the database, without holding up the event loop."""
    return await runner.database.run(look)


def follow(row: Application, last_event_id: str | None) -> AsyncIterator[Event | None]:
    """Return the events of an application's run, from behind the last one that the reader saw.

    Ends with the run, or when the server is to stop; None is a heartbeat. To be called on the event
    loop that reads it.
    """
    means = _means_of(asyncio.get_running_loop())
    return Reader(
        row,
        last_event_id,
        log_of=publisher.log_of,
        shared=means.shared,
        poller=means.poller,
        is_stopping=lambda: runner.is_stopping,
    ).follow()


def _means_of(loop: asyncio.AbstractEventLoop) -> _Means:
    if loop not in _means:
        shared = connect(settings.REDIS_URL) if settings.REDIS_URL else None
        _means[loop] = _Means(Poller(runner.database), shared)
    return _means[loop]
