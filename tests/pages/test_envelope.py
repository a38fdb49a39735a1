"""Who gets the reply: proposed, shown with draft and accepted reply, and changed on its own page."""

import html
import re
from email import message_from_bytes, policy
from urllib.parse import parse_qs, urlsplit

import pytest

from assistant_app import operations
from assistant_app.errors import ModelTimeout
from assistant_app.models import Step
from tests.conftest import Person

pytestmark = pytest.mark.django_db(transaction=True)

HEAD = "From: Anna Example <anna@example.org>\nTo: Ida <ida@brevik.example>\nSubject: Offer 12\n"
TO_ALL = f"{HEAD}Cc: Bob <bob@example.org>\n\nPlease confirm to all of us."
TYPED = {"to": "anna@example.org", "cc": "", "subject": "Re: Offer 12", "identity": "", "quote": ""}


@pytest.fixture
def ida(browser, owner):
    """Ida, who has said which address is hers."""
    browser.client.post("/settings/identities/", {"name": "Ida Brevik", "addresses": "ida@brevik.example"})
    return Person(owner)


def line_on(browser, person):
    """Return the line about the recipients on an email's page, as a person reads it."""
    page = browser.open(f"/a/{person.app_id}/").response.content.decode()
    found = re.search(r'<div id="envelope" class="to-line">(.*?)</div>', page, re.DOTALL)
    return read(found[1]) if found else ""


def read(source):
    return " ".join(html.unescape(re.sub("<[^>]*>", " ", source)).split()).replace(" ,", ",")


def change(browser, person, **typed):
    return browser.client.post(f"/a/{person.app_id}/envelope/", {**TYPED, **typed})


def reply_of(browser, person):
    content = browser.client.get(f"/a/{person.app_id}/reply.eml").content
    return message_from_bytes(content, policy=policy.default)


def accepted(person, email):
    person.give_input(email)
    person.give_feedback("")
    return person


@pytest.mark.parametrize("is_accepted", [False, True])
def test_the_draft_and_the_accepted_reply_say_who_gets_them(browser, ida, is_accepted):
    ida.give_input(TO_ALL)
    if is_accepted:
        ida.give_feedback("")
    expected = "To Anna Example <anna@example.org> · Cc Bob <bob@example.org> · Subject Re: Offer 12"
    assert line_on(browser, ida) == f"{expected} Change who gets the reply"


def test_the_file_says_exactly_what_the_page_says(browser, ida):
    message = reply_of(browser, accepted(ida, TO_ALL))
    assert message["To"] == "Anna Example <anna@example.org>"
    assert message["Cc"] == "Bob <bob@example.org>"
    assert message["From"] == "Ida Brevik <ida@brevik.example>"
    assert message["Subject"] == "Re: Offer 12"


def test_the_link_for_mail_programs_has_the_same_recipients(browser, ida, page_of):
    page_of(accepted(ida, TO_ALL))
    link = urlsplit(html.unescape(browser.page.links["Open in mail app"]))
    assert link.path == "anna@example.org"
    assert parse_qs(link.query)["cc"] == ["bob@example.org"]


def test_a_changed_envelope_is_what_file_and_page_say(browser, ida):
    accepted(ida, TO_ALL)
    change(
        browser,
        ida,
        to="Carl Ö <carl@example.com>",
        cc="anna@example.org\r\nBob <bob@example.org>",
        subject="Offer",
    )
    assert line_on(browser, ida).startswith(
        "To Carl Ö <carl@example.com> · Cc anna@example.org, Bob <bob@example.org> · Subject Offer"
    )
    message = reply_of(browser, ida)
    assert (str(message["To"]), str(message["Cc"])) == (
        "Carl Ö <carl@example.com>",
        "anna@example.org, Bob <bob@example.org>",
    )
    assert (message["Subject"], message["From"]) == ("Offer", None)


