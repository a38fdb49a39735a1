"""Polls the database for readers: one query for all, twice a second."""

from __future__ import annotations

import asyncio
import uuid
from collections import defaultdict
from collections.abc import Iterable
from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.db import Error as DatabaseError

from assistant_app.models import Application

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistant_app.engine.threads import DatabasePool

POLL_SECONDS = 0.5

Queue = asyncio.Queue["Application | None"]


class Poller:
    """One per event loop of readers. It polls only while there are readers."""

    def __init__(self, pool: DatabasePool) -> None:
        self._pool = pool
        self._queues: defaultdict[uuid.UUID, set[Queue]] = defaultdict(set)
        self._asking: asyncio.Task[None] | None = None

    @contextmanager
    def watch(self, application_id: uuid.UUID) -> Iterator[Queue]:
        """Yield a queue that holds the latest row, or None once the row is deleted."""
        queue: Queue = asyncio.Queue(1)
        self._queues[application_id].add(queue)
        if self._asking is None or self._asking.done():
            self._asking = asyncio.ensure_future(self._ask_while_watched())
        try:
            yield queue
        finally:
            self._queues[application_id].discard(queue)
            if not self._queues[application_id]:
                del self._queues[application_id]

    async def _ask_while_watched(self) -> None:
        while self._queues:
            asked = list(self._queues)  # readers that come during the query are not in its result
            try:
                found = await self._pool.run(lambda asked=asked: _read(asked))  # type: ignore[misc]
            except DatabaseError:
                pass  # try again while there are readers
            else:
                for application_id in asked:
                    for queue in self._queues.get(application_id, ()):
                        _replace(queue, found.get(application_id))
            await asyncio.sleep(POLL_SECONDS)


def _replace(queue: Queue, row: Application | None) -> None:
    if queue.full():
        queue.get_nowait()
    queue.put_nowait(row)


def _read(application_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Application]:
    return {row.pk: row for row in Application.objects.defer("state").filter(pk__in=application_ids)}
