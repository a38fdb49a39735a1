"""Pools of request threads: each request has its own thread, which is reused when it ends.

Django's ASGI handler creates a thread for each request and another one to join it. Both, plus a new
database connection, cost more than a short request. A request that waits for a run has no thread
(`emailassistant/pending.py`).
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from assistant_app.errors import AssistantError
from assistant_app.phrases import gettext_noop

logger = logging.getLogger(__name__)

KEEP_IDLE = 8  # idle threads to keep; more are created on demand and end after use
MOST_BUSY = 32  # requests at the same time; 21 of them may wait for their turn to hash a password
MOST_BUSY_OF_ONE = 4  # of one person; they share the interpreter with everybody else's
MOST_QUEUED = 1_000
MOST_QUEUED_OF_ONE = 500
# Submits: few at the same time, so that a burst of them leaves the processor to the reads.
MOST_SUBMITS_BUSY = 3
MOST_SUBMITS_BUSY_OF_ONE = 2
MOST_SUBMITS_QUEUED = 2_000
RETRY_SECONDS = 5
# What one person's heavy requests take from others who are there, if several are sent at a time.
HEAVY = 0.04  # seconds of CPU that a request takes; ordinary ones take a quarter
SHARE = 0.03  # of a core: after a second of CPU, others go before for 33 seconds
GRACE = 7.0  # of these seconds, which don't count
LONGEST_REST = 10.0  # seconds
MOST_QUEUED_AT_REST = 20
TICK = 0.01  # seconds, more than the clock is wrong by
ALONE = 5.0  # seconds without a request of anybody else, after which no one rests


class TooManyRequests(AssistantError):
    said = gettext_noop(
        "The server has too much to do at this moment. Nothing was changed; send it again in a few seconds."
    )

    code = "too_busy"
    status = 503


class TooManyOfOnePerson(AssistantError):
    said = gettext_noop(
        "Too many of your requests wait for their turn. Nothing was changed; send it again in a few seconds."
    )

    code = "too_many_waiting"
    status = 429


@dataclass(eq=False)
class _Request:
    """One request, from the queue to the end of its work."""

    function: Callable[[], Any]
    person: str
    is_counted: bool
    has_begun: bool
    result: Future[Any] = field(default_factory=Future)


class RequestThreads:
    """Runs each request in a thread. `most_busy` work at a time, and others queue, so threads are bounded.

    People who queue take turns, and at most `most_busy_of_one` requests per person work at a time: anyone who
    sends many waits longer, and the others don't. Requests of people who aren't signed in queue together.

    With `has_shares`, while others are there, half as many. A person whose heavy requests take more than
    their share then rests for some seconds: what they sent waits, and of much more, some is refused.
    """

    def __init__(
        self,
        most_busy: int = MOST_BUSY,
        most_queued: int = MOST_QUEUED,
        *,
        most_busy_of_one: int | None = None,
        most_queued_of_one: int | None = None,
        has_shares: bool = False,
    ) -> None:
        self._idle: list[ThreadPoolExecutor] = []
        self._most_busy, self._most_queued = most_busy, most_queued
        self._most_busy_of_one, self._most_queued_of_one = most_busy_of_one, most_queued_of_one
        self._has_shares = has_shares
        self._lock = threading.Lock()
        self._busy = 0
        self._busy_of = Counter[str]()
        self._queued = 0
        self._queues: dict[str, deque[_Request]] = {}  # by person, in the order of their turns
        self._begun: deque[_Request] = deque()  # requests that were worked on before; they come first
        self._owing: dict[str, float] = {}  # by person, until when others go before, by `time.monotonic`
        self._latest, self._at = "", -ALONE  # who sent the last request, and when by `time.monotonic`
        self._before = -ALONE  # when somebody else last did
        self._loop: asyncio.AbstractEventLoop | None = None

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

        Raise `TooManyRequests` if the queue is full or no thread can be started, `TooManyOfOnePerson` if one
        person fills it. A request that is not counted never queues; one that has begun before is never
        refused.
        """
        self._loop = asyncio.get_running_loop()
        context = context or contextvars.copy_context()
        request = _Request(lambda: context.run(function), person, is_counted, has_begun)
        if not is_counted or self._may_begin(request):
            self._begin(request)
        return await asyncio.wrap_future(request.result)

    def _may_begin(self, request: _Request) -> bool:
        """Return whether the request may begin now. If not, it is queued."""
        person, has_begun = request.person, request.has_begun
        with self._lock:
            self._note(person)
            if self._busy < self._most_busy and (has_begun or self._has_turn(person)):
                self._busy += 1
                self._busy_of[person] += 1
                return True
            if has_begun:
                self._begun.append(request)
                return False
            if self._queued >= self._most_queued:
                raise TooManyRequests(retry_after=RETRY_SECONDS)
            queue = self._queues.get(person, deque())
            if person and len(queue) >= self._most_queued_by(person):
                raise TooManyOfOnePerson(retry_after=RETRY_SECONDS)
            queue.append(request)
            self._queues[person] = queue
            self._queued += 1
            return False

    def _most_queued_by(self, person: str) -> int:
        if self._owed(person) > GRACE:
            return MOST_QUEUED_AT_REST
        return self._most_queued if self._most_queued_of_one is None else self._most_queued_of_one

    def _has_turn(self, person: str) -> bool:
        limit = self._most_busy_of_one
        if not person or limit is None:
            return True
        busy = self._busy_of[person]
        if not (self._has_shares and self._has_company(person)):
            return busy < limit
        owed = self._owed(person)
        return owed <= GRACE and busy < (max(1, limit // 2) if owed <= GRACE / 2 else 1)

    def _owed(self, person: str) -> float:
        """Return for how many seconds others go before."""
        return max(0.0, self._owing.get(person, 0.0) - time.monotonic())

    def _note(self, person: str) -> None:
        """Remember when the last requests of two people came."""
        if person and person != self._latest:
            self._latest, self._before = person, self._at
        if person:
            self._at = time.monotonic()

    def _has_company(self, person: str) -> bool:
        """Return whether somebody else has sent a request lately."""
        return time.monotonic() - (self._before if person == self._latest else self._at) < ALONE

    def _begin(self, request: _Request) -> None:
        executor = self._idle.pop() if self._idle else ThreadPoolExecutor(1, thread_name_prefix="request")
        try:
            working = executor.submit(self._work, request)
        except RuntimeError as problem:  # the system has no thread left for this process
            self._not_begun(request, problem)
        else:
            working.add_done_callback(lambda _: self._take_back(executor))

    def _not_begun(self, request: _Request, problem: RuntimeError) -> None:
        """Give back the place of a request that got no thread, and refuse it.

        One that has begun before may have changed something: it goes on in a busy thread if there is one.
        """
        with self._lock:
            if request.is_counted:
                self._free(request.person)
                self._busy -= 1
            if request.has_begun and self._busy:
                self._begun.append(request)
                return
            if self._queued and not self._busy and self._loop is not None:
                self._loop.call_later(
                    RETRY_SECONDS, self._wake
                )  # no thread is left that would go on with them
        logger.error("A request was refused: %s", problem)
        if request.result.set_running_or_notify_cancel():
            refusal = problem if request.has_begun else TooManyRequests(retry_after=RETRY_SECONDS)
            request.result.set_exception(refusal)

    def _work(self, request: _Request) -> None:
        """Work on the request, and then in its place on those that have queued meanwhile."""
        following: _Request | None = request
        while following is not None:
            try:
                if following.result.set_running_or_notify_cancel():  # not if its client left the queue
                    following.result.set_result(self._result_of(following))
            except BaseException as problem:  # noqa: BLE001  (it is raised where the request is awaited)
                following.result.set_exception(problem)
            following = self._after(following) if following.is_counted else None

    def _result_of(self, request: _Request) -> Any:
        """Do the work, and count its CPU before anybody can send the next request."""
        begun_at = time.thread_time()
        try:
            return request.function()
        finally:
            if request.is_counted:
                self._charge(request.person, time.thread_time() - begun_at)

    def _after(self, done: _Request) -> _Request | None:
        """Return what to work on after this request; None, and one busy thread less, if there is nothing."""
        with self._lock:
            self._free(done.person)
            following = self._begun.popleft() if self._begun else self._next()
            if following is None:
                self._busy -= 1
            else:
                self._busy_of[following.person] += 1
            return following

    def _free(self, person: str) -> None:
        self._busy_of[person] -= 1
        if not self._busy_of[person]:
            del self._busy_of[person]

    def _charge(self, person: str, cpu: float) -> None:
        """Count a heavy request of a person who has sent others meanwhile, while somebody else is there."""
        if cpu < HEAVY or not (person and self._has_shares):
            return
        with self._lock:
            has_others = person in self._queues or self._busy_of[person] > 1
            if not (has_others and self._has_company(person)):
                return
            owed = min(self._owed(person) + cpu / SHARE, GRACE + LONGEST_REST)
            now = time.monotonic()
            self._owing = {each: until for each, until in self._owing.items() if until > now}
            self._owing[person] = now + owed
        if owed > GRACE and self._loop is not None:
            with suppress(RuntimeError):  # the server has shut down meanwhile
                self._loop.call_soon_threadsafe(self._loop.call_later, owed - GRACE + TICK, self._wake)

    def _wake(self) -> None:
        """Begin what waited for the end of a rest."""
        waited = []
        with self._lock:
            while self._busy < self._most_busy and (request := self._next()) is not None:
                self._busy += 1
                self._busy_of[request.person] += 1
                waited.append(request)
        for request in waited:
            self._begin(request)

    def _next(self) -> _Request | None:
        """Take a request of the first person in turn out of the queues; that person is then the last."""
        person = next(filter(self._has_turn, self._queues), None)
        if person is None:
            return None
        queue = self._queues.pop(person)
        request = queue.popleft()
        self._queued -= 1
        if queue:
            self._queues[person] = queue
        return request

    def _take_back(self, executor: ThreadPoolExecutor) -> None:
        """Keep the executor for reuse, or end it. Called in its own thread as its last action."""
        if len(self._idle) < KEEP_IDLE:
            self._idle.append(executor)
        else:
            executor.shutdown(wait=False)
