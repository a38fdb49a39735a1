"""Requests hand their threads on; none gets one that is still busy."""

import asyncio
import threading

from asgiref.sync import SyncToAsync, sync_to_async

from emailassistant.request_threads import KEEP_IDLE, RequestThreads

name_of_thread = sync_to_async(threading.get_ident)


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
            async with threads.lend():
                used |= {await name_of_thread(), await name_of_thread()}
            await until(lambda: threads._idle)
        return used

    assert len(run(requests())) == 1


def test_requests_at_once_have_a_thread_each_and_few_are_kept():
    async def requests():
        threads, together = RequestThreads(), asyncio.Barrier(20)

        async def request():
            async with threads.lend():
                await together.wait()
                return await name_of_thread()

        used = await asyncio.gather(*(request() for _ in range(20)))
        await until(lambda: len(threads_of_requests() & set(used)) <= KEEP_IDLE)  # the others have ended
        return len(set(used)), len(threads._idle)

    assert run(requests()) == (20, KEEP_IDLE)


def test_a_thread_that_a_client_left_busy_is_not_lent():
    async def requests():
        threads, begun, gate, busy = RequestThreads(), threading.Event(), threading.Event(), []
        loop = asyncio.get_running_loop()

        def work():
            begun.set()
            busy.append(gate.wait(20))

        async def left():
            async with threads.lend():
                loop.run_in_executor(executor_of_block(), work)

        await left()
        await until(begun.is_set)
        async with threads.lend():
            await name_of_thread()  # would stand still behind the gate
            assert busy == []
        gate.set()

    run(requests())


def executor_of_block():
    return SyncToAsync.context_to_thread_executor[SyncToAsync.thread_sensitive_context.get()]
