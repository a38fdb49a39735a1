"""The same `Idempotency-Key` twenty times, at two servers, before, during and after a run and a kill -9."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from django.conf import settings

from tests.model_server import Reply
from tests.real_server import RealServer, wait_until
from tests.server.conftest import INPUT, drafts_asked, new_email, state_of

pytestmark = pytest.mark.server

KEYED = {"Idempotency-Key": "7b1f2f0c-3f0e-4a43-9d0e-0d9a2b1c55aa"}
TWENTY = 20


@pytest.fixture
def both(model_server):
    env = {"RUN_LEASE_SECONDS": "1"}
    with (
        RealServer(model=model_server, postgresql=not settings.IS_SQLITE, env=env) as first,
        RealServer(model=model_server, env=env, beside=first) as second,
    ):
        yield first, second


@pytest.fixture
def pool():
    with ThreadPoolExecutor(TWENTY) as pool:
        yield pool


def send(server, app_id, headers=KEYED):
    """Send the input; return None if the server was killed meanwhile."""
    with server.client() as client:
        try:
            return client.put(f"/api/applications/{app_id}/initialize_draft/", json=INPUT, headers=headers)
        except httpx.TransportError:
            return None


def said(answer):
    """Return what all answers have to agree on."""
    assert answer.status_code == 200, answer.text
    state = answer.json()
    return state["app_id"], state["version"], tuple(state["drafts"]), answer.headers["Idempotency-Version"]


def steps_of(server):
    return server.rows("SELECT position, status FROM assistant_app_step ORDER BY sequence_id")


def test_twenty_before_during_and_after_a_run_are_one_step(both, pool, model_server, gate):
    with both[0].client() as ida:
        app_id = new_email(ida)
    at_once = [pool.submit(send, both[n % 2], app_id) for n in range(10)]
    wait_until(lambda: drafts_asked(model_server) or any(answer.done() for answer in at_once))
    during = [pool.submit(send, both[n % 2], app_id) for n in range(5)]
    gate.set()
    answers = [answer.result() for answer in at_once + during]
    answers += [send(both[n % 2], app_id) for n in range(5)]

    assert len(answers) == TWENTY
    assert len({said(answer) for answer in answers}) == 1
    assert [answer.headers.get("Idempotency-Replayed") for answer in answers].count(None) == 1
    assert len(drafts_asked(model_server)) == 1
    assert [position for position, _ in steps_of(both[0])] == [
        "process_input",
        "determine_clarifications",
        "formulate_draft",
    ]


def test_after_a_kill_the_step_is_there_once_and_each_attempt_calls_the_model_once(
    both, pool, model_server, gate
):
    first, second = both
    with first.client() as ida:
        app_id = new_email(ida)
    killed = [pool.submit(send, first, app_id)]
    wait_until(lambda: drafts_asked(model_server) or killed[0].done())
    killed += [pool.submit(send, first, app_id) for _ in range(4)]
    waiting = [pool.submit(send, second, app_id) for _ in range(5)]
    first.kill()
    assert [answer.result() for answer in killed] == [None] * 5
    told = [answer.result() for answer in waiting]  # when the lease has expired
    assert {(answer.status_code, answer.json()["code"]) for answer in told} == {(503, "interrupted")}
    assert send(second, app_id).json()["code"] == "interrupted"
    assert len(drafts_asked(model_server)) == 1

    first.restart()
    gate.set()
    model_server.standing = Reply(text="In time.")
    retry = f"/api/applications/{app_id}/retry/"
    with first.client() as ida, second.client() as elsewhere:
        clients = [ida, elsewhere]
        retried = list(
            pool.map(lambda n: clients[n % 2].post(retry, headers={"Idempotency-Key": "retry"}), range(10))
        )
        assert len({said(answer) for answer in retried}) == 1
        answers = list(pool.map(lambda n: send(both[n % 2], app_id), range(TWENTY)))
        assert len({said(answer) for answer in answers}) == 1
        assert said(answers[0])[2] == ("In time.",)
        assert said(answers[0])[:3] == said(retried[0])[:3]
    assert len(drafts_asked(model_server)) == 2  # one for each attempt
    completed = [position for position, status in steps_of(second) if status == "completed"]
    assert completed == ["process_input", "determine_clarifications", "formulate_draft"]


def test_a_waiting_repeat_is_told_when_its_server_stops(both, pool, model_server, gate):
    first, second = both
    with first.client() as ida:
        app_id = new_email(ida)
    running = pool.submit(send, first, app_id)
    wait_until(lambda: drafts_asked(model_server) or running.done())
    waiting = pool.submit(send, second, app_id)
    with second.client() as elsewhere:
        state_of(elsewhere, app_id)  # the repeat has probably arrived, too
    assert second.stop() == 0
    answer = waiting.result()  # None if it arrived too late
    assert answer is None or (answer.status_code, answer.json()["code"]) == (503, "shutting_down")
    gate.set()
    assert running.result().status_code == 200
