"""Requests reuse threads, but never one that is still busy."""

import asyncio
import threading
from contextvars import ContextVar

from emailassistant.request_threads import KEEP_IDLE, RequestThreads


def run(coroutine):
    return asyncio.run(asyncio.wait_for(coroutine, 30))


async def until(condition):
    """Poll: threads that were just freed come back in their own time."""
    while not condition():
        await asyncio.sleep(0.005)


def threads_of_requests():
    return {thread.ident for thread in threading.enumerate() if thread.name.startswith("request")}


def test_one_request_after_the_other_uses_the_same_thread():
    async def requests():
        threads, used = RequestThreads(), set()
        for _ in range(5):
            used.add(await threads.run(threading.get_ident))
            await until(lambda: threads._idle)
        return used

    assert len(run(requests())) == 1


def test_requests_at_once_have_a_thread_each_and_few_are_kept():
    async def requests():
        threads, together = RequestThreads(), threading.Barrier(20)

        def request():
            together.wait(20)
            return threading.get_ident()

        used = await asyncio.gather(*(threads.run(request) for _ in range(20)))
        await until(lambda: len(threads_of_requests() & set(used)) <= KEEP_IDLE)  # the others have ended
        return len(set(used)), len(threads._idle)

    assert run(requests()) == (20, KEEP_IDLE)


def test_a_thread_that_a_client_left_busy_is_not_lent():
    async def requests():
        threads, begun, gate, left_in = RequestThreads(), threading.Event(), threading.Event(), []

        def work():
            left_in.append(threading.get_ident())
            begun.set()
            gate.wait(20)

        leaving = asyncio.ensure_future(threads.run(work))
        await until(begun.is_set)
        leaving.cancel()
        await asyncio.wait([leaving])
        assert await threads.run(threading.get_ident) not in left_in  # a busy thread would block at the gate
        gate.set()
        await until(lambda: len(threads._idle) == 2)

    run(requests())


def test_a_request_takes_its_context_along():
    asked = ContextVar("asked")

    async def request():
        asked.set("by ida")
        return await RequestThreads().run(asked.get)

    assert run(request()) == "by ida"


def test_an_exception_reaches_the_caller_and_the_thread_is_kept():
    async def requests():
        threads = RequestThreads()
        try:
            await threads.run(lambda: 1 // 0)
        except ZeroDivisionError:
            await until(lambda: threads._idle)
            return True

    assert run(requests())