def test_the_place_of_the_quote_can_be_changed_for_one_email(browser, ida):
    accepted(ida, TO_ALL)
    assert "> Please confirm" in reply_of(browser, ida).get_content()
    change(browser, ida, quote="none")
    assert "Please confirm" not in reply_of(browser, ida).get_content()


def test_one_button_leaves_the_others_out(browser, ida):
    ida.give_input(TO_ALL)
    browser.open(f"/a/{ida.app_id}/envelope/").press("Only Anna Example")
    assert ida.row.state["envelope"]["to"] == ["Anna Example <anna@example.org>"]
    assert ida.row.state["envelope"]["cc"] == []
    browser.open(f"/a/{ida.app_id}/envelope/").press("Reply to all (2)")
    assert ida.row.state["envelope"]["cc"] == ["Bob <bob@example.org>"]


def test_the_form_begins_with_what_is_proposed(browser, ida):
    ida.give_input(TO_ALL)
    browser.open(f"/a/{ida.app_id}/envelope/")
    assert browser.typed("to")[-1] == "Anna Example <anna@example.org>"
    assert browser.typed("subject")[-1] == "Re: Offer 12"


# --- When it can be changed, and where that leads -------------------------------------------------


def test_before_the_questions_are_answered_it_leads_back_to_them(browser, ida, model):
    model.will_ask("How many?")
    ida.give_input(TO_ALL)
    change(browser, ida)
    assert (ida.row.next_step, ida.row.status) == ("clarify_instructions", "waiting")
    ida.answer("Twelve")
    assert ida.row.next_step == "process_feedback"
    assert ida.row.state["envelope"]["to"] == ["anna@example.org"]


def test_with_a_draft_it_leads_back_to_the_draft_also_twice(browser, ida):
    ida.give_input(TO_ALL)
    change(browser, ida)
    change(browser, ida, to="bob@example.org")
    assert (ida.row.next_step, ida.row.state["envelope"]["to"]) == ("process_feedback", ["bob@example.org"])
    ida.give_feedback("Shorter.")
    ida.give_feedback("")
    assert ida.row.status == "finished"
    assert ida.row.state["envelope"]["to"] == ["bob@example.org"]


def test_after_the_end_the_email_stays_accepted_and_can_be_reopened(browser, ida):
    accepted(ida, TO_ALL)
    change(browser, ida)
    assert (ida.row.status, ida.row.next_step) == ("finished", "")
    assert browser.open(f"/a/{ida.app_id}/").says("Accepted")
    browser.press("Reopen to change it")
    assert (ida.row.status, ida.row.next_step) == ("waiting", "process_feedback")


def test_a_new_email_has_no_envelope_yet(browser, ida):
    assert browser.open(f"/a/{ida.app_id}/envelope/").address == f"/a/{ida.app_id}/"
    assert change(browser, ida).status_code == 409


def test_after_a_run_that_stopped_it_stays_stopped_and_keeps_what_was_typed(browser, ida, model):
    ida.give_input(TO_ALL)
    model.will_write(["<reply>Dear Anna, ", "twelve it is. " * 30, ModelTimeout()])
    ida.fails_at("process_feedback", feedback="Shorter.")
    written = ida.row.read_partial()
    for to in ("bob@example.org", "carl@example.com"):
        assert change(browser, ida, to=to).status_code == 302
    row = ida.row
    assert (row.status, row.error_code, row.next_step) == ("failed", "model_timeout", "process_feedback")
    assert (row.state["feedback"], row.state["envelope"]["to"]) == ("Shorter.", ["carl@example.com"])
    assert written
    assert row.read_partial() == written
    browser.open(f"/a/{ida.app_id}/")
    assert browser.says("Couldn’t finish draft 2")
    assert browser.says("Your feedback on draft 1 Shorter.")
    ida.retry()
    assert (ida.row.status, len(ida.row.state["draft_history"])) == ("waiting", 2)
    assert ida.row.state["envelope"]["to"] == ["carl@example.com"]
    assert "Shorter." in asked(model)


