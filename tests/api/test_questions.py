"""The model's questions over HTTP: they help, and never stand in the way of the draft."""

import pytest

from assistant_app import errors
from assistant_app.models import Application, ModelCall
from tests.api.conftest import INPUT, is_error
from tests.conftest import wait_for_runs

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    "failure",
    [
        errors.ModelFailed("The model refused."),
        errors.ModelTimeout(),
        errors.ModelUnavailable(retry_after=7),
        ValueError("a bug"),
    ],
)
def test_a_failure_of_the_questions_leads_to_a_draft_at_once(walk, model, failure):
    model.will_fail_to_ask(failure)
    answer = walk.put("initialize_draft", INPUT)
    assert answer.status_code == 200
    state = answer.json()
    assert (state["status"], state["next_step"]) == ("waiting", "process_feedback")
    assert (state["drafts"], state["questions"]) == (["Draft 1."], [])
    assert state["questions_error"]["code"] == getattr(failure, "code", "internal_error")
    assert state["questions_error"]["message"]


@pytest.mark.parametrize("prose", ["I think I understand.", "", "{{{{", "[1, 2]", "\x00 garbage <|x|>"])
def test_prose_without_questions_leads_to_a_draft_and_is_said(walk, model, prose):
    model.will_say_instead_of_asking(prose)
    state = walk.put("initialize_draft", INPUT).json()
    assert state["drafts"] == ["Draft 1."]
    assert state["questions_error"]["code"] == "model_failed"


def test_numbered_lines_are_questions(walk, model):
    model.will_say_instead_of_asking("Two questions:\n1. Which day?\n2. Which street?")
    state = walk.put("initialize_draft", INPUT).json()
    assert (state["questions"], state["questions_error"]) == (["Which day?", "Which street?"], None)
    assert state["next_step"] == "clarify_instructions"


def test_questions_come_with_choices_and_the_answer_may_be_any_text(walk, model):
    model.will_ask({"question": "Which day?", "reason": "", "choices": ["Monday", "Tuesday"]}, "Where?")
    state = walk.put("initialize_draft", INPUT).json()
    assert state["question_choices"] == [["Monday", "Tuesday"], []]
    state = walk.put("clarify_instructions", {"answers": ["On Sunday", ""]}).json()
    assert state["answers"] == ["On Sunday", ""]


def test_without_choices_each_question_has_an_empty_list(walk, model):
    assert walk.begin("Which day?").json()["question_choices"] == [[]]


def test_questions_are_skipped_while_they_are_looked_for_and_the_same_run_goes_on(walk, model):
    gate = model.will_wait_to_ask()
    started = walk.put("initialize_draft", INPUT, HTTP_PREFER="respond-async")
    assert started.status_code == 202
    model.wait_until_asked("questions")
    answer = walk.client.post(walk.url("skip_questions"))
    assert answer.status_code == 200
    state = answer.json()
    assert (state["drafts"], state["questions_error"]["code"]) == (["Draft 1."], "skipped")
    assert not gate.is_set()
    steps = walk.client.get(walk.url("steps")).json()["results"]
    assert [step["position"] for step in steps] == [
        "process_input",
        "determine_clarifications",
        "formulate_draft",
    ]
    assert [step["status"] for step in steps] == ["completed"] * 3
    questions = ModelCall.objects.get(purpose="questions")
    assert questions.error_code == "cancelled"


def test_questions_that_were_asked_are_skipped_all_at_once(walk, model):
    walk.begin("Which day?", "Where?")
    state = walk.client.post(walk.url("skip_questions")).json()
    assert (state["answers"], state["drafts"]) == (["", ""], ["Draft 1."])


def test_a_run_that_was_stopped_at_the_questions_goes_on_without_them(walk, model):
    model.will_wait_to_ask()
    walk.put("initialize_draft", INPUT, HTTP_PREFER="respond-async")
    model.wait_until_asked("questions")
    walk.client.post(walk.url("cancel"))
    state = walk.client.post(walk.url("skip_questions")).json()
    assert (state["status"], state["drafts"]) == ("waiting", ["Draft 1."])
    assert len(model.calls_for("questions")) == 1


def test_where_there_are_no_questions_nothing_is_skipped(walk, drafted, model):
    assert is_error(drafted.client.post(drafted.url("skip_questions")), 409, "nothing_to_skip")
    gate = model.will_wait_to_write("Dear ")
    drafted.put("process_feedback", {"feedback": "Shorter."}, HTTP_PREFER="respond-async")
    model.wait_until_asked("draft", times=2)
    assert is_error(drafted.client.post(drafted.url("skip_questions")), 409, "nothing_to_skip")
    gate.set()
    wait_for_runs()


def skip_offered_in(state):
    """Return the offer to skip the questions, without its address; check the address."""
    offers = [offer for offer in state["allowed_actions"] if offer["name"] == "skip_questions"]
    for offer in offers:
        url = f"http://testserver/api/applications/{state['app_id']}/skip_questions/"
        assert (offer.pop("url"), offer.pop("title")) == (url, "Go on without questions")
    return offers


def test_the_state_offers_to_skip_questions_exactly_while_that_is_done(walk, model):
    offer = [{"name": "skip_questions", "method": "POST", "input": None}]
    assert skip_offered_in(walk.state()) == []
    model.will_wait_to_ask()
    started = walk.put("initialize_draft", INPUT, HTTP_PREFER="respond-async")
    model.wait_until_asked("questions")
    assert skip_offered_in(started.json()) == offer
    assert skip_offered_in(walk.state()) == offer
    assert skip_offered_in(walk.client.post(walk.url("cancel")).json()) == offer
    wait_for_runs()
    model.will_ask("Which day?")
    asked = walk.client.post(walk.url("retry")).json()
    assert skip_offered_in(asked) == offer
    skipped = walk.client.post(walk.url("skip_questions")).json()
    assert (skipped["drafts"], skip_offered_in(skipped)) == (["Draft 1."], [])
    gate = model.will_wait_to_write("Dear ")
    walk.put("process_feedback", {"feedback": "Shorter."}, HTTP_PREFER="respond-async")
    model.wait_until_asked("draft", times=2)
    assert skip_offered_in(walk.state()) == []
    gate.set()
    wait_for_runs()


def test_an_old_version_of_the_email_is_not_skipped(walk, model):
    walk.begin("Which day?")
    answer = walk.client.post(walk.url("skip_questions"), HTTP_IF_MATCH='"0"')
    assert answer.status_code == 412


def test_another_users_questions_are_not_there(walk, other):
    walk.begin("Which day?")
    assert other.post(walk.url("skip_questions")).status_code == 404


def test_an_email_of_a_version_without_choices_goes_on(walk, model):
    walk.begin("Which day?")
    row = Application.objects.get()
    for key in ("clarification_choices", "clarification_error", "said_on"):
        row.state.pop(key, None)
    row.save()
    state = walk.state()
    assert (state["question_choices"], state["questions_error"]) == ([[]], None)
    assert walk.answer().json()["drafts"] == ["Draft 1."]
