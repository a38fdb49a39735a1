"""Drafts as versions on the pages: edit, another version, compare, go back, branch, what is worth a look."""

import re

import pytest

from assistant_app import operations
from assistant_app.errors import ModelUnavailable
from assistant_app.models import Application, ModelCall
from assistant_app.operations.drafts import forking
from assistant_app.pages.work import shown_drafts
from tests.conftest import stop, wait_for_runs

pytestmark = pytest.mark.django_db(transaction=True)

FIRST = "Dear Marta,\n\n60 ship on Thursday.\n\nKind regards,\n[Your name]"
SECOND = "Dear Marta,\n\n60 ship on Thursday, the rest on 17 December. Jonas Lie will call.\n\nIda"


@pytest.fixture
def at_draft_1(person, model, page_of):
    model.will_write(FIRST)
    model.will_write(SECOND)
    person.give_input()
    return page_of(person)


@pytest.fixture
def at_draft_2(person, at_draft_1, page_of):
    person.give_feedback("Say more.")
    return page_of(person)


def press(browser, button, **typed):
    browser.press(button, **typed)
    wait_for_runs()
    return browser.open(browser.address)


def test_a_draft_is_edited_in_its_place_and_becomes_the_next_one(at_draft_1, person):
    browser = at_draft_1.open(at_draft_1.page.links["Edit"].partition("#")[0])
    assert browser.says("Editing draft 1")
    assert browser.typed("text") == [FIRST]
    press(browser, "Save as draft 2", text=FIRST.replace("[Your name]", "Ida"))
    assert browser.says("Draft 2")
    assert browser.says("Edited by you")
    assert person.row.state["draft_history"] == [FIRST, FIRST.replace("[Your name]", "Ida")]
    assert browser.says("Draft 2 is ready")


def test_an_edited_text_can_be_the_reply_at_once(at_draft_1, person):
    at_draft_1.open(at_draft_1.page.links["Edit"].partition("#")[0])
    press(at_draft_1, "Save and accept", text="My own words.")
    assert person.row.state["final_draft"] == "My own words."
    assert at_draft_1.says("Ready to send")


def test_a_text_that_was_not_changed_makes_no_draft(at_draft_1, person):
    at_draft_1.open(at_draft_1.page.links["Edit"].partition("#")[0])
    at_draft_1.press("Save as draft 2")
    assert at_draft_1.status == 409
    assert at_draft_1.says("Nothing was changed, so no new draft was made.")
    press(at_draft_1, "Save and accept")
    assert person.row.state["final_draft"] == FIRST


def test_a_draft_with_other_line_ends_is_not_changed_by_being_shown(person, page_of, browser, model):
    model.will_write("Dear Marta,\r\n\r\n60 ship.\r\nIda")
    person.give_input()
    browser.open(page_of(person).page.links["Edit"].partition("#")[0])
    press(browser, "Save and accept")
    assert person.row.is_finished
    assert len(person.row.state["draft_history"]) == 1


def test_an_edited_text_of_an_older_draft_is_not_lost(at_draft_1, other_window, person):
    at_draft_1.open(at_draft_1.page.links["Edit"].partition("#")[0])
    press(other_window.open(f"/a/{person.app_id}/"), "Shorter")
    at_draft_1.press("Save as draft 2", text="My own words.")
    assert at_draft_1.status == 412
    assert at_draft_1.says("There’s a newer draft")
    assert at_draft_1.says("Another window has since asked for “Make it shorter.”, which made draft 2")
    assert at_draft_1.page.links["See what changed since draft 1"].endswith("?a=1&b=2")
    assert at_draft_1.typed("text") == ["My own words."]
    press(at_draft_1, "Start an alternative from draft 1")
    branch = Application.objects.exclude(pk=person.app_id).get()
    assert branch.state["draft_history"] == [FIRST, "My own words."]
    assert at_draft_1.address == f"/a/{branch.pk}/"
    assert len(person.row.state["draft_history"]) == 2


