"""Two servers on one database: one takes over or stops the other's run; a late save is refused."""

import threading
from contextlib import contextmanager

import pytest
from django.conf import settings

from tests.model_server import Reply
from tests.real_server import RealServer, wait_until
from tests.server.conftest import in_background, new_email, send_input, state_of, wait_until_asked

pytestmark = pytest.mark.server


@contextmanager
def two_servers(model_server, **env):
    with (
        RealServer(model=model_server, postgresql=not settings.IS_SQLITE, env=env) as first,
        RealServer(model=model_server, env=env, beside=first) as second,
    ):
        yield first, second


@pytest.fixture
def both(model_server):
    with two_servers(model_server) as both:
        yield both


@pytest.fixture
def both_with_short_leases(model_server):
    with two_servers(model_server, RUN_LEASE_SECONDS="1") as both:
        yield both


def test_a_server_that_stood_still_cannot_write_over_who_took_over(both_with_short_leases, model_server):
    first, second = both_with_short_leases
    gate = threading.Event()
    model_server.standing = Reply(text="Too late.", gate=gate)
    with first.client() as ida, second.client() as elsewhere:
        app_id = new_email(ida)
        with in_background(send_input, ida, app_id) as answer:
            wait_until_asked(model_server, answer)
            with first.stood_still():
                wait_until(lambda: state_of(elsewhere, app_id)["next_step"])
                assert state_of(elsewhere, app_id)["error"]["code"] == "interrupted"
                model_server.standing = Reply(text="In time.")
                retried = elsewhere.post(f"/api/applications/{app_id}/retry/")
                gate.set()  # the model answers before the server wakes up
            assert (answer.result().status_code, answer.result().json()["code"]) == (409, "superseded")

        assert retried.json()["drafts"] == ["In time."]
        assert first.stop() == 0  # it has no run left
        assert state_of(elsewhere, app_id) == retried.json()
    steps = "SELECT position, status FROM assistant_app_step ORDER BY sequence_id"
    assert second.rows(steps) == [
        ("process_input", "completed"),
        ("determine_clarifications", "completed"),
        ("formulate_draft", "completed"),
    ]
    assert second.rows("SELECT count(*) FROM assistant_app_modelcall") == [(2,)]


def test_a_run_is_stopped_from_the_other_server(both, model_server, gate):
    first, second = both
    with first.client() as ida, second.client() as elsewhere:
        app_id = new_email(ida)
        with in_background(send_input, ida, app_id) as answer:
            wait_until_asked(model_server, answer)
            cancelled = elsewhere.post(f"/api/applications/{app_id}/cancel/")
            assert (answer.result().status_code, answer.result().json()["code"]) == (409, "cancelled")

        assert (cancelled.status_code, cancelled.json()["error"]["code"]) == (200, "cancelled")
        assert cancelled.json()["email_to_respond"]
        wait_until(lambda: model_server.received[-1].left.is_set())  # the model call is closed
        assert state_of(elsewhere, app_id) == cancelled.json()

        gate.set()
        assert ida.post(f"/api/applications/{app_id}/retry/").json()["status"] == "waiting"
