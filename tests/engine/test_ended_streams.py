"""Readers of live events in Redis that have left keep no connection to it."""

import asyncio
import json
import uuid
from datetime import timedelta

import pytest
import redis
from django.utils import timezone

from assistant_app.events import reader
from assistant_app.events.following import follow
from assistant_app.events.shared import key_of
from assistant_app.models import Application
from tests.own_redis import OwnRedis
from tests.real_server import wait_until
from tests.services import needs_redis_server

pytestmark = [pytest.mark.django_db(transaction=True), needs_redis_server]

READERS = 8
STARTED = {"kind": "step", "data": json.dumps({"position": "formulate_draft", "phase": "started"})}


@pytest.fixture
def running(owner):
    """An email that another process is writing a draft for."""
    return Application.objects.create(
        pk=uuid.uuid4(),
        owner=owner,
        version=1,
        status=Application.Status.RUNNING,
        next_step="formulate_draft",
        lease_token=uuid.uuid4(),
        lease_expires_at=timezone.now() + timedelta(minutes=5),
    )


def test_readers_that_have_left_are_no_longer_connected(settings, running, monkeypatch):
    monkeypatch.setattr(reader, "HEARTBEAT_SECONDS", 0)  # a reader tells at once that nothing has come
    with OwnRedis() as own:
        settings.REDIS_URL = own.url
        client = redis.Redis.from_url(own.url)
        client.xadd(key_of(running.pk), STARTED, id="1-1")

        def connected():
            return client.info("clients")["connected_clients"]

        async def read_and_leave():
            readers = [follow(running, None) for _ in range(READERS)]
            for each in readers:
                assert (await anext(each)).id == "1-1"
            assert await asyncio.gather(*map(anext, readers)) == [None] * READERS  # all wait at Redis at once
            reading = connected()
            for each in readers:
                await each.aclose()
            # Redis notices a moment later. At the end of the loop all would be closed anyway.
            await asyncio.to_thread(wait_until, lambda: connected() == before)
            return reading

        before = connected()
        assert asyncio.run(read_and_leave()) == before + READERS
        client.close()
