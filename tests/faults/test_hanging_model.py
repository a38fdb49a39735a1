"""Sixty calls hang at the model: other requests still work, and each call ends at its time limit."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import pytest
from django.conf import settings

from tests.model_server import Reply, model_server, questions  # noqa: F401  (a fixture)
from tests.real_server import DEADLINE, RealServer, wait_until
from tests.server.conftest import EMAIL, gate, new_email, send_input, state_of  # noqa: F401  (a fixture)

SIXTY = 60
SESSION = """
import django
django.setup()
from django.contrib.auth import get_user_model
from django.test import Client
client = Client()
client.force_login(get_user_model().objects.get(username="ida"))
print(client.cookies["sessionid"].value)
"""


@contextmanager
def sixty_sent(model_server, seconds):  # noqa: F811
    """Send sixty emails to a server with this model timeout; yield their ids and answers."""
    env = {"MODEL_TIMEOUT_SECONDS": seconds, "MODEL_RETRIES": "0", "MAX_RUNS_AT_ONCE": str(SIXTY)}
    options = {"postgresql": not settings.IS_SQLITE, "env": env, "collect": True}
    with (
        RealServer(model=model_server, **options) as server,
        server.client() as ida,
        ThreadPoolExecutor(SIXTY) as pool,
    ):
        hanging = [new_email(ida) for _ in range(SIXTY)]
        yield server, ida, hanging, [pool.submit(_send, server, app_id) for app_id in hanging]


@pytest.mark.server
def test_everything_else_answers(model_server, gate):  # noqa: F811
    model_server.standing_questions = Reply(text='{"questions": []}', gate=gate)
    with sixty_sent(model_server, "600") as (server, ida, hanging, answers), browser(server) as page:
        try:
            wait_until(lambda: len(model_server.received) == SIXTY or any(each.done() for each in answers))
            other = new_email(ida)
            assert ida.get("/healthz").text == "ok"
            assert ida.get("/readyz").json() == {"status": "ready"}
            assert ida.get("/api/applications/").json()["count"] == SIXTY + 1
            assert state_of(ida, other)["status"] == "waiting"
            assert state_of(ida, hanging[0])["status"] == "running"
            assert send_input(ida, hanging[0]).json()["code"] == "already_running"
            assert ida.delete(f"/api/applications/{other}/").status_code == 204
            for address in ("/", f"/a/{hanging[0]}/"):
                assert page.get(address).status_code == 200
            assert not any(answer.done() for answer in answers)
        finally:
            gate.set()
        assert {answer.result().json()["next_step"] for answer in answers} == {"process_feedback"}


@pytest.mark.server
def test_the_calls_end_at_their_time(model_server):  # noqa: F811
    model_server.standing = model_server.standing_questions = Reply(hang=True)
    with sixty_sent(model_server, "1") as (_server, ida, hanging, answers):
        ended = [answer.result() for answer in answers]
        assert {(answer.status_code, answer.json()["code"]) for answer in ended} == {(504, "model_timeout")}
        states = [state_of(ida, app_id) for app_id in hanging]
        assert {(state["status"], state["error"]["code"]) for state in states} == {
            ("failed", "model_timeout")
        }
        assert {state["email_to_respond"] for state in states} == {EMAIL}

        model_server.standing, model_server.standing_questions = Reply(), questions()
        again = f"/api/applications/{hanging[0]}/retry/"
        # One second is not always enough on a busy machine, so retry until it is.
        wait_until(lambda: ida.post(again).json().get("next_step") == "process_feedback")


def _send(server, app_id):
    with server.client() as client:
        return send_input(client, app_id)


def browser(server):
    session = server.run("-c", SESSION).strip()
    return httpx.Client(base_url=server.url, cookies={"sessionid": session}, timeout=DEADLINE)
