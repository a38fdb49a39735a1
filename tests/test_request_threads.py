"""Requests reuse threads, but never one that is still busy, and a limited number works at a time."""

import asyncio
import threading
import time
from contextvars import ContextVar

import pytest

from emailassistant import request_threads
from emailassistant.request_threads import (
    KEEP_IDLE,
    RequestThreads,
    TooManyOfOnePerson,
    TooManyRequests,
)


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


# --- Limits ----------------------------------------------------------------------------------------


def held(number, gate, began):
    def work():
        began.append(number)
        gate.wait(20)
        return number

    return work


def test_no_more_work_at_once_than_may_and_the_others_follow_in_order():
    async def requests():
        threads, gate, began = RequestThreads(most_busy=2), threading.Event(), []
        running = [asyncio.ensure_future(threads.run(held(number, gate, began))) for number in range(6)]
        await until(lambda: len(began) == 2)
        await asyncio.sleep(0.05)
        first = list(began)
        gate.set()
        return first, await asyncio.gather(*running), began

    first, answers, began = run(requests())
    assert first == [0, 1]
    assert answers == [0, 1, 2, 3, 4, 5]
    assert sorted(began) == answers


def test_who_finds_the_queue_full_is_told_to_come_back():
    async def requests():
        threads, gate, began = RequestThreads(most_busy=1, most_queued=1), threading.Event(), []
        running = [asyncio.ensure_future(threads.run(held(number, gate, began))) for number in range(2)]
        await until(lambda: began)
        with pytest.raises(TooManyRequests) as refused:
            await threads.run(lambda: None)
        probe = await threads.run(lambda: "alive", is_counted=False)
        gate.set()
        await asyncio.gather(*running)
        return refused.value, probe

    refused, probe = run(requests())
    assert (refused.status, refused.retry_after) == (503, 5)
    assert probe == "alive"


def test_a_request_that_has_begun_comes_before_those_that_have_not_and_is_never_refused():
    async def requests():
        threads, gate, began = RequestThreads(most_busy=1, most_queued=2), threading.Event(), []
        running = [asyncio.ensure_future(threads.run(held(number, gate, began))) for number in range(3)]
        await until(lambda: began and threads._queued == 2)
        running.append(asyncio.ensure_future(threads.run(held(3, gate, began), has_begun=True)))
        running.append(asyncio.ensure_future(threads.run(held(4, gate, began), has_begun=True)))
        await until(lambda: len(threads._begun) == 2)
        gate.set()
        await asyncio.gather(*running)
        return began

    assert run(requests()) == [0, 3, 4, 1, 2]


def test_one_person_cannot_fill_the_queue():
    async def requests():
        threads, gate, began = RequestThreads(1, 10, most_queued_of_one=2), threading.Event(), []

        def send(number, person):
            return asyncio.ensure_future(threads.run(held(number, gate, began), person=person))

        running = [send(0, "ida")]
        await until(lambda: began)
        running += [send(1, "ida"), send(2, "ida"), send(3, "otto"), *(send(n, "") for n in (4, 5, 6))]
        await until(lambda: threads._queued == 6)
        with pytest.raises(TooManyOfOnePerson) as refused:
            await send(9, "ida")
        gate.set()
        await asyncio.gather(*running)
        await until(lambda: threads._busy == 0)
        await send(7, "ida")
        return refused.value, began, threads._queues

    refused, began, queued = run(requests())
    assert (refused.status, refused.retry_after) == (429, 5)
    assert began == [0, 1, 3, 4, 2, 5, 6, 7]  # people take turns
    assert not queued  # no one is remembered who has nothing in the queue


