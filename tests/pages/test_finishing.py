"""A draft that broke off is finished in the editor, without scripts too."""

import pytest

from assistant_app.errors import ModelTimeout
from tests.conftest import Person, wait_for_runs

pytestmark = pytest.mark.django_db(transaction=True)
BEGUN = "Dear Marta,\n\nSixty sensors ship on Thursday, and the others follow.\n\nI am sorry for "
TEXT = f"{BEGUN}the long wait.\n\nIda"


def break_off(person, model, step="process_feedback", *pieces, **data):
    model.will_write([*(pieces or [f"<reply>{BEGUN}"]), ModelTimeout()])
    person.fails_at(step, **(data or {"feedback": "Name the day."}))


def test_what_was_written_is_finished_in_the_editor(person, page_of, browser, strangers_browser, model):
    person.give_input()
    break_off(person, model)
    page = page_of(person)
    assert page.says("Sixty sensors ship on Thursday")
    page.open(page.page.links["Finish it yourself"].partition("#")[0])
    assert strangers_browser.open(page.address).status == 404
    assert page.typed("text") == [person.row.partial]
    assert page.says("Your feedback still counts.")
    page.press("Save as draft 2", text=" ")
    assert page.says("Write something here.")
    page.press("Save as draft 2", text=TEXT)
    assert page_of(person).says("Draft 2 of 2")
    assert page_of(person).says("Finished by you")
    assert page_of(person).says("Name the day.")
    history = browser.open(f"/a/{person.app_id}/history/")
    assert history.says("You finished draft 2 yourself")
    assert browser.open(f"/a/{person.app_id}/write/").address == f"/a/{person.app_id}/"


@pytest.mark.parametrize("button", ["Save and accept", "Save as draft 1"])
def test_it_is_finished_once_and_nothing_typed_is_lost(person, page_of, other_window, model, button):
    break_off(
        person, model, "process_input", email_to_respond=Person.EMAIL, response_instructions="Say sorry."
    )
    page, other = page_of(person), other_window.open(f"/a/{person.app_id}/")
    for window in (page, other):
        window.open(window.page.links["Finish it yourself"].partition("#")[0])
    page.client.logout()
    page.press(button, text=TEXT)
    page.press("Sign in", username="ida", password="correct horse")
    assert page.typed("text") == [TEXT]
    assert page.says("Not sent yet")
    page.press(button, text=TEXT)
    wait_for_runs()
    final = TEXT if button == "Save and accept" else None
    assert (person.row.state["draft_history"], person.row.state["final_draft"]) == ([TEXT], final)
    assert other.press(button, text=TEXT).says("Ready to send" if final else "Draft 1 is ready")
    other.open(f"/a/{person.app_id}/write/")
    assert person.row.state["draft_history"] == [TEXT]


def test_a_text_that_comes_too_late_is_shown_and_put_aside_texts_are_dropped(
    person, page_of, other_window, model
):
    person.give_input()
    break_off(person, model)
    page = page_of(person)
    page.open(page.page.links["Finish it yourself"].partition("#")[0])
    page.press("Save as draft 2", text="")
    page.press("Cancel")
    assert page.says("Finish it yourself")
    page.open(page.page.links["Finish it yourself"].partition("#")[0])
    other_window.open(f"/a/{person.app_id}/").press("Try again")
    wait_for_runs()
    page.press("Save as draft 2", text=TEXT)
    assert page.says("your text is saved below")
    assert page.says("the long wait.")
    assert len(person.row.state["draft_history"]) == 2


def test_without_a_beginning_it_is_written_by_hand_or_without_questions(person, page_of, owner, model):
    gate = model.will_wait_to_ask("Which day?")
    data = {"email_to_respond": Person.EMAIL, "response_instructions": "Yes."}
    person.begin("process_input", data).claimed.result(30)
    page_of(person).press("Stop")
    gate.set()
    page = page_of(person)
    assert "Write it yourself" in page.page.links
    page.press("Draft without questions")
    wait_for_runs()
    assert page_of(person).says("Draft 1 is ready")