@pytest.mark.parametrize("seen", ["²", "0", "x", "9" * 30])
def test_the_number_of_a_draft_that_cannot_be_one_is_passed_over(at_draft_2, person, seen):
    at_draft_2.press("Send feedback", feedback="Warmer.", draft=seen, version="1")
    assert at_draft_2.status == 412
    assert at_draft_2.says("your text is saved below.")
    assert at_draft_2.typed("feedback") == ["Warmer."]


def test_another_version_keeps_the_earlier_one(at_draft_1, person, model):
    press(at_draft_1, "Try again, same instructions")
    assert person.row.state["draft_history"] == [FIRST, SECOND]
    assert at_draft_1.says("Draft 2 is ready")
    one, other = (asked.text for asked in model.asked if asked.purpose == "draft")
    assert FIRST not in one
    assert "differs in structure and wording:" in other
    assert FIRST in other


def test_another_version_speaks_of_no_feedback_where_none_was_given(at_draft_2, person, page_of, model):
    writing = model.will_wait_to_write()
    at_draft_2.press("Try again, same instructions")
    assert at_draft_2.says("Writing draft 3")
    assert not at_draft_2.says("Working in your feedback")
    assert not at_draft_2.says("Working in your feedback")
    stop(actor=person.user, app_id=person.app_id)
    writing.set()
    assert page_of(person).says("Stopped. Everything you typed and all drafts are saved.")
    at_draft_2.open(at_draft_2.page.links["Give feedback"].replace("?", f"{at_draft_2.address}?"))
    assert at_draft_2.says("What should change?")
    assert at_draft_2.typed("feedback") == [""]
    press(at_draft_2, "Send feedback", feedback="Name the day.")
    assert person.row.state["draft_sources"][-1] == {"by": "model", "of": 2, "feedback": 2}


def is_open(browser, fold):
    return f'id="{fold}" open' in browser.response.content.decode()


def test_a_language_is_asked_for_in_words(at_draft_1, person):
    at_draft_1.press("Translate")
    assert at_draft_1.page.links["Choose a language."] == "#language"
    assert is_open(at_draft_1, "quick")
    assert at_draft_1.typed("feedback") == [""]
    press(at_draft_1, "Translate", language="Norwegian", feedback="Shorter.")
    assert person.row.state["feedback_history"] == ["Shorter.\n\nWrite it in Norwegian."]


def test_an_earlier_draft_is_used_again(at_draft_2, other_window, person):
    press(at_draft_2.open(f"/a/{person.app_id}/?draft=1"), "Restore draft 1")
    assert person.row.state["current_draft"] == FIRST
    assert at_draft_2.says("Draft 1 is ready")
    assert at_draft_2.says("Draft 1 is ready")
    assert at_draft_2.says("You, on draft 1 Say more.")
    assert other_window.open("/").says("Draft 1 ready")
    assert other_window.open(f"/a/{person.app_id}/history/").says("Draft 1 is ready")
    press(at_draft_2, "Accept")
    assert person.row.state["final_draft"] == FIRST
    assert at_draft_2.says("Ready to send")


@pytest.mark.parametrize(
    "sent", [{"step": "regenerate"}, {"step": "process_feedback", "feedback": "Shorter."}]
)
def test_where_the_next_draft_was_not_written_one_goes_back_to_what_there_is(
    at_draft_2, person, page_of, model, sent
):
    model.will_write(ModelUnavailable("It could not be reached."))
    person.fails_at(**sent)
    press(page_of(person), "Back to draft 2")
    assert at_draft_2.says("Draft 2 is ready")
    press(at_draft_2, "Accept")
    assert person.row.state["final_draft"] == SECOND


def test_a_finished_email_is_reopened(at_draft_1, person):
    press(at_draft_1, "Accept")
    press(at_draft_1, "Reopen to change it")
    assert at_draft_1.says("Draft 1 is ready")
    assert person.row.state["final_draft"] is None


def test_no_draft_is_offered_to_be_compared_with_itself(at_draft_2, model):
    gate = model.will_wait_to_write()
    at_draft_2.press("Shorter")
    assert at_draft_2.says("Writing draft 3")
    assert "Compare" not in at_draft_2.page.links
    at_draft_2.open(at_draft_2.page.links["Previous draft, 2 of 2"])
    assert at_draft_2.page.links["Compare"].endswith("?a=1&b=2")
    gate.set()


