"""Submits that wait for the model hold no thread of the real server, and no one else waits for them."""

import asyncio
import sqlite3
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import psycopg
import pytest
from django.conf import settings

from tests.real_server import RealServer, wait_until
from tests.server.conftest import INPUT, drafts_asked, new_email, state_of

pytestmark = pytest.mark.server

SUBMITS = 150
MOST_THREADS = 64


def threads_of(pid):
    return len(list(Path(f"/proc/{pid}/task").iterdir()))


def test_many_that_wait_hold_few_threads_and_are_all_answered(model_server, gate):
    with RealServer(model=model_server, postgresql=not settings.IS_SQLITE) as server, server.client() as ida:
        ids = [new_email(ida) for _ in range(SUBMITS)]

        async def send_all():
            options = {"limits": httpx.Limits(max_connections=None), "timeout": 120, "base_url": server.url}
            async with httpx.AsyncClient(**options, headers=dict(ida.headers)) as client:
                coming = [
                    asyncio.ensure_future(
                        client.put(f"/api/applications/{app_id}/initialize_draft/", json=INPUT)
                    )
                    for app_id in ids
                ]
                await asyncio.to_thread(wait_until, lambda: len(drafts_asked(model_server)) == SUBMITS)
                seen = threads_of(server.worker_pid), state_of(ida, ids[0])
                gate.set()
                return seen, await asyncio.gather(*coming)

        (threads, read), answers = asyncio.run(send_all())
    assert threads <= MOST_THREADS
    assert read["status"] == "running"
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.json()["app_id"] for answer in answers} == set(ids)
    assert all(answer.json()["drafts"] for answer in answers)


@contextmanager
def nothing_can_be_written(server):
    """Hold the lock that every creation needs."""
    if settings.IS_SQLITE:
        with closing(sqlite3.connect(server.database.path, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield
    else:
        with psycopg.connect(server.database.url) as connection:
            connection.execute("LOCK TABLE assistant_app_application IN EXCLUSIVE MODE")
            yield
            connection.rollback()


def test_a_person_who_fills_the_queue_gets_429_and_another_person_is_served(model_server):
    env = {"MAX_RUNS_AT_ONCE": "1"}  # ten requests may queue
    with RealServer(
        model=model_server, postgresql=not settings.IS_SQLITE, env=env, people=("ida", "otto")
    ) as server:

        async def flood():
            options = {"limits": httpx.Limits(max_connections=None), "timeout": 120, "base_url": server.url}
            async with httpx.AsyncClient(**options) as client:

                def create(person):
                    headers = {"Authorization": f"Token {server.tokens[person]}"}
                    return asyncio.ensure_future(client.post("/api/applications/", headers=headers))

                with nothing_can_be_written(server):
                    mine = [create("ida") for _ in range(30)]
                    await asyncio.to_thread(wait_until, lambda: sum(map(asyncio.Future.done, mine)) == 18)
                    read = await client.get(
                        "/api/applications/", headers={"Authorization": f"Token {server.tokens['ida']}"}
                    )
                    theirs = create("otto")
                return read, await theirs, await asyncio.gather(*mine)

        read, theirs, mine = asyncio.run(flood())
    assert (read.status_code, theirs.status_code) == (200, 201)
    assert [answer.status_code for answer in mine].count(201) == 2 + 10  # at work and in the queue
    refused = [answer for answer in mine if answer.status_code != 201]
    assert {(answer.status_code, answer.json()["code"]) for answer in refused} == {(429, "too_many_waiting")}
    assert refused[0].headers["Retry-After"] == "5"
