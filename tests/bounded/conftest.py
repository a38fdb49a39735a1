"""Staff without rate limits, who may see every address; a heap without what other tests left; a server."""

import gc

import httpx
import pytest
from django.test import Client

from tests.asgi_server import AsgiServer
from tests.bounded.door import Door


@pytest.fixture(scope="module")
def without_garbage_of_others():
    """Keep what earlier tests left out of collections, as the server does with what it loads at its start."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture
def door(owner, settings, without_garbage_of_others):
    owner.is_staff = owner.is_superuser = True
    owner.save()
    settings.API_RATE_USER = "100000/minute"
    settings.MAX_DRAFTS_PER_DAY = settings.MAX_RUNS_AT_ONCE = settings.MAX_ROUNDS = 0
    return Door(owner)


@pytest.fixture
def server():
    server = AsgiServer().start()
    yield server
    server.stop()


def reader(server, user):
    """Return a client that is signed in, over real sockets."""
    client = Client()
    client.force_login(user)
    cookies = {"sessionid": client.cookies["sessionid"].value}
    return httpx.Client(base_url=server.url, cookies=cookies, timeout=30)