def test_a_changed_envelope_stays_when_the_feedback_is_sent_anew(browser, ida, model):
    ida.give_input(TO_ALL)
    model.will_write(ModelTimeout())
    ida.fails_at("process_feedback", feedback="Shorter.")
    change(browser, ida, to="carl@example.com")
    ida.give_feedback("Longer.")
    row = ida.row
    assert (row.state["feedback_history"], row.state["envelope"]["to"]) == (["Longer."], ["carl@example.com"])
    steps = Step.objects.positions_to(row.pk, row.sequence_id)
    assert "change_envelope" not in [step.position for step in steps]
    fork, _ = operations.fork(actor=ida.user, app_id=ida.app_id)
    assert fork.state["envelope"]["to"] == ["carl@example.com"]


def test_before_the_first_draft_it_can_be_changed_once_the_email_is_there(browser, ida, model):
    model.will_ask("How many?")
    model.will_write(ModelTimeout())
    ida.give_input(TO_ALL)
    ida.fails_at("clarify_instructions", answers=["Twelve"])
    change(browser, ida, to="carl@example.com")
    fork, _ = operations.fork(actor=ida.user, app_id=ida.app_id)
    assert fork.next_step == "clarify_instructions"  # as without the change
    ida.retry()
    assert (ida.row.next_step, ida.row.state["clarification_answers"]) == ("process_feedback", ["Twelve"])
    assert ida.row.state["envelope"]["to"] == ["carl@example.com"]


def test_another_email_has_another_envelope(browser, ida, model):
    model.will_write(ModelTimeout())
    ida.fails_at("process_input", email_to_respond=TO_ALL, response_instructions="Yes.")
    change(browser, ida, to="carl@example.com")
    assert ida.row.next_step == "process_input"
    ida.give_input("From: Dora <dora@example.org>\n\nHi")
    assert ida.row.state["envelope"] is None


def test_a_click_twice_changes_it_once(browser, ida):
    ida.give_input(TO_ALL)
    typed = {"to": "bob@example.org", "version": str(ida.row.version)}
    for _ in range(2):
        assert change(browser, ida, **typed).status_code == 302
    assert Step.objects.filter(position="change_envelope").count() == 1


def test_what_another_window_changed_meanwhile_is_not_overwritten(browser, ida):
    ida.give_input(TO_ALL)
    version = str(ida.row.version)
    change(browser, ida, to="bob@example.org", version=version)
    refused = change(browser, ida, to="carl@example.com", version=version)
    assert refused.status_code == 412
    assert "carl@example.com" in refused.content.decode()
    assert ida.row.state["envelope"]["to"] == ["bob@example.org"]


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ({"to": "Anna"}, "“Anna” has no email address."),
        ({"cc": "bob@example.org\nnobody"}, "“nobody” has no email address."),
        ({"identity": "me"}, "It has no email address."),
        ({"subject": "x" * 501}, "It has 501 characters; 500 fit."),
    ],
)
def test_what_does_not_fit_is_refused_and_shown_again(browser, ida, typed, problem):
    ida.give_input(TO_ALL)
    refused = change(browser, ida, **typed)
    assert refused.status_code in (400, 409)
    assert problem in read(refused.content.decode())
    [text] = typed.values()
    assert html.escape(text.splitlines()[-1]) in refused.content.decode()
    assert ida.row.state["envelope"] is None


def test_a_recipient_is_named_once(browser, ida):
    ida.give_input(TO_ALL)
    change(browser, ida, to="bob@example.org, BOB@example.org", cc="Bob <bob@example.org>; carl@example.com")
    assert (ida.row.state["envelope"]["to"], ida.row.state["envelope"]["cc"]) == (
        ["bob@example.org"],
        ["carl@example.com"],
    )


