"""A pool of request threads: each request has its own thread, which is reused when it ends.

Django's ASGI handler creates a thread for each request and another one to join it. Both, plus a new
database connection, cost more than a short request. A waiting request blocks only its own thread.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")

KEEP_IDLE = 8  # idle threads to keep; more are created on demand and end after use


class RequestThreads:
    def __init__(self) -> None:
        self._idle: list[ThreadPoolExecutor] = []

    async def run(self, function: Callable[[], T]) -> T:
        """Run the function in a thread of its own. It runs to its end even if the caller is cancelled."""
        executor = self._idle.pop() if self._idle else ThreadPoolExecutor(1, thread_name_prefix="request")
        future = executor.submit(contextvars.copy_context().run, function)
        future.add_done_callback(lambda _: self._take_back(executor))
        return await asyncio.wrap_future(future)

    def _take_back(self, executor: ThreadPoolExecutor) -> None:
        """Keep the executor for reuse, or end it. Called in its own thread as its last action."""
        if len(self._idle) < KEEP_IDLE:
            self._idle.append(executor)
        else:
            executor.shutdown(wait=False)