@pytest.mark.parametrize(
    ("draft", "words"), [(2, "Draft 2 and Draft 1, paragraph by"), (1, "Draft 1 and Draft 2, paragraph by")]
)
def test_while_no_draft_is_open_there_is_something_to_compare(at_draft_2, person, model, draft, words):
    model.will_write(ModelUnavailable("It could not be reached."))
    person.send("use_draft", draft=draft)
    person.fails_at("regenerate")
    assert at_draft_2.open(f"/a/{person.app_id}/compare/").says(words)


@pytest.mark.parametrize(
    ("view", "words"), [("side", "Draft 1 and draft 2, paragraph by"), ("one", "Inline")]
)
def test_two_drafts_are_compared(at_draft_2, person, view, words):
    at_draft_2.open(at_draft_2.page.links["Compare"] + f"&view={view}")
    assert at_draft_2.says(words.replace("Draft 1 and draft", "Draft 1 and Draft"))
    assert at_draft_2.says("2 of 3 paragraphs changed: 10 words added, 4 words removed.")
    html = at_draft_2.response.content.decode()
    assert "<del>Kind regards,\n[Your name]</del>" in html
    assert "the rest on 17 December. Jonas Lie will call</ins>" in html
    press(at_draft_2, "Accept draft 2")
    assert person.row.state["final_draft"] == SECOND


def test_two_drafts_are_compared_with_no_more_queries_than_their_page(at_draft_2, person, all_queries):
    with all_queries() as queries:
        at_draft_2.open(f"/a/{person.app_id}/compare/?a=1&b={person.app_id}:2")
    assert at_draft_2.says("2 of 3 paragraphs changed")
    assert len(queries) <= 7


def test_the_compare_page_goes_back_to_a_draft(at_draft_2, person):
    at_draft_2.open(f"/a/{person.app_id}/compare/?a=1&b=2")
    press(at_draft_2, "Restore draft 1")
    assert person.row.state["draft_number"] == 1


def test_a_branch_goes_on_by_itself_and_is_compared_across(at_draft_2, person, model):
    model.will_write("Dear Marta, a branch.")
    press(at_draft_2.open(f"/a/{person.app_id}/?draft=1"), "Start an alternative from draft 1")
    branch = Application.objects.exclude(pk=person.app_id).get()
    assert branch.state["draft_history"] == [FIRST]
    assert at_draft_2.says("Branch 1 (this one)")
    press(at_draft_2, "Send feedback", feedback="Quite different.")
    assert person.row.state["draft_history"] == [FIRST, SECOND]
    at_draft_2.open(f"/a/{branch.pk}/compare/?a={person.app_id}:2&b=2")
    assert at_draft_2.says("The first: draft 2")
    assert "a branch" in at_draft_2.response.content.decode().partition("<ins>")[2]
    at_draft_2.open(f"/a/{person.app_id}/")
    assert at_draft_2.page.links["Branch 1"] == f"/a/{branch.pk}/"
    person.row.delete()
    assert at_draft_2.open(f"/a/{branch.pk}/").says("Draft 2 of 2")


def test_questions_are_answered_again_in_an_alternative_that_begins_with_the_answers(person, page_of, model):
    model.will_ask("Which Thursday?", "Who pays?", reasons=["There are two.", ""])
    person.give_input()
    person.answer("This one.", "")
    browser = page_of(person)
    browser.open(browser.page.links["Answer the questions again…"])
    assert browser.says("Which Thursday? There are two.")
    assert browser.typed("answers") == ["This one.", ""]
    assert Application.objects.count() == 1, "nothing is made by looking"
    browser.press("Draft an alternative", answers=["x" * 20_001, ""])
    assert browser.status == 400
    assert browser.typed("answers")[0] == "x" * 20_001
    assert Application.objects.count() == 1
    press(browser, "Draft an alternative", answers=["The next one.", "We do."])
    branch = Application.objects.exclude(pk=person.app_id).get()
    assert browser.address == f"/a/{branch.pk}/"
    assert branch.state["clarification_answers"] == ["The next one.", "We do."]
    assert person.row.state["clarification_answers"] == ["This one.", ""]
    browser.open(browser.page.links["Answer the questions again…"])
    assert browser.typed("answers") == ["The next one.", "We do."]


