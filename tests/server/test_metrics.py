"""`/metrics` of a real server with two processes: the sum of both, and who may read it."""

import threading

import pytest
from django.conf import settings
from prometheus_client.parser import text_string_to_metric_families

from tests.model_server import Reply, error
from tests.real_server import RealServer, wait_until
from tests.server.conftest import new_email, send_input
from tests.server.streaming import begin_input, listening

pytestmark = pytest.mark.server


def metrics_of(server):
    """Return every sample as `{(name, labels as text): value}`."""
    answer = server.get("/metrics")
    assert answer.status_code == 200, answer.text
    families = text_string_to_metric_families(answer.text)
    samples = (sample for family in families for sample in family.samples)
    return {
        (sample.name.removeprefix("emailassistant_"), *sorted(sample.labels.values())): sample.value
        for sample in samples
    }


def test_what_all_processes_did_is_added_up(model_server):
    env = {"WEB_CONCURRENCY": "2"}
    with RealServer(model=model_server, env=env, postgresql=not settings.IS_SQLITE) as server:
        for _ in range(6):
            with server.client() as ida:  # new connections, so that both processes get some
                assert send_input(ida, new_email(ida)).status_code == 200
        model_server.standing = error(400, "No.")
        with server.client() as ida:
            assert send_input(ida, new_email(ida)).status_code == 502
        gate = threading.Event()
        model_server.standing = Reply(gate=gate)
        with server.client() as ida:
            begin_input(ida, app_id := new_email(ida))
        with listening(server, app_id):
            wait_until(lambda: metrics_of(server)["event_streams_open",] == 1)
            during = metrics_of(server)
            gate.set()
        wait_until(
            lambda: metrics_of(server)["leases_held",] == metrics_of(server)["event_streams_open",] == 0
        )
        wait_until(lambda: metrics_of(server)["runs_ended_total", "", "waiting"] == 7)  # counted after it
        after = metrics_of(server)
        server.kill()

    assert during["runs_started_total",] == 8
    assert during["leases_held",] == during["leases_under_way",] == 1
    assert during["runs_ended_total", "", "waiting"] == 6
    assert after["runs_ended_total", "", "waiting"] == after["run_seconds_count", "waiting"] == 7
    assert after["runs_ended_total", "failed", "model_failed"] == 1
    assert after["model_calls_total", "", "draft"] == after["model_first_token_seconds_count", "draft"] == 7
    assert after["tokens_total", "in"] > 0
    assert after["leases_expired",] == 0
    assert after["http_request_seconds_count", "200", "PUT"] == 6


def test_a_run_whose_server_was_killed_is_an_expired_lease(model_server):
    model_server.standing = Reply(gate=(gate := threading.Event()))
    env = {"RUN_LEASE_SECONDS": "1"}
    with RealServer(model=model_server, env=env, postgresql=not settings.IS_SQLITE) as server:
        with server.client() as ida:
            begin_input(ida, new_email(ida))
        server.kill()
        gate.set()
        server.restart()
        wait_until(lambda: metrics_of(server)["leases_expired",] == 1)
        assert metrics_of(server)["leases_under_way",] == 0


@pytest.fixture
def ask(client, db):
    return lambda address="127.0.0.1", **headers: (
        client.get("/metrics", headers=headers, REMOTE_ADDR=address).status_code
    )


def test_only_this_machine_may_read_it_by_itself(ask):
    assert ask() == ask("::1") == ask("::ffff:127.0.0.1") == 200
    assert ask("192.0.2.7") == ask("::ffff:192.0.2.7") == ask("") == 403
    assert ask(**{"X-Forwarded-For": "192.0.2.7"}) == ask(forwarded="for=192.0.2.7") == 403


def test_a_network_may_be_let_in(ask, settings):
    settings.METRICS_ALLOW = ["192.0.2.0/24"]
    assert ask("192.0.2.7") == ask("::ffff:192.0.2.7") == 200
    assert ask() == ask("192.0.3.7") == 403


def test_with_a_token_nothing_else_counts(ask, settings):
    settings.METRICS_TOKEN = "s3cret"
    assert ask() == ask(authorization="Bearer wrong") == ask(authorization="Bearer é") == 403
    assert ask("192.0.2.7", authorization="Bearer s3cret", **{"X-Forwarded-For": "1.2.3.4"}) == 200
