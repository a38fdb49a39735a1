"""The threads of a process: one event loop for all runs, and a pool for database work.

Both are created on first use, in the process that uses them: a thread does not survive `os.fork`.
The loop's thread is a daemon, or the interpreter would never exit.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import TypeVar

import uvloop
from django.db import connection, connections

T = TypeVar("T")

IDLE_SECONDS = 2.0  # check a connection before use if it was idle for longer

# How long a thread waits for a database that is away. A person should learn of it soon. A run waits longer,
# because it loses its draft if it cannot save. A command may start before the database does.
REQUEST_PATIENCE_SECONDS = 4.0
RUN_PATIENCE_SECONDS = 30.0
_thread = threading.local()


def patience() -> float:
    """Return for how many seconds this thread waits for a database that is away."""
    is_command = threading.current_thread() is threading.main_thread()
    return getattr(_thread, "patience", RUN_PATIENCE_SECONDS if is_command else REQUEST_PATIENCE_SECONDS)


def _be_patient() -> None:
    _thread.patience = RUN_PATIENCE_SECONDS


class LoopThread:
    """An event loop in its own thread; uvloop's, where a streamed token costs a third less."""

    def __init__(self) -> None:
        self.loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="runs", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


class DatabasePool:
    """A fixed number of threads, each of which keeps a database connection."""

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="database", initializer=_be_patient)
        self._used = threading.local()

    async def run(self, function: Callable[[], T]) -> T:
        """Run the function in one of the threads; it runs to its end even if the caller is cancelled."""
        return await run_to_its_end(self._executor, lambda: self._call(function))

    def _call(self, function: Callable[[], T]) -> T:
        idle = time.monotonic() - getattr(self._used, "at", 0.0)
        if idle > IDLE_SECONDS and connection.connection is not None and not connection.is_usable():
            connection.close()  # a transaction never spans two calls, so nothing is lost
        try:
            return function()
        finally:
            self._used.at = time.monotonic()
            if connection.errors_occurred and not connection.is_usable():
                connection.close()

    def close(self) -> None:
        """Close every connection and end the threads."""
        barrier = threading.Barrier(self._threads)

        def give_back() -> None:
            barrier.wait()  # makes each thread take exactly one call
            connections.close_all()

        for future in [self._executor.submit(give_back) for _ in range(self._threads)]:
            future.result()
        self._executor.shutdown()


async def run_to_its_end(executor: Executor | None, function: Callable[[], T]) -> T:
    """Run the function in a thread of the executor, or of the loop's own; wait for it even if cancelled."""
    future = asyncio.get_running_loop().run_in_executor(executor, function)
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        await asyncio.wait([future])  # a transaction cannot be cancelled, so wait for it
        if not future.cancelled():
            future.exception()  # read it, or asyncio logs that it never was
        raise