def test_a_branch_whose_parent_was_deleted_can_start_again(person, browser, model):
    model.will_ask("Which Thursday?", "Who pays?", reasons=["There are two.", ""])
    person.give_input()
    person.answer("This one.", "")
    orphan, _ = operations.fork(actor=person.user, app_id=person.app_id, at=forking.at(1))
    operations.delete(actor=person.user, app_id=person.app_id)

    browser.open(f"/a/{orphan.pk}/?again=questions")
    assert browser.says("Which Thursday? There are two.")
    assert browser.typed("answers") == ["This one.", ""]
    press(browser, "Draft an alternative", answers=["The next one.", ""])
    branch = orphan.forks.get()
    assert branch.state["clarification_answers"] == ["The next one.", ""]
    assert branch.state["draft_history"] == ["Draft 2."]
    assert branch.state["incoming_email"] == person.EMAIL

    browser.open(f"/a/{orphan.pk}/?again=input")
    assert browser.typed("email_to_respond") == [person.EMAIL]
    assert browser.typed("response_instructions") == [person.INSTRUCTIONS]
    press(browser, "Draft an alternative", response_instructions="No.")
    assert orphan.forks.order_by("created_at").last().state["response_instructions"] == "No."


BY_DEMONSTRATION = "Written by the toy model. Don’t rely on it. Choose a better model"


@pytest.fixture
def by_demonstration(at_draft_2, person, settings):
    """The email at its second draft, as if the demonstration model had written both."""
    settings.EMBEDDED_MODEL_PATH = ""
    ModelCall.objects.update(provider="embedded", model="small-1.Q4")
    shown_drafts.forget()
    return person


def branched(row, draft=None):
    where = {} if draft is None else {"at": forking.at(draft)}
    return operations.fork(actor=row.owner, app_id=row.pk, **where)[0]


def test_a_branch_and_its_branch_name_the_demonstration_model_as_their_parent_does(by_demonstration, browser):
    parent = by_demonstration.row
    child = branched(parent)
    grandchild = branched(child, draft=1)
    latest = branched(grandchild)
    for row in (parent, child, grandchild, latest):
        assert browser.open(f"/a/{row.pk}/").says(BY_DEMONSTRATION)
        assert not browser.says("small-1.Q4")  # nor at an earlier draft
    for row in (parent, child, grandchild):
        operations.delete(actor=by_demonstration.user, app_id=row.pk)
    assert browser.open(f"/a/{latest.pk}/").says(BY_DEMONSTRATION)
    press(browser, "Accept")
    assert browser.says("Ready to send")
    assert browser.says(BY_DEMONSTRATION)
    browser.open(f"/a/{latest.pk}/history/0/")
    assert browser.says("small-1.Q4")
    assert browser.says('"provider": "embedded"')


def test_a_branch_names_another_model_by_its_name(by_demonstration, browser, settings):
    settings.EMBEDDED_MODEL_PATH = "/models/other.gguf"
    child = branched(by_demonstration.row)
    assert browser.open(f"/a/{child.pk}/").says("Written by small-1.Q4")
    settings.EMBEDDED_MODEL_PATH = ""
    ModelCall.objects.update(provider="api.example.org")
    other = branched(by_demonstration.row)
    assert browser.open(f"/a/{other.pk}/").says("Written by small-1.Q4")


