"""Burr's persisters over our records: an async one for the runner, and a sync one.

Both are thin: a `Writer` does the database work. One persister serves one application.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import Any

from burr.core import State
from burr.core.persistence import AsyncBaseStatePersister, BaseStatePersister, PersistedStateData

from assistant_app.engine.threads import DatabasePool
from assistant_app.engine.writer import SaveStatus, Writer
from assistant_app.errors import AssistantError
from assistant_app.models import Application


class DjangoPersister(BaseStatePersister):
    """For Burr's `build()` and its sync actions."""

    def __init__(self, row: Application | None = None, **options: Any) -> None:
        self.writer = Writer(row, **options)

    def load(
        self, partition_key: str, app_id: str | None, sequence_id: int | None = None, **kwargs: Any
    ) -> PersistedStateData | None:
        return self.writer.load(partition_key, app_id, sequence_id)

    def list_app_ids(self, partition_key: str, **kwargs: Any) -> list[str]:
        return self.writer.list_app_ids(partition_key)

    def save(
        self,
        partition_key: str | None,
        app_id: str,
        sequence_id: int,
        position: str,
        state: State,
        status: SaveStatus,
        **kwargs: Any,
    ) -> None:
        self.writer.save(partition_key, app_id, sequence_id, position, state, status)


class AsyncDjangoPersister(AsyncBaseStatePersister):
    """For Burr's `abuild()`; the database work runs in a pool of threads.

    `on_commit` is called on the event loop after each save, with the saved row.
    """

    def __init__(
        self,
        pool: DatabasePool,
        row: Application | None = None,
        *,
        on_commit: Callable[[Application], None] = lambda row: None,
        **options: Any,
    ) -> None:
        self.writer = Writer(row, **options)
        self._pool = pool
        self._on_commit = on_commit

    async def load(
        self, partition_key: str, app_id: str | None, sequence_id: int | None = None, **kwargs: Any
    ) -> PersistedStateData | None:
        if self.writer.row is not None and sequence_id is None:
            return self.writer.load(partition_key, app_id)  # in memory already, no query
        return await self._pool.run(lambda: self.writer.load(partition_key, app_id, sequence_id))

    async def list_app_ids(self, partition_key: str, **kwargs: Any) -> list[str]:
        return await self._pool.run(lambda: self.writer.list_app_ids(partition_key))

    async def save(
        self,
        partition_key: str | None,
        app_id: str,
        sequence_id: int,
        position: str,
        state: State,
        status: SaveStatus,
        **kwargs: Any,
    ) -> None:
        await self._write(
            lambda: self.writer.save(partition_key, app_id, sequence_id, position, state, status)
        )

    async def go_back_before(self, steps: Container[str]) -> None:
        await self._pool.run(lambda: self.writer.go_back_before(steps))

    async def claim_without_step(self) -> None:
        await self._write(self.writer.claim_without_step)

    async def fail(self, error: AssistantError) -> None:
        await self._write(lambda: self.writer.fail(error))

    async def _write(self, write: Callable[[], None]) -> None:
        """Write, then call `on_commit`, even if the run is cancelled meanwhile: the write still completes."""
        written: list[Application] = []

        def work() -> None:
            write()
            written.extend([self.writer.row] if self.writer.row else [])

        try:
            await self._pool.run(work)
        finally:
            for row in written:
                self._on_commit(row)
