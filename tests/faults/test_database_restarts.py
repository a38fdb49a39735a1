"""The database stops while a run waits at its model, and comes back: no input is lost."""

import threading
from contextlib import contextmanager

import pytest

from tests.model_server import DRAFT, Reply, model_server  # noqa: F401  (a fixture)
from tests.own_postgresql import OwnPostgresql
from tests.real_server import RealServer, wait_until
from tests.server.conftest import (  # noqa: F401  (a fixture)
    EMAIL,
    gate,
    in_background,
    new_email,
    send_input,
    state_of,
    wait_until_asked,
)
from tests.services import needs_postgresql_programs, on_postgresql

pytestmark = [on_postgresql, needs_postgresql_programs, pytest.mark.server, pytest.mark.postgresql]


@pytest.fixture(scope="module")
def cluster():
    with OwnPostgresql() as cluster:
        yield cluster


@pytest.fixture
def server(cluster, model_server):  # noqa: F811
    with RealServer(model=model_server, postgresql=cluster.url, env={"RUN_LEASE_SECONDS": "2"}) as server:
        yield server


@contextmanager
def started_later(cluster):
    """Start the database after three seconds, while the block runs."""
    later = threading.Timer(3, cluster.start)
    later.start()
    try:
        yield
    finally:
        later.join()


def answers_again(client):
    wait_until(lambda: client.get("/readyz").status_code == 200)
    assert client.get("/api/applications/").status_code == 200


def finish(client, app_id):
    """Continue the email to its end, and check that all input is stored and was used once."""
    wait_until(lambda: state_of(client, app_id)["status"] != "running")
    if state_of(client, app_id)["status"] == "failed":
        answer = client.post(f"/api/applications/{app_id}/retry/")
        assert answer.status_code == 200, answer.text
    state = state_of(client, app_id)
    assert (state["email_to_respond"], state["drafts"]) == (EMAIL, [DRAFT])
    answer = client.put(f"/api/applications/{app_id}/process_feedback/", json={"feedback": ""})
    assert answer.status_code == 200, answer.text
    assert answer.json()["final_draft"] == DRAFT


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_it_is_restarted_while_the_model_writes(server, cluster, model_server, gate, mode):  # noqa: F811
    with server.client() as ida:
        app_id = new_email(ida)
        with in_background(send_input, ida, app_id) as answer:
            wait_until_asked(model_server, answer)
            cluster.stop(mode)
            cluster.start()
            gate.set()
        model_server.standing = Reply()
        answers_again(ida)

        assert answer.result().status_code in {200, 503}
        if answer.result().status_code == 503:
            assert answer.result().json()["code"] == "database_unavailable"
        finish(ida, app_id)
        assert server.process.poll() is None


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_it_is_away_when_the_draft_is_to_be_stored(server, cluster, model_server, gate, mode):  # noqa: F811
    with server.client() as ida:
        app_id = new_email(ida)
        with in_background(send_input, ida, app_id) as answer:
            wait_until_asked(model_server, answer)
            cluster.stop(mode)
            gate.set()
            with started_later(cluster):
                wait_until(answer.done)
        model_server.standing = Reply()
        answers_again(ida)

        assert answer.result().status_code in {200, 503}
        finish(ida, app_id)


def test_a_request_meanwhile_waits_or_gets_an_error(server, cluster):
    with server.client() as ida:
        app_id = new_email(ida)
        cluster.stop("immediate")
        with started_later(cluster):
            answer = ida.get(f"/api/applications/{app_id}/")
        assert answer.status_code in {200, 503}, answer.text
        answers_again(ida)
        assert send_input(ida, app_id).json()["drafts"] == [DRAFT]


def test_the_first_request_after_a_restart_has_its_answer(server, cluster):
    with server.client() as ida:
        app_id = new_email(ida)
        for _ in range(3):
            cluster.stop("immediate")
            cluster.start()
            assert ida.get(f"/api/applications/{app_id}/").status_code == 200