def test_of_one_person_few_requests_work_at_a_time_and_others_pass_them():
    async def requests():
        threads, gate, began = RequestThreads(most_busy=9, most_busy_of_one=2), threading.Event(), []

        def send(number, person):
            return asyncio.ensure_future(threads.run(held(number, gate, began), person=person))

        running = [send(number, "ida") for number in range(5)]
        await until(lambda: threads._queued == 3)
        running += [send(5, "otto"), send(6, ""), send(7, ""), send(8, "")]
        await until(lambda: len(began) == 6)
        first = sorted(began)
        gate.set()
        await asyncio.gather(*running)
        await until(lambda: threads._busy == 0)
        return first, began, threads._busy_of

    first, began, busy = run(requests())
    assert first == [0, 1, 5, 6, 7, 8]  # those who aren't signed in are many people
    assert sorted(began) == list(range(9))
    assert not busy


def test_a_request_whose_client_left_the_queue_is_not_worked_on():
    async def requests():
        threads, gate, began = RequestThreads(most_busy=1), threading.Event(), []
        first, second = (asyncio.ensure_future(threads.run(held(number, gate, began))) for number in range(2))
        await until(lambda: began)
        await asyncio.sleep(0)
        second.cancel()
        await asyncio.wait([second])
        gate.set()
        await first
        await until(lambda: threads._busy == 0)
        return began

    assert run(requests()) == [0]


def heavy():
    """Take a little more CPU than an ordinary request."""
    end = time.thread_time() + request_threads.HEAVY + 0.01
    while time.thread_time() < end:
        pass


def test_a_person_rests_after_heavy_requests_while_others_pass_and_then_goes_on(monkeypatch):
    monkeypatch.setattr(request_threads, "GRACE", 0.0)

    async def requests():
        threads = RequestThreads(most_busy=1, most_busy_of_one=4, has_shares=True)
        gate, began = threading.Event(), []

        def first():
            gate.wait(20)
            heavy()

        def send(name, person):
            return asyncio.ensure_future(threads.run(lambda: began.append(name), person=person))

        running = [asyncio.ensure_future(threads.run(first, person="ida"))]
        await until(lambda: threads._busy == 1)
        running += [send("Ida's second", "ida"), send("Ida's third", "ida"), send("Otto's", "otto")]
        await until(lambda: threads._queued == 3)
        gate.set()
        await asyncio.gather(*running)
        await until(lambda: threads._busy == 0)
        return began

    assert run(requests()) == ["Otto's", "Ida's second", "Ida's third"]  # she would be the first in turn


def test_a_rest_is_short_whatever_the_requests_took(monkeypatch):
    monkeypatch.setattr(request_threads, "GRACE", 0.0)
    monkeypatch.setattr(request_threads, "SHARE", 1e-9)
    monkeypatch.setattr(request_threads, "LONGEST_REST", 0.1)
    monkeypatch.setattr(request_threads, "MOST_QUEUED_AT_REST", 1)

    async def requests():
        threads = RequestThreads(most_busy=4, most_busy_of_one=2, has_shares=True)
        await threads.run(lambda: None, person="otto")
        running = [asyncio.ensure_future(threads.run(heavy, person="ida")) for _ in range(3)]
        await until(lambda: threads._owing)
        with pytest.raises(TooManyOfOnePerson):
            await asyncio.gather(*(threads.run(lambda: None, person="ida") for _ in range(3)))
        await asyncio.gather(*running)
        return "went on"

    assert run(requests()) == "went on"


@pytest.mark.parametrize("others", [False, True])
def test_who_is_alone_or_sends_one_request_after_the_other_does_not_rest(others):
    async def requests():
        threads = RequestThreads(most_busy_of_one=4, has_shares=True)
        if others:
            for _ in range(3):
                await threads.run(lambda: None, person="otto")
                await threads.run(heavy, person="ida")
        else:
            await asyncio.gather(*(threads.run(heavy, person="ida") for _ in range(6)))
        return threads._owing

    assert not run(requests())


# --- No more threads -------------------------------------------------------------------------------


@pytest.fixture
def exhausted(monkeypatch):
    """Let no thread for a request be started, as when the system has none left, until the test resets it."""
    exhausted, start = threading.Event(), threading.Thread.start

    def fail_or_start(thread):
        if exhausted.is_set() and thread.name.startswith("request"):
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", fail_or_start)
    return exhausted


