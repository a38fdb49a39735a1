"""The email assistant itself, shown by the pages that serve every workflow."""

from dataclasses import replace

import pytest

from assistant_app.errors import ModelTimeout
from assistant_app.workflow.email import EMAIL
from tests.conftest import Person, wait_for_runs

pytestmark = pytest.mark.django_db(transaction=True)
PLAIN = replace(
    EMAIL,
    doors={name: path for name, path in EMAIL.doors.items() if name != "page"},
    entries=[replace(entry, template="", buttons="") for entry in EMAIL.entries],
)


@pytest.fixture(autouse=True)
def plain(serve):
    serve(PLAIN)


def test_an_email_is_answered_on_them(person, browser, page_of, model):
    model.will_ask("When do the others ship?")
    person.give_input()
    page = page_of(person)
    assert page.says("1 question before the first draft")
    assert page.says("When do the others ship?")
    page.press("Send answers", answers="On 10 December.")
    wait_for_runs()
    page = page_of(person)
    assert page.says("Draft 1 is ready")
    assert page.says(Person.INSTRUCTIONS)
    page.press("Send feedback", feedback="Shorter.")
    wait_for_runs()
    page_of(person).press("Save as a new draft", text="My own words.")
    wait_for_runs()
    assert page_of(person).typed("text") == ["My own words."]
    page_of(person).press("Send feedback", feedback="")
    wait_for_runs()
    assert page_of(person).says("You accepted draft 3")
    page_of(person).press("Reopen")
    wait_for_runs()
    assert page_of(person).says("Draft 3 is ready")


def test_a_failed_run_is_told_and_tried_again_on_them(person, page_of, model):
    model.will_write(ModelTimeout())
    person.fails_at("process_input", email_to_respond=Person.EMAIL, response_instructions="Yes.")
    page = page_of(person)
    assert page.says("Draft 1 couldn’t be finished")
    assert page.says("Your email and instructions are saved")
    page.press("Try again")
    wait_for_runs()
    assert page_of(person).says("Draft 1 is ready")


def test_a_draft_that_broke_off_is_finished_by_hand_on_them(person, page_of, model):
    model.will_write(["<reply>Dear Marta,\n\nthe sensors ", ModelTimeout()])
    person.fails_at("process_input", email_to_respond=Person.EMAIL, response_instructions="Yes.")
    page = page_of(person)
    page.open(f"{page.address}?change=1")
    assert page.typed("text") == [person.row.partial]
    page.press("Save draft", text="Dear Marta, the sensors ship.")
    wait_for_runs()
    assert page_of(person).says("Dear Marta, the sensors ship.")


def test_the_instructions_are_changed_in_a_branch_on_them(person, page_of):
    person.give_input()
    page = page_of(person).press("Paste the email again")
    assert page.typed("response_instructions") == [Person.INSTRUCTIONS]
    page.press("Get a draft", response_instructions="No.")
    wait_for_runs()
    assert page.open(page.address).says("Draft 1 is ready")


def test_a_run_under_way_is_shown_with_its_text(person, page_of, model):
    gate = model.will_wait_to_write("Dear ", "Marta.")
    run = person.begin("process_input", {"email_to_respond": Person.EMAIL, "response_instructions": "Yes."})
    model.wait_until_asked("draft")
    page = page_of(person)
    assert page.says("Writing draft 1")
    page.press("Stop")
    assert page.says("You stopped it")
    gate.set()
    assert run.ended.result(10).error is not None