def test_a_branch_without_the_models_provider_goes_on_and_names_the_model(by_demonstration, browser):
    child = branched(by_demonstration.row)
    for source in child.state["draft_sources"]:
        del source["provider"]  # as a version stored it that did not know of it
    Application.objects.filter(pk=child.pk).update(state=child.state)
    assert browser.open(f"/a/{child.pk}/").says("Written by small-1.Q4")
    press(browser, "Send feedback", feedback="Warmer.")
    ModelCall.objects.update(provider="embedded")
    shown_drafts.forget()
    assert browser.open(f"/a/{child.pk}/").says(BY_DEMONSTRATION)  # of its own draft
    assert browser.open(f"/a/{branched(child, draft=2).pk}/").says("Written by small-1.Q4")
    assert browser.open(f"/a/{branched(child).pk}/").says(BY_DEMONSTRATION)


@pytest.mark.parametrize("again", ["questions", "input", "nonsense"])
def test_what_was_never_taken_cannot_be_taken_again(person, browser, again):
    assert browser.client.post(f"/a/{person.app_id}/fork/", {"again": again}).status_code == 404
    assert Application.objects.count() == 1


def test_a_branch_of_a_reopened_email_was_not_reopened_itself(at_draft_2, person):
    person.give_feedback("")
    person.send("reopen")
    press(at_draft_2.open(f"/a/{person.app_id}/history/"), "Start an alternative here: step 7")
    branch = Application.objects.exclude(pk=person.app_id).get()
    assert branch.steps.get().position == "reopen"
    press(at_draft_2, "Accept")
    assert at_draft_2.says("Ready to send")


def test_instructions_are_changed_in_an_alternative_that_begins_with_them(at_draft_2, person):
    at_draft_2.open(at_draft_2.page.links["Change instructions…"])
    assert at_draft_2.typed("email_to_respond") == [person.EMAIL]
    assert at_draft_2.typed("response_instructions") == [person.INSTRUCTIONS]
    assert at_draft_2.says("Your 2 drafts stay as they are.")
    assert Application.objects.count() == 1, "nothing is made by looking"
    at_draft_2.press("Draft an alternative", response_instructions="x" * 20_001)
    assert at_draft_2.status == 400
    assert at_draft_2.says("Please check one thing")
    assert Application.objects.count() == 1
    press(at_draft_2, "Draft an alternative", response_instructions="Say no.")
    branch = Application.objects.exclude(pk=person.app_id).get()
    assert at_draft_2.address == f"/a/{branch.pk}/"
    assert branch.state["response_instructions"] == "Say no."
    assert person.row.state["response_instructions"] == person.INSTRUCTIONS


def test_an_alternative_with_other_instructions_leaves_out_what_was_left_out(person, browser):
    person.send(
        "process_input", email_to_respond=person.EMAIL, response_instructions="", left_out=["notes", "about"]
    )
    browser.open(f"/a/{person.app_id}/?again=input")
    press(browser, "Draft an alternative", response_instructions="Say no.")
    branch = Application.objects.exclude(pk=person.app_id).get()
    assert branch.state["left_out_sources"] == ["notes", "about"]


def test_instructions_are_changed_as_soon_as_a_question_shows_that_they_are_wrong(person, page_of, model):
    model.will_ask("Which of the 96?")
    person.give_input()
    page = page_of(person)
    page.open(page.page.links["Change instructions…"])
    assert page.typed("response_instructions") == [person.INSTRUCTIONS]
    press(page, "Draft an alternative", response_instructions="All of them.")
    assert (
        Application.objects.exclude(pk=person.app_id).get().state["response_instructions"] == "All of them."
    )
    assert page_of(person).says("1 quick question")


def test_a_fork_that_waits_for_the_email_begins_with_that_of_its_parent(at_draft_2, person, browser):
    fork, _ = operations.fork(actor=person.user, app_id=person.app_id, before="process_input")
    browser.open(f"/a/{fork.pk}/")
    assert browser.typed("email_to_respond") == [person.EMAIL]
    assert browser.says("Change the instructions")
    assert not browser.says("No email yet")


def test_feedback_on_an_older_draft_goes_to_a_branch_of_it(at_draft_1, other_window, person, model):
    press(other_window.open(f"/a/{person.app_id}/"), "Shorter")
    at_draft_1.press("Send feedback", feedback="Longer, on the contrary.")
    press(at_draft_1, "Start an alternative from draft 1")
    branch = Application.objects.exclude(pk=person.app_id).get()
    assert branch.state["feedback_history"] == ["Longer, on the contrary."]
    assert person.row.state["feedback_history"] == ["Make it shorter."]


