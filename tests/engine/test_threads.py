"""The database threads: a lost connection is replaced, and work that was started is finished."""

import asyncio
import threading

import pytest
from django.db import Error, connection

from assistant_app.engine.threads import DatabasePool
from assistant_app.models import Application
from tests.services import on_postgresql

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def pool():
    pool = DatabasePool(1)
    yield pool
    pool.close()


def lose():
    Application.objects.count()
    connection.connection.close()  # without Django's knowledge, as when a server restarts


@on_postgresql  # a SQLite connection is never lost
def test_a_connection_that_was_lost_while_idle_is_replaced(pool, monkeypatch):
    monkeypatch.setattr("assistant_app.engine.threads.IDLE_SECONDS", -1)
    asyncio.run(pool.run(lose))
    assert asyncio.run(pool.run(Application.objects.count)) == 0


@on_postgresql  # a SQLite connection is never lost
def test_a_connection_that_was_lost_in_use_costs_one_call(pool):
    asyncio.run(pool.run(lose))
    with pytest.raises(Error):
        asyncio.run(pool.run(Application.objects.count))
    assert asyncio.run(pool.run(Application.objects.count)) == 0


def test_what_was_begun_is_finished_although_it_was_cancelled(pool):
    begun, go_on, done = threading.Event(), threading.Event(), []

    def work():
        begun.set()
        go_on.wait(10)
        done.append(True)

    async def cancel():
        task = asyncio.ensure_future(pool.run(work))
        await asyncio.to_thread(begun.wait, 10)
        task.cancel()
        await asyncio.sleep(0)
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())
    assert done
