"""Pools of request threads: each request has its own thread, which is reused when it ends.

Django's ASGI handler creates a thread for each request and another one to join it. Both, plus a new
database connection, cost more than a short request. A request that waits for a run has no thread
(`emailassistant/pending.py`).
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from assistant_app.errors import AssistantError

KEEP_IDLE = 8  # idle threads to keep; more are created on demand and end after use
MOST_BUSY = 32  # requests at the same time; 21 of them may wait for their turn to hash a password
MOST_QUEUED = 1_000
# Submits: few at the same time, so that a burst of them leaves the processor to the reads.
MOST_SUBMITS_BUSY = 2
MOST_SUBMITS_QUEUED = 2_000
RETRY_SECONDS = 5


class TooManyRequests(AssistantError):
    """The server has too much to do at this moment. Nothing was changed; send it again in a few seconds."""

    code = "too_busy"
    status = 503


class TooManyOfOnePerson(AssistantError):
    """Too many of your requests wait for their turn. Nothing was changed; send it again in a few seconds."""

    code = "too_many_waiting"
    status = 429


@dataclass(eq=False)
class _Request:
    """One request, from the queue to the end of its work."""

    function: Callable[[], Any]
    person: str
    is_counted: bool
    result: Future[Any] = field(default_factory=Future)


class RequestThreads:
    """Runs each request in a thread. `most_busy` work at a time, and others queue, so threads are bounded."""

    def __init__(
        self,
        most_busy: int = MOST_BUSY,
        most_queued: int = MOST_QUEUED,
        most_queued_of_one: int | None = None,
    ) -> None:
        self._idle: list[ThreadPoolExecutor] = []
        self._most_busy, self._most_queued = most_busy, most_queued
        self._most_queued_of_one = most_queued_of_one
        self._lock = threading.Lock()
        self._busy = 0
        self._queue: deque[_Request] = deque()
        self._begun: deque[_Request] = deque()  # requests that were worked on before; they come first
        self._queued_of = Counter[str]()

    async def run(
        self,
        function: Callable[[], Any],
        *,
        context: contextvars.Context | None = None,
        is_counted: bool = True,
        has_begun: bool = False,
        person: str = "",
    ) -> Any:
        """Run the function in a thread of its own. Once begun, it ends even if the caller is cancelled.

        Raise `TooManyRequests` if the queue is full, `TooManyOfOnePerson` if one person fills it. A request
        that is not counted never queues; one that has begun before is never refused.
        """
        context = context or contextvars.copy_context()
        request = _Request(lambda: context.run(function), person, is_counted)
        if not is_counted or self._may_begin(request, has_begun):
            self._begin(request)
        return await asyncio.wrap_future(request.result)

    def _may_begin(self, request: _Request, has_begun: bool) -> bool:
        """Return whether the request may begin now. If not, it is queued."""
        with self._lock:
            if self._busy < self._most_busy:
                self._busy += 1
                return True
            if has_begun:
                self._begun.append(request)
                return False
            if len(self._queue) >= self._most_queued:
                raise TooManyRequests(retry_after=RETRY_SECONDS)
            limit = self._most_queued_of_one if request.person else None
            if limit is not None and self._queued_of[request.person] >= limit:
                raise TooManyOfOnePerson(retry_after=RETRY_SECONDS)
            self._queued_of[request.person] += 1
            self._queue.append(request)
            return False

    def _begin(self, request: _Request) -> None:
        executor = self._idle.pop() if self._idle else ThreadPoolExecutor(1, thread_name_prefix="request")
        executor.submit(self._work, request).add_done_callback(lambda _: self._take_back(executor))

    def _work(self, request: _Request) -> None:
        """Work on the request, and then in its place on those that have queued meanwhile."""
        following: _Request | None = request
        while following is not None:
            try:
                if following.result.set_running_or_notify_cancel():  # not if its client left the queue
                    following.result.set_result(following.function())
            except BaseException as problem:  # noqa: BLE001  (it is raised where the request is awaited)
                following.result.set_exception(problem)
            following = self._next() if following.is_counted else None

    def _next(self) -> _Request | None:
        """Take the next request from the queue; None, and one busy thread less, if there is none."""
        with self._lock:
            if self._begun:
                return self._begun.popleft()
            if not self._queue:
                self._busy -= 1
                return None
            request = self._queue.popleft()
            if self._queued_of[request.person] > 1:
                self._queued_of[request.person] -= 1
            else:
                del self._queued_of[request.person]
            return request

    def _take_back(self, executor: ThreadPoolExecutor) -> None:
        """Keep the executor for reuse, or end it. Called in its own thread as its last action."""
        if len(self._idle) < KEEP_IDLE:
            self._idle.append(executor)
        else:
            executor.shutdown(wait=False)
