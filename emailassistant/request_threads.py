"""Threads for requests: each request has one to itself, and hands it on when it ends.

Django's ASGI handler makes a thread for each request, and another to join it; both and a new database
connection cost more than a short request does. A request that waits keeps only its own thread busy.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")

KEEP_IDLE = 8  # threads; more are made as requests come, and end when that many lie idle


class RequestThreads:
    def __init__(self) -> None:
        self._idle: list[ThreadPoolExecutor] = []

    async def run(self, function: Callable[[], T]) -> T:
        """Run the function in a thread that nobody else uses; it goes on also when nobody waits any more."""
        executor = self._idle.pop() if self._idle else ThreadPoolExecutor(1, thread_name_prefix="request")
        future = executor.submit(contextvars.copy_context().run, function)
        future.add_done_callback(lambda _: self._take_back(executor))
        return await asyncio.wrap_future(future)

    def _take_back(self, executor: ThreadPoolExecutor) -> None:
        """Called in the executor's own thread, as the last thing that it does."""
        if len(self._idle) < KEEP_IDLE:
            self._idle.append(executor)
        else:
            executor.shutdown(wait=False)