def test_unsupported_facts_are_marked_and_missing_ones_are_named(at_draft_2):
    assert at_draft_2.says("“17 December” isn’t in the email or in anything you wrote. Is it right?")
    assert at_draft_2.says("“Lie” isn’t in the email or in anything you wrote. Is it right?")
    assert "17 December" in row_of(at_draft_2, check_of(at_draft_2, "17 December"))
    assert at_draft_2.says("Missing: 10 December.")


def check_of(browser, text, behind="</a>"):
    """Return the number of the row to which a mark in the draft leads."""
    html = browser.response.content.decode()
    return re.search(rf'class="look" href="#check-(\d+)">{re.escape(text + behind)}', html)[1]


def row_of(browser, number):
    return browser.page.html.partition(f'id="check-{number}"')[2].partition("</li>")[0]


def test_what_was_said_about_drafts_that_one_went_back_from_is_not_missed(at_draft_2, person, page_of, model):
    model.will_write(SECOND)
    person.give_feedback("Offer 40 pieces more to Jonas Lie.")
    assert page_of(person).says("Missing: 40")
    person.send("use_draft", draft=2)
    assert page_of(person).says("Missing: 10 December.")
    assert not page_of(person).says("Missing: 40")
    assert page_of(person).says("“17 December” isn’t in the email or in anything you wrote. Is it right?")


def test_what_was_assumed_and_corrected_is_nothing_that_one_gave(person, page_of, model):
    model.will_ask("Which day?")
    model.will_write("Dear Marta, on Monday.\n\nASSUMPTIONS:\n- Monday 2 March suits.")
    model.will_write("Dear Marta, on Tuesday 3 March.")
    model.will_write("Dear Marta, on Monday.")
    person.give_input("Subject: When?\n\nWhen? Marta", "Give a day.")
    person.answer("")
    press(page_of(person), "Redraft", instead=["Tuesday 3 March"])
    assert not page_of(person).says("Missing:")
    person.send("regenerate")
    assert page_of(person).says("“Monday” isn’t in the email or in anything you wrote. Is it right?")


def test_what_one_wrote_by_hand_is_found_in_what_one_wrote(at_draft_2, person, model):
    own = SECOND.replace("17 December", "18 December") + "\n\nCall Mr Osei at 9:30 am."
    person.send("edit_draft", text=own)
    assert at_draft_2.open(f"/a/{person.app_id}/").says("“Lie” isn’t in the email or in anything you wrote.")
    model.will_write("Mr Osei waits for your call at 9:30 on 18 December, 17 December or 19 December.")
    person.give_feedback("Shorter.")
    at_draft_2.open(f"/a/{person.app_id}/")
    for day in ("17 December", "19 December"):
        assert at_draft_2.says(f"“{day}” isn’t in the email or in anything you wrote.")


def test_what_contradicts_ones_words_is_named_and_marked(person, page_of, model):
    model.will_write(
        "Dear Marta,\n\nplease return the glass. It breaks easily.\n\n(Note: I left out the price.)"
    )
    person.give_input(
        "1. Shall I send it?\n2. What of the crate?\n3. Who pays?\n\nMarta", "Do not return the glass."
    )
    page = page_of(person)
    assert page.says(
        "“please return the glass” seems to contradict what you wrote or the email. Is it right?"
    )
    assert page.says(
        "“(Note: I left out the price.)” seems to be about the draft. Does it belong in the reply?"
    )
    marked = '<a id="look-1" class="look" href="#check-1">please return the glass</a>'
    assert marked in page.response.content.decode()
    assert not page.says("isn’t in the email or in anything you wrote")


