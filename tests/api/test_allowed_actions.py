"""What `allowed_actions` lists is what a request is not refused for, at each point of an email."""

from uuid import uuid4

import pytest

from assistant_app.errors import ModelFailed

pytestmark = pytest.mark.django_db(transaction=True)
SENT = {
    "initialize_draft": {"email_to_respond": "Where are my 96 sensors?", "response_instructions": "Soon."},
    "clarify_instructions": {"answers": ["", ""]},
    "process_feedback": {"feedback": "Warmer."},
    "edit": None,
    "write": {"text": "Mine, too."},
    "use": {"draft": 1},
    "regenerate": None,
    "sources": {"left_out": ["notes"]},
    "reopen": None,
    "envelope": {"to": [], "cc": [], "subject": "Late", "identity": "", "quote": ""},
    "retry": None,
    "cancel": None,
    "skip_questions": None,
}
POSTED = {"regenerate", "reopen", "retry", "cancel", "skip_questions"}


def send(walk, endpoint):
    method = walk.client.post if endpoint in POSTED else walk.client.put
    data = {"text": f"Mine, {uuid4()}."} if endpoint == "edit" else SENT[endpoint]
    return method(walk.url(endpoint), data, format="json")


def allowed(walk):
    """Return the endpoints of what is said to be allowed, after trying all others."""
    state = walk.state()
    said = {each["url"].split("/")[-2] for each in state["allowed_actions"]}
    for endpoint in SENT.keys() - said:
        answer = send(walk, endpoint)
        assert answer.status_code == 409, (endpoint, answer.content)
    assert walk.state() == state
    return said


ENDED = {"reopen", "envelope"}
TO_READ = {"process_feedback", "edit", "use", "regenerate", "sources", "envelope"}
OWN = TO_READ - {"regenerate", "sources"}  # the current draft is no model's
FULL = {"process_feedback", "use", "envelope"}  # of drafts
PATHS = [
    ([], {"initialize_draft"}),
    (["initialize_draft"], {"clarify_instructions", "skip_questions", "envelope"}),
    (["initialize_draft", "clarify_instructions"], TO_READ),
    (["initialize_draft", "skip_questions", "edit"], OWN),
    (["initialize_draft", "skip_questions", "edit", "use", "sources"], TO_READ),
]


@pytest.mark.parametrize(("path", "expected"), PATHS)
def test_what_is_not_listed_is_refused_and_what_is_listed_is_taken(walk, model, path, expected):
    for listed in sorted(expected):
        again = type(walk)(walk.client, model)
        model.will_ask("Which day?", "Which address?")
        for endpoint in path:
            assert send(again, endpoint).status_code == 200, endpoint
        if listed == min(expected):
            assert allowed(again) == expected
        answer = send(again, listed)
        assert answer.status_code == 200, (listed, answer.content)


def test_a_stopped_run_is_asked_what_fits_before_its_input(drafted, model):
    send(drafted, "edit")
    model.will_write(ModelFailed("No."))
    assert send(drafted, "process_feedback").status_code == 502
    assert allowed(drafted) == {*OWN, "write", "retry"}
    assert send(drafted, "use").status_code == 200
    model.will_write(ModelFailed("No."))
    assert send(drafted, "regenerate").status_code == 502
    assert allowed(drafted) == {*TO_READ, "write", "retry"}
    assert send(drafted, "regenerate").status_code == 200


def test_drafts_that_reach_the_limit_leave_what_makes_none(drafted, model, settings):
    settings.MAX_ROUNDS = 1
    assert allowed(drafted) == FULL
    settings.MAX_ROUNDS = 2
    model.will_write(ModelFailed("No."))
    send(drafted, "process_feedback")
    settings.MAX_ROUNDS = 1
    assert allowed(drafted) == FULL
    answer = drafted.put("process_feedback", {"feedback": ""})
    assert (answer.status_code, answer.json()["status"]) == (200, "finished")
    assert allowed(drafted) == ENDED
