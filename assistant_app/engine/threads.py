"""The threads that a process works with: one event loop for all runs, a few for the database.

Both are made on first use, in the process that uses them: a loop made before a fork stands still in
the child. The loop's thread is a daemon, or the interpreter would never exit.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import uvloop
from django.db import connection, connections

T = TypeVar("T")

IDLE_SECONDS = 2.0  # after that, a connection is tried before it is used


class LoopThread:
    """An event loop in a thread of its own; uvloop's, on which a streamed token costs a third less."""

    def __init__(self) -> None:
        self.loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="runs", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


class DatabasePool:
    """A bounded number of threads, each with a database connection that it keeps."""

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="database")
        self._used = threading.local()

    async def run(self, function: Callable[[], T]) -> T:
        """Run the function in one of the threads; what was begun is finished, even if cancelled."""
        future = asyncio.get_running_loop().run_in_executor(self._executor, self._call, function)
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            await asyncio.wait([future])  # a transaction cannot be called back: see how it ends
            if not future.cancelled():
                future.exception()  # looked at, so that the loop does not complain
            raise

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
        """Give every connection back and end the threads."""
        barrier = threading.Barrier(self._threads)

        def give_back() -> None:
            barrier.wait()  # one call for each thread, not two for a quick one
            connections.close_all()

        for future in [self._executor.submit(give_back) for _ in range(self._threads)]:
            future.result()
        self._executor.shutdown()