def test_a_numbered_question_without_an_answer_is_named(person, page_of, model):
    model.will_write("Dear Marta,\n\nthe price is 90. Delivery takes 5 days.")
    person.give_input("1. What price?\n2. What delivery?\n3. Which colours?", "price 90, delivery 5 days")
    page = page_of(person)
    assert page.says("question isn’t answered: “Which colours?”")
    assert not page.says("question isn’t answered: “What price?”")
    assert not page.says("Everything checks out")


def test_a_draft_in_which_everything_matches_says_what_was_compared(person, page_of, model):
    model.will_write("Dear Marta,\n\nwe come on Tuesday 3 March.")
    person.give_input("Subject: When?\n\nWhen do you come? Marta", "Tuesday 3 March")
    assert page_of(person).says("Dates, amounts, names and links match the email and what you wrote.")


def test_an_address_of_the_email_alone_does_not_stand_under_what_matches(person, page_of, model):
    model.will_write("Dear Marta,\n\nwrite to pay@example.net please.")
    person.give_input("Subject: Pay\n\nWrite to pay@example.net please. Marta", "Agree.")
    page = page_of(person)
    assert page.says("Dates, amounts and names match the email and what you wrote.")
    assert page.says("From Marta’s email: pay@example.net") or page.says("From the email: pay@example.net")


def test_a_link_of_the_email_alone_is_a_thing_to_check(person, page_of, model):
    model.will_write("Dear Marta,\n\nsee https://pay.example.net/now please.")
    person.give_input("Subject: Pay\n\nSee https://pay.example.net/now please. Marta", "Agree.")
    page = page_of(person)
    assert page.says("1 thing to check")
    assert "https://pay.example.net/now" in row_of(page, 1)
    assert not page.says("Everything checks out")
    assert not page.says("match the email and what you wrote")
    listed = "https://pay.example.net/now</bdi></b>. Make sure you trust it"
    assert (
        "".join(page.response.content.decode().split()).count("".join(listed.split())) == 2
    )  # and in the bar


def test_a_language_that_is_not_read_is_named_and_nothing_is_called_right(person, page_of, model):
    model.will_write("شكرا لكم على الرسالة.")
    person.give_input("Subject: When?\n\nWhen? Marta", "Thank her in Arabic.")
    assert page_of(person).says("We can’t check dates, names and amounts in Arabic yet")
    assert not page_of(person).says("match the email and what you wrote")


def test_what_follows_from_other_facts_is_a_quiet_note(person, page_of, model):
    model.will_write("Dear Marta,\n\nthat is €380.")
    person.give_input("Subject: Door\n\nThe door is €300, the lock €80. Marta", "Give the total.")
    assert page_of(person).says("Worked out from the email and what you wrote: “€380”.")
    assert not page_of(person).says("isn’t in the email or in anything you wrote")


def test_an_attachment_that_a_draft_speaks_of_is_to_be_added_before_and_after_accepting(
    person, page_of, model
):
    model.will_write("Dear Marta,\n\nplease find the plan attached.")
    person.give_input("Subject: Plan\n\nCan I have the plan? Marta", "Send it.")
    assert page_of(person).says(
        "The reply mentions an attachment. Nothing is attached here, so add it yourself."
    )
    person.give_feedback("")
    assert page_of(person).says(
        "The reply mentions an attachment. Nothing is attached here, so add it yourself."
    )


def test_an_open_place_is_pointed_out(at_draft_1):
    assert at_draft_1.says("Placeholder left: “[Your name]”")


def test_own_words_that_a_later_draft_changed_are_marked(person, page_of, model):
    own = FIRST.replace("60 ship on Thursday.", "We would rather walk than let you down.")
    model.will_write(FIRST)
    model.will_write(own.replace("rather walk than let", "never dream to let"))
    model.will_write(own + "!")
    person.give_input()
    person.send("edit_draft", text=own)
    person.give_feedback("Say when.")
    browser = page_of(person)
    assert browser.says("Your wording “We would rather walk than let you down.” was changed")
    number = check_of(browser, "never dream to", "</a> let you down")
    assert "Your wording “<bdi>We would rather walk" in row_of(browser, number)
    person.give_feedback("As I wrote it.")
    assert not page_of(person).says("was changed")


