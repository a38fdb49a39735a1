"""Two machines' worth of servers behind nginx, as docs/how-to/deploy.md sets them up; one may be killed."""

import random
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import pairwise

import httpx
import pytest

from tests.model_server import Reply
from tests.own_nginx import PRODUCTION, OwnNginx
from tests.own_redis import OwnRedis
from tests.real_server import DEADLINE, RealServer, wait_until
from tests.server.conftest import state_of
from tests.server.streaming import ASYNC, listening
from tests.server.walking import NumberedModel, Walker
from tests.services import needs_nginx, needs_redis_server, on_postgresql

pytestmark = [pytest.mark.server, pytest.mark.postgresql, on_postgresql, needs_redis_server, needs_nginx]

KILLS = 4
AT_ONCE = 4
GONE = {502, 503, 504}  # unknown whether it was done


@pytest.fixture(scope="module")
def model():
    with NumberedModel(latency=0.03, rate=200) as model:
        yield model


@pytest.fixture(scope="module")
def front(model):
    """nginx before two servers of two processes each, with the production settings."""
    with OwnRedis() as redis:
        env = PRODUCTION | {"REDIS_URL": redis.url, "RUN_LEASE_SECONDS": "2"}
        with (
            RealServer(model=model, postgresql=True, env=env) as first,
            RealServer(model=model, env=env, beside=first) as second,
            OwnNginx([first, second]) as front,
        ):
            yield front


class PatientWalker(Walker):
    """Continues when its server is gone: reads the state and sends the due step."""

    def begin(self, client):
        """Create the email under a chosen id, so that the request can be repeated."""
        app_id, created = str(uuid.uuid4()), False
        while not created:
            with suppress(httpx.TransportError):
                answer = client.post("/api/applications/", json={"app_id": app_id})
                created = answer.status_code in (200, 201)
        return app_id

    def walk(self, client):
        while True:
            try:
                state = self.look(client)
                if state["status"] == "finished":
                    return
                if state["status"] != "running":
                    self.take_step(client, state)
            except (httpx.TransportError, httpx.StreamError):
                continue

    def state(self, client):
        """Ask until one of the servers answers, because each may be killed at any time."""
        answers = []

        def is_answered():
            answers.append(client.get(f"/api/applications/{self.app_id}/state/"))
            return answers[-1].status_code not in GONE

        wait_until(is_answered)
        assert answers[-1].status_code == 200, answers[-1].text
        return answers[-1].json()

    def take_step(self, client, state):
        address = f"/api/applications/{self.app_id}"
        if state["status"] == "failed":
            assert state["error"]["code"] == "interrupted"
            answer = client.post(f"{address}/retry/", headers=ASYNC)
        else:
            endpoint, data = self.inputs_for(state)
            answer = client.put(f"{address}/{endpoint}/", json=data, headers=ASYNC)
        if answer.status_code == 202:
            self.note(answer.json())
            self.continued += state["status"] == "failed"
        else:
            assert answer.status_code in GONE | {409}, answer.text


def lead_away_from(client, server):
    """Send requests until the other server and then this one answered, so that the next goes to the other."""
    served = [server]

    def has_come_round():
        served.append(client.get("/healthz").headers["X-Served-By"])
        return served[-1] == server != served[-2] and "," not in served[-2]  # comma: a failed try

    wait_until(has_come_round)


def test_an_email_moves_between_the_servers_at_every_step(front, model):
    took = []
    with front.client() as ida:
        walker = Walker(ida)
        while (state := state_of(ida, walker.app_id))["status"] != "finished":
            endpoint, data = walker.inputs_for(state)
            writes = endpoint == "clarify_instructions" or data.get("feedback")
            gate = threading.Event()
            if writes:
                model.script(Reply(text=model.next_draft(), has_markers=True, gate_after=(3, gate)))
            if took:
                lead_away_from(ida, took[-1])
            answer = ida.put(f"/api/applications/{walker.app_id}/{endpoint}/", json=data, headers=ASYNC)
            assert answer.status_code == 202, answer.text
            took.append(answer.headers["X-Served-By"])
            with listening(front, walker.app_id) as reader:  # at either server
                if writes:
                    reader.wait_for_text("Dear Marta")
                gate.set()
                reader.wait_until_closed()
            assert reader.has_ended
            if writes:
                assert reader.text == state_of(ida, walker.app_id)["drafts"][-1]
                assert [event.name for event in reader.told].count("token") > 0
    walker.check(front)
    assert len(took) == 4
    assert all(one != other for one, other in pairwise(took)), took


def test_servers_killed_at_random_instants_lose_and_double_nothing(front):
    dice = random.Random(6)
    everybody, over = [], []

    def walk():
        with front.client() as client:
            while not over:
                everybody.append(walker := PatientWalker(client))
                walker.walk(client)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        walks = [pool.submit(walk) for _ in range(AT_ONCE)]
        for _ in range(KILLS):
            time.sleep(dice.uniform(0, 0.8))
            killed = dice.choice(front.servers)
            killed.kill()
            killed.restart()
        over.append(True)
        for each in walks:
            each.result()
    continued = sum(walker.continued for walker in everybody)
    print(f"{KILLS} servers killed, {len(everybody)} emails, {continued} runs continued.")
    for walker in everybody:
        walker.check(front)


def test_what_the_proxy_keeps_to_itself(front):
    assert front.get("/metrics").status_code == 404
    assert front.servers[0].get("/metrics").status_code == 200
    plain = httpx.get(f"http://127.0.0.1:{front.plain_port}/sign-in/", timeout=DEADLINE)
    assert (plain.status_code, plain.headers["Location"]) == (301, "https://127.0.0.1/sign-in/")
    page = front.get("/welcome/", headers={"X-Forwarded-Proto": "http"})
    assert page.status_code in (200, 302)
    assert not page.headers.get("Location", "").startswith("http:")
    asked = front.get("/healthz", headers={"X-Request-ID": "mine"})
    assert len(asked.headers["X-Request-ID"]) == 32
