"""The model's questions on the page: choices, skipping them, and a draft without any."""

import pytest

from assistant_app import operations
from assistant_app.engine.runner import Runner
from assistant_app.errors import ModelTimeout
from assistant_app.operations import answering
from assistant_app.operations.drafts import skipping
from tests.conftest import wait_for_runs

pytestmark = pytest.mark.django_db(transaction=True)

DAY = {"question": "Which day?", "reason": "She needs one.", "choices": ["Monday", "Tuesday"]}
INPUT = {"email_to_respond": "Hello", "response_instructions": "Yes"}


@pytest.fixture
def asked(person, page_of, model):
    model.will_ask(DAY, "Which street?")
    person.give_input()
    return page_of(person)


def answer(browser, person, **typed):
    browser.press("Draft the reply", **typed)
    wait_for_runs()
    return person.row.state["clarification_answers"]


def test_a_choice_is_the_answer(asked, person):
    assert asked.says("Monday Tuesday Doesn’t matter")
    assert answer(asked, person, **{"answers": ["", ""], "answers-choice-1": "Tuesday"}) == ["Tuesday", ""]


def test_ones_own_words_win_over_a_choice(asked, person):
    typed = {"answers": ["On Sunday", "Main Street"], "answers-choice-1": "Tuesday"}
    assert answer(asked, person, **typed) == ["On Sunday", "Main Street"]


def test_what_does_not_matter_is_the_empty_answer(asked, person):
    assert answer(asked, person, **{"answers": ["", ""], "answers-choice-1": ""}) == ["", ""]


def test_a_choice_is_still_chosen_when_an_answer_is_refused(asked, settings):
    settings.MAX_TEXT_CHARACTERS = 100
    asked.press("Draft the reply", **{"answers": ["", "x" * 101], "answers-choice-1": "Tuesday"})
    assert asked.status == 400
    assert asked.typed("answers-choice-1") == ["Tuesday"]
    assert asked.typed("answers") == ["", "x" * 101]


def test_questions_are_skipped_while_the_model_looks_for_them(person, page_of, model):
    model.will_wait_to_ask()
    person.begin("process_input", INPUT)
    model.wait_until_asked("questions")
    browser = page_of(person)
    assert browser.says("Skip questions")
    browser.client.post(f"/a/{person.app_id}/skip-questions/")
    wait_for_runs()
    browser = page_of(person)
    assert browser.says("Draft 1 is ready")
    assert not browser.says("We couldn’t ask any questions")


def test_there_is_nothing_to_skip_while_a_draft_is_written(person, page_of, model):
    gate = model.will_wait_to_write("Dear Marta")
    person.begin("process_input", INPUT)
    model.wait_until_asked("draft")
    browser = page_of(person)
    assert not browser.says("Skip questions")
    assert browser.client.post(f"/a/{person.app_id}/skip-questions/").status_code == 302
    gate.set()
    wait_for_runs()
    assert len(person.row.state["draft_history"]) == 1


def test_the_page_says_why_no_questions_could_be_asked(person, page_of, model):
    model.will_fail_to_ask(ModelTimeout())
    person.give_input()
    assert page_of(person).says("We couldn’t ask any questions first: The model's server gave no")
    person.give_feedback("Shorter.")
    assert not page_of(person).says("We couldn’t ask any questions")


def test_questions_are_skipped_in_a_run_of_another_process(person, model, monkeypatch):
    gate = model.will_wait_to_ask()
    run = person.begin("process_input", INPUT)
    model.wait_until_asked("questions")
    elsewhere = Runner()
    elsewhere.client = model
    for module in (answering, skipping):
        monkeypatch.setattr(module, "runner", elsewhere)
    try:
        sent = skipping.skip_questions(actor=person.user, app_id=person.app_id)
        row = operations.wait_until_ended(sent)
        gate.set()
        assert run.ended.result(10).error is not None
        assert row.state["draft_history"] == ["Draft 1."]
        assert person.row.version == row.version
    finally:
        elsewhere.shutdown()