def test_no_recipient_gets_a_line_of_its_own_into_the_file(browser, ida):
    accepted(ida, TO_ALL)
    change(
        browser,
        ida,
        to="Anna\x0bBcc: evil@evil.example <anna@example.org>",
        subject="Hi\u2028Bcc: evil@evil.example",
    )
    message = reply_of(browser, ida)
    assert "Bcc" not in message
    assert [each.addr_spec for each in message["To"].addresses] == ["anna@example.org"]


def test_the_history_says_that_it_was_changed(browser, ida):
    ida.give_input(TO_ALL)
    change(browser, ida, to="Carl <carl@example.com>")
    browser.open(f"/a/{ida.app_id}/history/")
    assert browser.says("You changed who gets the reply")


def test_the_next_draft_ends_with_the_name_of_the_chosen_sender(browser, ida, model):
    ida.give_input(TO_ALL)
    change(browser, ida, identity="Club Secretary <ida@brevik.example>")
    ida.give_feedback("Shorter.")
    said = " ".join(each.content for each in model.asked[-1].messages)
    assert "My name, as it stands under my emails: Club Secretary" in said


def test_the_model_is_told_who_gets_the_reply(browser, ida, model):
    ida.give_input(TO_ALL)
    assert "To: Anna Example <anna@example.org>\nCc: Bob <bob@example.org>\n===" in asked(model)
    change(browser, ida)
    ida.give_feedback("Shorter.")
    assert "To: anna@example.org\nAddressed by the email, but without a copy: Bob <bob@example.org>" in asked(
        model
    )
    assert "ida@brevik.example" not in asked(model).partition("The reply goes to:")[2]


def asked(model):
    return model.asked[-1].messages[-1].content


# --- What is said about it ------------------------------------------------------------------------

FORWARD = (
    "---------- Forwarded message ---------\nFrom: Carl <carl@example.com>\nDate: Mon, Nov 2, 2026\n"
    "Subject: Offer 12\nTo: Anna <anna@example.org>\n\nCan you deliver?"
)
NOTICES = {
    f"{HEAD}\nFYI\n\n{FORWARD}": "It forwards a message from Carl <carl@example.com>, who does",
    f"{HEAD}List-Post: <mailto:dev@lists.example>\n\nHi": "list dev@lists.example, which does not get",
    f"{HEAD}Cc: d@lists.example\nList-Post: <mailto:d@lists.example>\n\nHi": "Everybody on the mailing list",
    f"{HEAD}Reply-To: Sales <sales@example.com>\n\nHi": "The email asks to answer Sales <sales@example.com>.",
    "From: no-reply@shop.example\n\nHi": "No one reads what is sent to no-reply@shop.example.",
    "From: MAILER-DAEMON@mx.example\n\nHi": "A mail server wrote it to report about an email.",
    f"{HEAD}Auto-Submitted: auto-replied\n\nHi": "A program wrote it",
    "From: Anna via Sign <sign@sign.example>\nReply-To: anna@example.org\n\nHi": "is a list or a service",
    "From: ida@brevik.example\nTo: anna@example.org\n\nHi": "You wrote it, so the reply goes to those",
    "Hi": "The email does not say who sent it.",
}


@pytest.mark.parametrize("email", NOTICES)
def test_what_should_be_known_is_said_with_the_draft(browser, ida, email):
    ida.give_input(email)
    assert NOTICES[email] in line_on(browser, ida)


def test_somebody_without_addresses_is_asked_for_them(browser, owner):
    person = Person(owner)
    person.give_input(TO_ALL)
    assert "Say which addresses are yours" in line_on(browser, person)
    assert browser.page.links["Say which addresses are yours"] == "/settings/identities/"


def test_the_identity_at_whose_address_the_email_arrived_is_the_sender(browser, ida):
    for name, address in (("Shop", "shop@brevik.example"), ("Club", "club@brevik.example")):
        browser.client.post("/settings/identities/", {"name": name, "addresses": address})
    accepted(ida, "From: anna@example.org\nTo: club@brevik.example\nSubject: Hi\n\nHi")
    assert reply_of(browser, ida)["From"] == "Club <club@brevik.example>"
