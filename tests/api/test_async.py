"""A submit that answers at once, and a run that is stopped."""

import threading

import pytest
from rest_framework.test import APIClient

from assistant_app.models import ApiToken
from tests.api.conftest import INPUT, is_error

pytestmark = pytest.mark.django_db(transaction=True)


def begin_at_once(walk):
    return walk.put("initialize_draft", INPUT, headers={"Prefer": "respond-async"})


def test_a_submit_that_prefers_it_answers_202_with_where_its_events_are(walk, model):
    gate = model.will_wait_to_ask()
    answer = begin_at_once(walk)
    gate.set()
    assert (answer.status_code, answer["Preference-Applied"]) == (202, "respond-async")
    assert answer["Location"] == f"http://testserver{walk.url('events')}"
    assert answer.json()["status"] == "running"
    assert answer.json()["email_to_respond"] == INPUT["email_to_respond"]


def test_a_refused_submit_answers_so_whatever_it_prefers(walk, model):
    begin_at_once(walk)
    model.wait_until_asked("draft")
    answer = walk.put("clarify_instructions", {"answers": []}, headers={"Prefer": "respond-async"})
    assert answer.status_code == 409


def test_cancel_stops_the_run_and_keeps_what_was_typed(walk, model):
    model.will_write(["<reply>Dear ", threading.Event()])
    begin_at_once(walk)
    model.wait_until_asked("draft")
    answer = walk.client.post(walk.url("cancel"))
    assert (answer.status_code, answer.json()["error"]["code"]) == (200, "cancelled")
    assert (answer.json()["status"], answer.json()["stopped"]) == ("failed", True)
    assert answer.json()["next_step"] == "process_input"
    assert walk.retry().json()["status"] == "waiting"


def test_cancel_refuses_when_nothing_runs(walk):
    answer = walk.client.post(walk.url("cancel"))
    assert (answer.status_code, answer.json()["code"]) == (409, "nothing_to_cancel")


def test_the_events_of_a_stranger_s_email_are_not_there(walk, stranger, client):
    client.force_login(stranger)
    answer = client.get(walk.url("events"))
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_the_events_ask_who_one_is(walk, client):
    answer = client.get(walk.url("events"))
    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")
    assert answer["WWW-Authenticate"]


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_the_events_take_get_alone(walk, owner, method):
    token = ApiToken.objects.create(owner)[1]
    client = APIClient(enforce_csrf_checks=True, headers={"Authorization": f"Token {token}"})
    answer = getattr(client, method)(walk.url("events"))
    assert is_error(answer, 405, "method_not_allowed")
    assert answer["Allow"] == "GET"
    assert "WWW-Authenticate" not in answer


def test_a_mistake_before_the_events_begin_is_answered_in_the_one_shape(walk, client, owner, monkeypatch):
    client.force_login(owner)
    client.raise_request_exception = False
    monkeypatch.setattr("assistant_app.operations.get", lambda **_: 1 / 0)
    answer = client.get(walk.url("events"))
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