def test_a_request_that_gets_no_thread_is_refused_and_takes_no_place(exhausted):
    async def requests():
        threads = RequestThreads(most_busy=2, most_busy_of_one=2)
        exhausted.set()
        refused = [
            await asyncio.gather(threads.run(lambda: None, person="ida"), return_exceptions=True)
            for _ in range(5)
        ]
        exhausted.clear()
        together = threading.Barrier(2)  # both places are there
        await asyncio.gather(*(threads.run(lambda: together.wait(20), person="ida") for _ in range(2)))
        await until(lambda: threads._busy == 0)
        return refused, threads._busy_of

    refused, busy = run(requests())
    assert {(type(error), error.retry_after) for [error] in refused} == {(TooManyRequests, 5)}
    assert not busy


def test_a_probe_that_gets_no_thread_is_refused_and_takes_no_place(exhausted):
    async def requests():
        threads = RequestThreads(most_busy=1)
        exhausted.set()
        with pytest.raises(TooManyRequests):
            await threads.run(lambda: None, is_counted=False)
        exhausted.clear()
        return threads._busy, await threads.run(lambda: "alive", is_counted=False)

    assert run(requests()) == (0, "alive")


def test_a_request_that_has_begun_goes_on_in_a_busy_thread_if_it_gets_none(exhausted):
    async def requests():
        threads, gate, began = RequestThreads(most_busy=9), threading.Event(), []
        running = [asyncio.ensure_future(threads.run(held(0, gate, began)))]
        await until(lambda: began)
        exhausted.set()
        running.append(asyncio.ensure_future(threads.run(held(1, gate, began), has_begun=True)))
        await until(lambda: threads._begun)
        gate.set()
        answers = await asyncio.gather(*running)
        await until(lambda: threads._busy == 0 and threads._idle)
        threads._idle.clear()
        with pytest.raises(RuntimeError, match="start new thread"):  # not: nothing was changed
            await threads.run(lambda: None, has_begun=True)
        return answers, threads._busy

    assert run(requests()) == ([0, 1], 0)


def test_after_a_rest_without_threads_what_waited_is_answered_and_the_next_goes_on(exhausted, monkeypatch):
    monkeypatch.setattr(request_threads, "GRACE", 0.0)
    monkeypatch.setattr(request_threads, "KEEP_IDLE", 0)
    monkeypatch.setattr(request_threads, "LONGEST_REST", 0.2)

    async def requests():
        threads = RequestThreads(most_busy=4, most_busy_of_one=2, has_shares=True)
        gate = threading.Event()

        def first():
            gate.wait(20)
            heavy()

        await threads.run(lambda: None, person="otto")
        running = [asyncio.ensure_future(threads.run(first, person="ida"))]
        await until(lambda: threads._busy == 1)
        running += [asyncio.ensure_future(threads.run(lambda: "done", person="ida")) for _ in range(3)]
        await until(lambda: threads._queued)
        exhausted.set()
        gate.set()
        answers = await asyncio.gather(*running, return_exceptions=True)
        exhausted.clear()
        await until(lambda: threads._busy == 0)
        return answers, await threads.run(lambda: "went on", person="ida")

    answers, later = run(requests())
    assert {type(answer) for answer in answers[-2:]} == {TooManyRequests}
    assert later == "went on"


def test_what_queues_goes_on_later_if_the_last_free_place_got_no_thread(exhausted, monkeypatch):
    monkeypatch.setattr(request_threads, "RETRY_SECONDS", 0.05)

    async def requests():
        threads = RequestThreads(most_busy=1)
        exhausted.set()
        threads._busy = (
            1  # as if a thread ended its work just before it is found that there is none for the next
        )
        waiting = asyncio.ensure_future(threads.run(lambda: "done"))
        await until(lambda: threads._queued)
        threads._busy = 0
        with pytest.raises(TooManyRequests):
            await threads.run(lambda: None)
        exhausted.clear()
        return await waiting

    assert run(requests()) == "done"
