"""From the pasted email to the finished reply, as a person does it without scripts."""

import pytest

from assistant_app import operations
from assistant_app.models import Application
from assistant_app.operations.drafts import forking
from tests.conftest import Person, wait_for_runs

pytestmark = pytest.mark.django_db(transaction=True)

EMAIL = "From: Marta <marta@example.org>\nSubject: Late delivery\n\nWhere are my sensors?"


@pytest.fixture
def begun(browser, model):
    """The owner has pasted an email and waits on its page."""

    def begin():
        browser.open("/new/")
        browser.press("Draft a reply", email_to_respond=EMAIL, response_instructions="On Thursday.")
        wait_for_runs()
        return browser.open(browser.address)

    return begin


def test_an_email_is_answered_from_paste_to_plain_text(browser, model, begun):
    model.will_ask("Which Thursday?", "Who pays?")
    model.will_write("Dear Marta,\n\nthis Thursday.")
    model.will_write("Dear Marta,\n\nsorry. This Thursday.")
    assert begun().says("2 quick questions")
    assert browser.says("Where are my sensors?")

    browser.press("Draft the reply", answers=["This one.", ""])
    wait_for_runs()
    browser.open(browser.address)
    assert browser.says("Draft 1 is ready")
    assert browser.says("Which Thursday? This one. Who pays? Skipped")

    browser.press("Send feedback", feedback="Say sorry.")
    wait_for_runs()
    browser.open(browser.address)
    assert browser.says("Draft 2")
    assert browser.says("sorry. This Thursday.")

    browser.press("Accept")
    wait_for_runs()
    browser.open(browser.address)
    assert browser.says("Ready to send")
    reply = browser.client.get(f"{browser.address}reply.txt")
    assert reply.content.decode() == "Dear Marta,\n\nsorry. This Thursday."
    assert reply["Content-Type"] == "text/plain; charset=utf-8"
    assert reply["Content-Disposition"].endswith('.txt"')
    assert Application.objects.get().is_finished


def test_a_submit_answers_with_a_redirect_before_the_draft_is_there(browser, model):
    gate = model.will_wait_to_write()
    browser.open("/new/")
    browser.press("Draft a reply", email_to_respond=EMAIL, response_instructions="Yes.")
    assert browser.response.redirect_chain[0][1] == 302
    model.wait_until_asked("draft")
    assert browser.open(browser.address).says("Writing draft 1")
    gate.set()
    wait_for_runs()


def test_a_running_page_refreshes_itself_without_scripts_until_told_not_to(browser, model):
    gate = model.will_wait_to_write()
    browser.open("/new/")
    browser.press("Draft a reply", email_to_respond=EMAIL, response_instructions="Yes.")
    address = browser.address
    refresh = f'<noscript> <meta http-equiv="refresh" content="3;url={address}"> </noscript>'
    assert refresh in browser.page.html
    assert refresh not in browser.open(f"{address}?still=1").page.html
    gate.set()
    wait_for_runs()
    assert refresh not in browser.open(address).page.html


def test_an_email_that_was_reopened_says_so_once_it_is_finished_again(browser, begun):
    begun().press("Accept")
    wait_for_runs()
    address = browser.address
    assert browser.open(address).says("Accepted")
    for words in ("reopened once", "reopened twice"):
        browser.press("Reopen to change it")
        assert browser.open("/").says("Draft 1 ready")
        browser.open(address).press("Accept")
        wait_for_runs()
        assert browser.open("/").says("Accepted")
        assert browser.open(address).says("Ready to send")
        assert browser.says(f"· {words} ·")


def test_a_page_that_asks_for_news_is_told_when_there_are_none(browser, model):
    gate = model.will_wait_to_write()
    browser.open("/new/")
    browser.press("Draft a reply", email_to_respond=EMAIL, response_instructions="Yes.")
    model.wait_until_asked("draft")
    row = Application.objects.get()
    assert browser.client.get(f"/a/{row.pk}/?unless=running").status_code == 204
    gate.set()
    wait_for_runs()
    assert browser.client.get(f"/a/{row.pk}/?unless=running").status_code == 200


