"""SIGTERM: runs finish within the grace period, others are interrupted, and every client is answered."""

import threading

import httpx
import pytest

from assistant_app.engine.runner import Runner
from tests.real_server import RealServer, wait_until
from tests.server.conftest import in_background, new_email, send_input, state_of, wait_until_asked

pytestmark = pytest.mark.server


def ended_by_itself(server):
    """Return whether the worker exited by itself: one that takes too long is killed and logs nothing."""
    return "Finished server process" in server.log


def test_a_run_under_way_finishes_and_its_client_is_answered(model_server, gate):
    with RealServer(model=model_server) as server, server.client() as ida:
        app_id = new_email(ida)
        with in_background(send_input, ida, app_id) as answer:
            wait_until_asked(model_server, answer)
            server.begin_stop()
            gate.set()
            assert answer.result().status_code == 200

        assert answer.result().json()["drafts"]
        assert server.process.wait(60) == 0
        assert ended_by_itself(server)
        assert server.rows("SELECT status, next_step FROM assistant_app_application") == [
            ("waiting", "process_feedback")
        ]


def test_a_run_longer_than_the_grace_is_interrupted_and_goes_on_after_the_restart(model_server, gate):
    with RealServer(model=model_server, env={"SHUTDOWN_GRACE_SECONDS": "0.5"}) as server:
        with server.client() as ida:
            app_id = new_email(ida)
            with in_background(send_input, ida, app_id) as answer:
                wait_until_asked(model_server, answer)
                assert server.stop() == 0  # the model never answers
                assert ended_by_itself(server)
                assert answer.result().status_code == 503
        assert answer.result().json()["code"] == "interrupted"
        assert server.rows("SELECT status, error_code, lease_token FROM assistant_app_application") == [
            ("failed", "interrupted", None)
        ]

        gate.set()
        server.start()
        server.wait_until_ready()
        with server.client() as ida:
            retried = ida.post(f"/api/applications/{app_id}/retry/")

        assert retried.status_code == 200
        assert len(retried.json()["drafts"]) == 1


def test_a_killed_server_leaves_a_run_that_can_be_continued(model_server, gate):
    with RealServer(model=model_server, env={"RUN_LEASE_SECONDS": "1"}) as server:
        with server.client() as ida:
            app_id = new_email(ida)
            with in_background(send_input, ida, app_id) as answer:
                wait_until_asked(model_server, answer)
                server.kill()
                assert isinstance(answer.exception(), httpx.TransportError)

        gate.set()
        server.start()
        server.wait_until_ready()
        with server.client() as ida:
            wait_until(lambda: state_of(ida, app_id)["next_step"])  # the lease has expired
            retried = ida.post(f"/api/applications/{app_id}/retry/")

        assert retried.status_code == 200
        assert retried.json()["next_step"] == "process_feedback"


def test_a_signal_in_the_middle_of_a_start_does_not_stand_still():
    runner = Runner()

    def start_and_be_interrupted():
        with runner._lock:
            runner.begin_shutdown()

    thread = threading.Thread(target=start_and_be_interrupted, daemon=True)
    thread.start()
    thread.join(10)

    assert runner.is_stopping
    assert not thread.is_alive()


def test_a_server_that_ran_nothing_stops_at_once(model_server):
    with RealServer(model=model_server) as server:
        assert server.stop() == 0
        assert ended_by_itself(server)
