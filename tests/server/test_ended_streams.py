"""Event streams that have ended hold nothing: no connection to Redis, no file of the process."""

from contextlib import ExitStack

import pytest
import redis

from tests.own_redis import OwnRedis
from tests.real_server import RealServer, wait_until
from tests.server.conftest import in_background, new_email, send_input, wait_until_asked
from tests.server.streaming import listening
from tests.services import needs_redis_server

pytestmark = [pytest.mark.server, needs_redis_server]

READERS = 12


def test_readers_that_have_left_keep_no_connection_to_redis(model_server, gate):
    with ExitStack() as stack:
        shared = stack.enter_context(OwnRedis())
        env = {"REDIS_URL": shared.url, "RUN_LEASE_SECONDS": "60"}
        first = stack.enter_context(RealServer(model=model_server, env=env))
        second = stack.enter_context(RealServer(model=model_server, env=env, beside=first))
        clients = redis.Redis.from_url(shared.url)
        ida = stack.enter_context(first.client())

        def connections():
            return clients.info("clients")["connected_clients"]

        app_id = new_email(ida)
        with in_background(send_input, ida, app_id) as answer:
            wait_until_asked(model_server, answer)
            wait_until(lambda: clients.keys("emailassistant:events:*"))
            before = connections()
            with ExitStack() as readers:
                for _ in range(READERS):
                    readers.enter_context(listening(second, app_id))
                wait_until(lambda: connections() >= before + READERS)
            wait_until(lambda: connections() <= before + 2)
            gate.set()
            assert answer.result().status_code == 200
        clients.close()