def test_one_question_is_asked_in_the_singular_and_can_be_skipped(browser, model, begun):
    model.will_ask("Which Thursday?")
    page = begun()
    assert page.says("1 quick question before the first draft")
    assert page.says("Skip any you like.")
    assert not page.says("1 of 1")
    browser.press("Skip questions")
    wait_for_runs()
    assert Application.objects.get().state["clarification_answers"] == [""]


def test_a_question_says_why_it_is_asked_and_its_field_is_tied_to_that(browser, model, begun):
    model.will_ask("Which Thursday?", "Who pays?", "Who calls?", reasons=["There are two.", "", "She asks."])
    assert begun().says("Which Thursday? There are two.")
    assert browser.says("Who calls? She asks.")
    assert browser.page.described_by("answers") == ["There are two.", "", "She asks."]
    browser.press("Draft the reply", answers=["x" * 20_001, "", ""])
    error = "It has 20,001 characters; 20,000 fit."
    assert browser.page.described_by("answers") == [f"There are two. {error}", error, f"She asks. {error}"]


def test_questions_without_reasons_have_no_line_for_them(browser, model, begun):
    model.will_ask("Which Thursday?", "Who pays?")
    assert begun().page.described_by("answers") == ["", ""]
    assert 'id="answers-1-why"' not in browser.response.content.decode()


def test_skipping_sends_what_was_typed_in_the_other_fields(browser, model, begun):
    model.will_ask("Which Thursday?", "Who pays?")
    begun()
    browser.press("Skip questions", answers=["", "They do."])
    wait_for_runs()
    assert Application.objects.get().state["clarification_answers"] == ["", "They do."]


def test_a_quick_change_goes_along_with_what_was_typed(browser, begun):
    begun()
    browser.press("Shorter", feedback="Say sorry.")
    wait_for_runs()
    assert Application.objects.get().state["feedback_history"] == ["Say sorry.\n\nMake it shorter."]


def test_a_quick_change_alone_is_feedback_in_words(browser, begun):
    begun()
    browser.press("More formal")
    wait_for_runs()
    assert Application.objects.get().state["feedback_history"] == ["Make it more formal."]


def test_empty_feedback_asks_what_should_change(browser, begun):
    begun()
    browser.press("Send feedback", feedback="  \n ")
    assert browser.status == 400
    assert browser.says("Say what should change, or press Accept.")
    assert Application.objects.get().state["feedback_history"] == []


def test_looks_good_with_text_asks_which_was_meant(browser, begun):
    begun()
    browser.press("Accept", feedback="Add her number.")
    assert browser.status == 400
    assert browser.says("You pressed Accept, but there’s feedback you haven’t sent.")
    assert browser.says("Add her number.")
    assert not Application.objects.get().is_finished


def test_the_feedback_that_was_meant_is_sent(browser, begun):
    begun()
    browser.press("Accept", feedback="Add her number.").press("Send feedback")
    wait_for_runs()
    assert Application.objects.get().state["feedback_history"] == ["Add her number."]


def test_the_draft_that_was_meant_is_finished(browser, begun):
    begun()
    browser.press("Accept", feedback="Add her number.")
    browser.press("Accept, discard the feedback")
    wait_for_runs()
    assert Application.objects.get().is_finished


def test_the_rounds_so_far_are_one_line_and_each_draft_is_one_step_away(person, page_of):
    person.give_input()
    for number in range(3):
        person.give_feedback(f"Change {number}.")
    page = page_of(person)
    assert page.says("Draft 4 of 4")
    assert page.says("3 rounds of feedback You, on draft 1 Change 0. You, on draft 2 Change 1.")
    for number in (3, 2, 1):
        page.open(f"/a/{person.app_id}/?draft={number}")
        assert page.says(f"Draft {number} of 4")
        assert page.says(f"Draft {number}. Behind this draft")
    assert page.page.links["Next draft, 2 of 4"] == f"/a/{person.app_id}/?draft=2"


