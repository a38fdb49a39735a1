"""Threads for the sync part of requests: each request has one to itself, and hands it on when it ends.

Django's ASGI handler makes a thread for each request, and another to join it; both and a new database
connection cost more than a short request does. A request that waits keeps only its own thread busy.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager

from asgiref.sync import ThreadSensitiveContext

KEEP_IDLE = 8  # threads; more are made as requests come, and end when that many lie idle


class RequestThreads:
    def __init__(self) -> None:
        self._idle: list[ThreadPoolExecutor] = []

    @asynccontextmanager
    async def lend(self) -> AsyncIterator[None]:
        """Let the block's sync code run in a thread that nobody else uses."""
        executor = self._idle.pop() if self._idle else ThreadPoolExecutor(1, thread_name_prefix="request")
        try:
            async with ThreadSensitiveContext(executor=executor):
                yield
        finally:
            # Whoever left may have left it busy: it is idle once it has done this too.
            executor.submit(int).add_done_callback(lambda done: self._take_back(executor, done))

    def _take_back(self, executor: ThreadPoolExecutor, done: Future[int]) -> None:
        if len(self._idle) < KEEP_IDLE:
            self._idle.append(executor)
        else:
            executor.shutdown(wait=False)
