"""Burr's persisters for any Burr program, over one small table; a sync and an async one.

They keep Burr's own contract and know nothing of applications, leases and owners. The persisters of the
email assistant are in `assistant_app.engine.persisters`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from burr.common.types import BaseCopyable
from burr.core import State
from burr.core.persistence import AsyncBaseStatePersister, BaseStatePersister, PersistedStateData
from django.db import connection, transaction
from django.utils.asyncio import async_unsafe
from pydantic import BaseModel

from assistant_app.engine import state_text
from assistant_app.engine.threads import run_to_its_end
from assistant_app.models import BurrState
from assistant_app.models.failure import storable

T = TypeVar("T")

IN_AN_EVENT_LOOP = (
    "DjangoStatePersister cannot be used in a thread that runs an event loop. "
    "Use AsyncDjangoStatePersister with `abuild()`, or run the program in a thread of its own."
)
NO_TABLE = "The table of Burr states does not exist yet. Run `manage.py migrate`."


class _StateTable:
    """The database work of both persisters. Holds no connection, so any thread may use it."""

    def __init__(self, allow: Iterable[type[BaseModel]]) -> None:
        self.allow = state_text.importable(allow)

    def load(
        self, partition_key: str | None, app_id: str | None, sequence_id: int | None
    ) -> PersistedStateData | None:
        application = None if app_id is None else _key("app_id", app_id)
        row = BurrState.objects.newest(_partition(partition_key), application, sequence_id)
        if row is None:
            return None
        return {
            "partition_key": row.partition_key,
            "app_id": row.app_id,
            "sequence_id": row.sequence_id,
            "position": row.position,
            "state": state_text.from_text(row.state, self.allow),
            "created_at": row.created_at.isoformat(),
            "status": row.status,
        }

    def save(
        self,
        partition_key: str | None,
        app_id: str,
        sequence_id: int,
        position: str,
        state: State,
        status: str,
    ) -> None:
        row = BurrState(
            partition_key=_partition(partition_key),
            app_id=_key("app_id", app_id),
            sequence_id=sequence_id,
            position=_key("position", position),
            status=status,
            state=state_text.to_text(state, self.allow),
        )
        with transaction.atomic():  # a refused row does not break the caller's transaction
            row.save(force_insert=True)

    def list_app_ids(self, partition_key: str | None) -> list[str]:
        return BurrState.objects.app_ids(_partition(partition_key))

    def exists(self) -> bool:
        return BurrState._meta.db_table in connection.introspection.table_names()

    def require(self) -> None:
        if not self.exists():
            raise RuntimeError(NO_TABLE)


class DjangoStatePersister(BaseStatePersister, BaseCopyable):
    """Burr's persister for `build()` and `run()`, in Django's default database.

    `allow` names the pydantic models that the state may hold. Every call closes its thread's connection,
    because Burr runs parallel sub-applications in threads of its own; in a transaction it stays open.
    `save` raises `IntegrityError` for a step that was saved before, and `ValueError` for a value that
    cannot be stored. In a running event loop every call raises `SynchronousOnlyOperation`.
    """

    def __init__(self, allow: Iterable[type[BaseModel]] = ()) -> None:
        self._table = _StateTable(allow)

    def load(
        self,
        partition_key: str | None,
        app_id: str | None,
        sequence_id: int | None = None,
        **kwargs: Any,
    ) -> PersistedStateData | None:
        """Return the state saved last, at `sequence_id` if given; None if there is none.

        Without an `app_id`, return the state saved last in the partition.
        """
        return _call(lambda: self._table.load(partition_key, app_id, sequence_id))

    def save(
        self,
        partition_key: str | None,
        app_id: str,
        sequence_id: int,
        position: str,
        state: State,
        status: str,
        **kwargs: Any,
    ) -> None:
        """Insert the state after a step."""
        _call(lambda: self._table.save(partition_key, app_id, sequence_id, position, state, status))

    def list_app_ids(self, partition_key: str | None, **kwargs: Any) -> list[str]:
        """Return the partition's application ids, the one saved last first."""
        return _call(lambda: self._table.list_app_ids(partition_key))

    def initialize(self) -> None:
        """Check that the table exists: Django's migrations create it, not Burr."""
        _call(self._table.require)

    def is_initialized(self) -> bool:
        return _call(self._table.exists)

    def copy(self) -> DjangoStatePersister:
        return type(self)(self._table.allow)

    def cleanup(self) -> None:
        """Do nothing: no connection is kept between calls."""

    def __enter__(self) -> DjangoStatePersister:
        return self

    def __exit__(self, *exception: object) -> None:
        self.cleanup()


class AsyncDjangoStatePersister(AsyncBaseStatePersister, BaseCopyable):
    """Burr's persister for `abuild()` and `arun()`; see `DjangoStatePersister`.

    The database work runs in the threads of the loop that calls, so one persister serves any number of loops.
    """

    def __init__(self, allow: Iterable[type[BaseModel]] = ()) -> None:
        self._table = _StateTable(allow)

    async def load(
        self,
        partition_key: str | None,
        app_id: str | None,
        sequence_id: int | None = None,
        **kwargs: Any,
    ) -> PersistedStateData | None:
        """Return the state saved last, at `sequence_id` if given; None if there is none."""
        return await _call_in_thread(lambda: self._table.load(partition_key, app_id, sequence_id))

    async def save(
        self,
        partition_key: str | None,
        app_id: str,
        sequence_id: int,
        position: str,
        state: State,
        status: str,
        **kwargs: Any,
    ) -> None:
        """Insert the state after a step, even if the task is cancelled meanwhile."""
        await _call_in_thread(
            lambda: self._table.save(partition_key, app_id, sequence_id, position, state, status)
        )

    async def list_app_ids(self, partition_key: str | None, **kwargs: Any) -> list[str]:
        """Return the partition's application ids, the one saved last first."""
        return await _call_in_thread(lambda: self._table.list_app_ids(partition_key))

    async def initialize(self) -> None:
        """Check that the table exists: Django's migrations create it, not Burr."""
        await _call_in_thread(self._table.require)

    async def is_initialized(self) -> bool:
        return await _call_in_thread(self._table.exists)

    def copy(self) -> AsyncDjangoStatePersister:
        return type(self)(self._table.allow)

    async def cleanup(self) -> None:
        """Do nothing: no connection is kept between calls."""

    async def __aenter__(self) -> AsyncDjangoStatePersister:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.cleanup()


@async_unsafe(IN_AN_EVENT_LOOP)
def _call(work: Callable[[], T]) -> T:
    """Do the work and close this thread's connection, unless its transaction is the caller's."""
    try:
        return work()
    finally:
        if connection.autocommit and not connection.in_atomic_block:
            connection.close()


async def _call_in_thread(work: Callable[[], T]) -> T:
    return await run_to_its_end(None, lambda: _call(work))


def _partition(partition_key: str | None) -> str:
    return _key("partition_key", "" if partition_key is None else partition_key)


def _key(name: str, value: str | None) -> str:
    """Return a key as text. Raise `ValueError` on both databases for text that PostgreSQL refuses."""
    if value is None:
        raise ValueError(f"{name} is missing.")
    text = str(value)
    if text != storable(text):
        raise ValueError(f"{name} holds a NUL character or a lone surrogate, which is not allowed in a key.")
    return text