@pytest.mark.parametrize("draft", ["9", "0", "x", "²", "-1", "9" * 30])
def test_a_draft_that_is_not_there_is_not_shown_instead_of_the_current_one(person, page_of, draft):
    person.give_input()
    page = page_of(person).open(f"/a/{person.app_id}/?draft={draft}")
    assert page.says("Draft 1 is ready")
    assert "Accept" in page.page.form_with("Send feedback").buttons


def test_an_email_that_the_api_made_can_be_pasted_on_its_page(person, page_of, browser):
    assert page_of(person).says("No email yet")
    browser.press("Draft a reply", email_to_respond=EMAIL, response_instructions="Yes.")
    wait_for_runs()
    assert page_of(person).says("Draft 1 is ready")


def test_an_email_is_deleted_after_asking(person, browser, page_of):
    person.give_input()
    page_of(person)
    browser.open(browser.page.links["Delete…"])
    assert browser.says("The email goes, with your draft and everything you wrote about it.")
    assert browser.says("You can undo this for 10 minutes.")
    assert not browser.says("alternative")
    browser.press("Delete")
    assert browser.says("Write your first reply")
    assert not Application.objects.exists()


def test_deleting_says_that_branches_stay(person, browser):
    person.give_input()
    for said in ("1 alternative to it stays as it is.", "2 alternatives to it stay as they are."):
        operations.fork(actor=person.user, app_id=person.app_id, at=forking.at(1))
        assert browser.open(f"/a/{person.app_id}/delete/").says(said)
    browser.press("Delete")
    assert Application.objects.count() == 2


def test_deleting_while_it_is_being_written_is_fine(person, browser, model):
    gate = model.will_wait_to_write()
    person.begin(
        "process_input", {"email_to_respond": "Hello?", "response_instructions": "Hi."}
    ).claimed.result(30)
    browser.open(f"/a/{person.app_id}/delete/").press("Delete")
    gate.set()
    wait_for_runs()
    assert not Application.objects.exists()


def test_the_reply_is_not_there_before_the_end(person, browser):
    person.give_input()
    for name in ("reply.txt", "reply.eml"):
        assert browser.client.get(f"/a/{person.app_id}/{name}").status_code == 404


def test_the_address_of_a_step_alone_leads_to_the_page(person, browser):
    browser.open(f"/a/{person.app_id}/process_input/")
    assert browser.address == f"/a/{person.app_id}/"


def test_an_unknown_step_is_not_found(person, browser):
    assert browser.client.post(f"/a/{person.app_id}/determine_clarifications/").status_code == 404
    assert browser.client.post(f"/a/{person.app_id}/nonsense/").status_code == 404


def test_nothing_has_to_be_said_and_options_and_ideas_are_instructions(browser, model):
    browser.open("/new/").press("Draft a reply", email_to_respond=Person.EMAIL)
    wait_for_runs()
    assert "(none: write a suitable reply)" in model.asked[-1].text
    browser.open(browser.address)
    assert browser.says("Draft 1 is ready")
    assert browser.open(f"{browser.address}history/").says("You asked for a suitable reply")
    browser.open("/new/").press(
        "Draft a reply",
        email_to_respond=Person.EMAIL,
        response_instructions="On Tuesday.",
        idea=["Yes", "Say thanks", "Changed since?"],
        in_language="Deutsch",
        tone="brief",
    )
    wait_for_runs()
    said = Application.objects.latest("created_at").state["response_instructions"]
    assert said == "Yes.\nSay thanks.\nChanged since?\nOn Tuesday.\nWrite it in Deutsch.\nKeep it brief."
