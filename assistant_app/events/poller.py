"""For readers of runs that live elsewhere, when there is no Redis: one query for all, twice a second."""

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
    """Belongs to the event loop of its readers. Asks only while somebody watches."""

    def __init__(self, pool: DatabasePool) -> None:
        self._pool = pool
        self._queues: defaultdict[uuid.UUID, set[Queue]] = defaultdict(set)
        self._asking: asyncio.Task[None] | None = None

    @contextmanager
    def watch(self, application_id: uuid.UUID) -> Iterator[Queue]:
        """Give a queue that holds the row as last seen, or None once it is gone."""
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
            asked = list(self._queues)  # whoever comes during the query is not in its answer
            try:
                found = await self._pool.run(lambda asked=asked: _read(asked))  # type: ignore[misc]
            except DatabaseError:
                pass  # it comes back, or the readers go
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
