"""Every row of the error table. After a failed model call, everything is kept and the run can be retried."""

import json

import pytest
from django.contrib.sessions.exceptions import SessionInterrupted
from django.db import OperationalError
from django.test import override_settings
from rest_framework.test import APIClient

from assistant_app import errors, operations
from assistant_app.api.authentication import TokenAuthentication
from assistant_app.models import Application
from emailassistant import error_pages
from tests.api.conftest import INPUT, LIST_URL, is_error, url_of

pytestmark = pytest.mark.django_db(transaction=True)
UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"
MODEL_FAILURES = [
    (errors.ModelFailed, 502, "model_failed"),
    (errors.ModelUnavailable, 503, "model_unavailable"),
    (errors.ModelTimeout, 504, "model_timeout"),
]


def test_a_database_that_is_away_is_no_mistake_of_ours(api, monkeypatch):
    def away(**asked):
        raise OperationalError("couldn't get a connection after 30.00 sec")

    monkeypatch.setattr(operations, "get", away)
    answer = api.get(url_of(UNKNOWN_ID))
    assert is_error(answer, 503, "database_unavailable")
    assert answer["Retry-After"] == "5"


def test_a_database_that_is_away_is_asked_once_who_this_is(client, monkeypatch):
    asked = []

    def away(self, request):
        asked.append(request)
        raise OperationalError("couldn't get a connection after 30.00 sec")

    monkeypatch.setattr(TokenAuthentication, "authenticate", away)
    assert is_error(client.get(LIST_URL), 503, "database_unavailable")
    assert len(asked) == 1


def test_an_unknown_id_is_not_found(api, db):
    assert is_error(api.get(url_of(UNKNOWN_ID)), 404, "not_found")
    assert is_error(api.put(url_of(UNKNOWN_ID, "initialize_draft"), INPUT, format="json"), 404, "not_found")


@pytest.mark.parametrize("path", ["x/", "nonsense/state/", "123/", "%00/", "0" * 5000 + "/"])
def test_an_id_that_is_none_is_not_found(api, path):
    assert is_error(api.get(LIST_URL + path), 404, "not_found")


@pytest.mark.parametrize(
    "path", ["/api/nothing/", "/api/nothing", "/api/applications/x/y/z", "/api/applications"]
)
@pytest.mark.parametrize("method", ["get", "post", "put", "delete"])
def test_an_unknown_address_is_answered_in_the_same_shape(method, path):
    client = APIClient(enforce_csrf_checks=True)  # as a real one: it has none of a form's tokens
    assert is_error(getattr(client, method)(path), 404, "not_found")


def test_a_host_that_is_not_ours_is_refused_in_the_same_shape(client):
    assert is_error(client.get(LIST_URL, headers={"Host": "evil.example"}), 400, "invalid", "Host")


def test_what_else_is_refused_before_any_view_is_told_in_the_same_shape(rf):
    answer = error_pages.bad_request(rf.get(LIST_URL), SessionInterrupted())
    assert answer.status_code == 400
    assert json.loads(answer.content)["code"] == "invalid"


def test_what_is_missing_is_named(walk):
    assert is_error(
        walk.put("initialize_draft", {}), 400, "invalid", "email_to_respond", "response_instructions"
    )


def test_a_step_that_is_not_the_next_one_is_refused(walk):
    assert is_error(walk.feed_back("Shorter."), 409, "wrong_step")


def test_a_finished_email_takes_nothing_more(drafted):
    drafted.feed_back("")
    assert is_error(drafted.feed_back("Shorter."), 409, "finished")
    assert is_error(drafted.begin(), 409, "finished")


def test_a_second_run_is_refused(running):
    walk = running()
    assert is_error(walk.begin(), 409, "already_running")
    assert is_error(walk.retry(), 409, "already_running")
    state = walk.state()
    assert state["status"] == "running"
    assert state["next_step"] is state["next_url"] is None


def test_a_run_whose_server_was_killed_shows_as_stopped_and_goes_on(running):
    walk = running(lease_seconds=-1)
    state = walk.state()
    assert state["status"] == "failed"
    assert state["error"]["code"] == "interrupted"
    assert state["next_step"] == "process_input"
    assert walk.begin().status_code == 200


def test_a_stale_version_is_refused(walk):
    walk.begin()
    stale = walk.put("clarify_instructions", {"answers": ["", ""]}, headers={"If-Match": '"0"'})
    assert is_error(stale, 412, "stale_version")


def test_there_is_nothing_to_retry_when_nothing_stopped(walk):
    assert is_error(walk.retry(), 409, "nothing_to_retry")


@pytest.mark.parametrize(("failure", "status", "code"), MODEL_FAILURES)
def test_a_failure_of_the_model_keeps_what_was_typed(walk, failure, status, code):
    assert is_error(walk.begin_and_fail(failure()), status, code)
    state = walk.state()
    assert state["status"] == "failed"
    assert state["error"]["code"] == code
    assert state["email_to_respond"] == INPUT["email_to_respond"]
    assert state["next_step"] == "process_input"


@pytest.mark.parametrize(("failure", "status", "code"), MODEL_FAILURES)
def test_retry_goes_on_after_a_failure(walk, model, failure, status, code):
    walk.begin()
    model.will_write(failure())
    assert is_error(walk.answer(), status, code)
    state = walk.retry().json()
    assert state["status"] == "waiting"
    assert state["error"] is None
    assert len(state["drafts"]) == 1


def test_other_text_may_be_sent_after_a_failure(walk):
    walk.begin_and_fail(errors.ModelFailed())
    state = walk.put("initialize_draft", {**INPUT, "response_instructions": "No."}).json()
    assert state["response_instructions"] == "No."
    assert state["status"] == "waiting"


@pytest.mark.parametrize("action", ["retry", "cancel"])
def test_a_text_that_was_meant_for_the_step_is_refused_and_not_lost(
    walk, other, nothing_happens_later, action
):
    walk.begin_and_fail(errors.ModelFailed())
    nothing_happens = nothing_happens_later()
    sent = {"email_to_respond": "Another."}
    answer = walk.client.post(walk.url(action), sent, format="json")
    assert is_error(answer, 400, "invalid", "email_to_respond")
    assert is_error(other.post(walk.url(action), sent, format="json"), 404, "not_found")
    nothing_happens()


def test_retry_after_is_passed_on(walk):
    response = walk.begin_and_fail(errors.ModelUnavailable(retry_after=17))
    assert is_error(response, 503, "model_unavailable")
    assert response["Retry-After"] == "17"


def test_a_method_that_is_not_offered_is_refused(walk, api):
    response = api.patch(walk.url(), {}, format="json")
    assert is_error(response, 405, "method_not_allowed")
    assert "GET" in response["Allow"]


def test_another_media_type_is_refused(walk, api):
    response = api.put(walk.url("initialize_draft"), "hello", content_type="text/plain")
    assert is_error(response, 415, "unsupported_media_type")


def test_an_answer_that_cannot_be_given_is_refused(walk, api):
    assert is_error(api.get(walk.url(), headers={"Accept": "image/png"}), 406, "not_acceptable")


@override_settings(DEBUG=False)
def test_a_mistake_of_ours_says_nothing_of_itself(api, walk, monkeypatch):
    def explode(self):
        raise RuntimeError("the secret is 42")

    api.raise_request_exception = False
    monkeypatch.setattr(Application, "due_step", property(explode))
    response = api.get(walk.url())
    assert is_error(response, 500, "internal_error")
    assert b"42" not in response.content