def test_own_words_of_every_edit_are_marked_but_those_that_one_took_out_oneself(person, page_of, model):
    model.will_write("Dear Marta,\n\n60 ship on Thursday.\n\nIda")
    model.will_write("Dear Marta,\n\nJo will call you.\n\n60 ship on Thursday.\n\nYours truly\nIda")
    person.give_input()
    greeting = "Warm greetings from the far north"
    for text in (
        f"Dear Marta,\n\nI call you on Monday.\n\nWho knows?\n\n60 ship on Thursday.\n\n{greeting}\nIda",
        f"Dear Marta,\n\nI call you on Monday.\n\n60 ship on Thursday, truly.\n\n{greeting}\nIda",
    ):
        person.send("edit_draft", text=text)
    person.give_feedback("Anything else?")
    page = page_of(person)
    for text in ("I call you on Monday.", "60 ship on Thursday, truly.", f"{greeting} Ida"):
        assert page.says(f"Your wording “{text}” was changed")
    assert not page.says("“Who knows?”")


def test_an_assumption_is_corrected_in_words(person, page_of, model):
    model.will_ask("Which Thursday?")
    model.will_write("Dear Marta, this Thursday.\n\nASSUMPTIONS:\n- It is this week.\n- We pay.")
    person.give_input()
    person.answer("")
    browser = page_of(person)
    assert browser.says("Assumed: It is this week. Change")
    browser.press("Redraft")
    assert browser.page.links["Say what’s right instead."] == "#assumptions"
    assert browser.response.content.decode().count('<details class="fold" open>') == 2
    press(browser, "Redraft", instead=["Next week.", ""])
    assert person.row.state["feedback_history"] == ["You assumed: It is this week.\nInstead: Next week."]


@pytest.mark.parametrize("address", ["compare/?a=9&b=1", "compare/?a=x&b=1", "compare/?a=1&b=1:1"])
def test_there_is_nothing_to_compare_that_is_not_there(at_draft_1, person, address):
    assert at_draft_1.client.get(f"/a/{person.app_id}/{address}").status_code == 404


def test_a_branch_of_another_person_is_not_compared(at_draft_1, person, stranger):
    other = type(person)(stranger)
    other.give_input()
    address = f"/a/{person.app_id}/compare/?a={other.app_id}:1&b=1"
    assert at_draft_1.client.get(address).status_code == 404


@pytest.mark.parametrize("data", [{"draft": "9"}, {"draft": "x"}, {"step": "999"}, {"again": "questions"}])
def test_there_is_no_branch_from_what_is_not_there(at_draft_1, person, data):
    status = at_draft_1.client.post(f"/a/{person.app_id}/fork/", data).status_code
    assert status in (404, 409)
    assert Application.objects.count() == 1


def test_only_the_current_draft_is_edited(at_draft_2, person):
    at_draft_2.open(f"/a/{person.app_id}/drafts/1/edit/")
    assert at_draft_2.address == f"/a/{person.app_id}/"
    assert at_draft_2.typed("text") == []


def test_what_the_model_said_around_its_reply_is_shown_and_put_back_with_one_press(person, page_of, model):
    model.will_write(
        "Sure, here it is.\n<reply>\nDear Marta,\n\non Thursday.\n</reply>\n\nShall I add the price?"
    )
    person.give_input()
    browser = page_of(person)
    assert person.row.state["current_draft"] == "Dear Marta,\n\non Thursday."
    assert browser.says("Left out, because it looks like a remark to you")
    assert browser.says("Shall I add the price?")
    press(browser, "Put it back")
    assert person.row.state["current_draft"] == "Sure, here it is.\n\nDear Marta,\n\non Thursday."
    left = person.row.state["draft_sources"][1]["left_out"]
    assert left == [{"where": "after", "text": "Shall I add the price?"}]
    assert not page_of(person).says("(before the reply)")
    press(browser, "Put it back")
    assert person.row.state["current_draft"].endswith("on Thursday.\n\nShall I add the price?")
    assert not page_of(person).says("Left out, because it looks like a remark to you")
