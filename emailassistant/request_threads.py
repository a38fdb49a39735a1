"""A pool of request threads: each request has its own thread, which is reused when it ends.

Django's ASGI handler creates a thread for each request and another one to join it. Both, plus a new
database connection, cost more than a short request. A waiting request blocks only its own thread.
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from assistant_app.engine.threads import before_waiting
from assistant_app.errors import AssistantError

KEEP_IDLE = 8  # idle threads to keep; more are created on demand and end after use
MOST_BUSY = 64  # requests that work at the same time, without those that wait for a run
MOST_QUEUED = 1_000


class TooManyRequests(AssistantError):
    """The server has too much to do at this moment. Nothing was changed; send it again in a few seconds."""

    code = "too_busy"
    status = 503


@dataclass(eq=False)
class _Request:
    """One request, from the queue to the end of its work."""

    function: Callable[[], Any]
    result: Future[Any] = field(default_factory=Future)
    is_counted: bool = True


class RequestThreads:
    """Runs each request in a thread. `MOST_BUSY` work at a time, and others queue, so threads are bounded.

    A request that waits for a run is not counted: it would keep readers out for as long as a model writes.
    """

    def __init__(self, most_busy: int = MOST_BUSY, most_queued: int = MOST_QUEUED) -> None:
        self._idle: list[ThreadPoolExecutor] = []
        self._most_busy, self._most_queued = most_busy, most_queued
        self._lock = threading.Lock()
        self._busy = 0
        self._queue: deque[_Request] = deque()

    async def run(self, function: Callable[[], Any], *, is_counted: bool = True) -> Any:
        """Run the function in a thread of its own. Once begun, it ends even if the caller is cancelled.

        Raise `TooManyRequests` if the queue is full. One that is not counted never queues.
        """
        context = contextvars.copy_context()
        request = _Request(lambda: context.run(function), is_counted=is_counted)
        context.run(before_waiting.set, lambda: self._uncount(request))
        if self._may_begin(request):
            self._begin(request)
        return await asyncio.wrap_future(request.result)

    def _may_begin(self, request: _Request) -> bool:
        """Return whether the request may begin now. If not, it is queued."""
        if not request.is_counted:
            return True
        with self._lock:
            if self._busy < self._most_busy:
                self._busy += 1
                return True
            if len(self._queue) >= self._most_queued:
                raise TooManyRequests(retry_after=5)
            self._queue.append(request)
            return False

    def _begin(self, request: _Request) -> None:
        executor = self._idle.pop() if self._idle else ThreadPoolExecutor(1, thread_name_prefix="request")
        executor.submit(self._work, request).add_done_callback(lambda _: self._take_back(executor))

    def _work(self, request: _Request) -> None:
        try:
            if request.result.set_running_or_notify_cancel():  # not if its client left the queue
                request.result.set_result(request.function())
        except BaseException as problem:  # noqa: BLE001  (it is raised where the request is awaited)
            request.result.set_exception(problem)
        finally:
            self._uncount(request)

    def _uncount(self, request: _Request) -> None:
        """Let the next request begin in place of this one. Do nothing the second time."""
        with self._lock:
            if not request.is_counted:
                return
            request.is_counted = False
            following = self._queue.popleft() if self._queue else None
            if following is None:
                self._busy -= 1
        if following is not None:
            self._begin(following)

    def _take_back(self, executor: ThreadPoolExecutor) -> None:
        """Keep the executor for reuse, or end it. Called in its own thread as its last action."""
        if len(self._idle) < KEEP_IDLE:
            self._idle.append(executor)
        else:
            executor.shutdown(wait=False)
