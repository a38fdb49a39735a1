"""The page of one email: what it shows of any text, what it costs, who wrote the draft."""

import re
import threading
import unicodedata

import pytest
from burr.core import State, action
from django.db import connection

from assistant_app.contract.actions import HUMAN
from assistant_app.contract.workflow import ActionEntry, Field
from assistant_app.errors import ModelTimeout
from assistant_app.mail.shown import without_header
from assistant_app.models import Application, Identity, ModelCall
from assistant_app.pages.work import shown_drafts
from tests.conftest import wait_for_runs
from tests.workflows import email_with

pytestmark = pytest.mark.django_db(transaction=True)

SCRIPT = "<script>alert('x')</script><img src=x onerror=alert(1)>\"'&amp;{{ 7 }}{% now 'Y' %}"
QUOTED = "\n".join(f"> On day {number} they wrote a line of some length." for number in range(1800))
MAILS = {
    "100 KB with quoted history": f"From: Marta <m@example.org>\n\nWhere are they?\n\n{QUOTED}",
    "30 KB without a quote": "\n\n".join(f"Paragraph {number} of many." for number in range(1500)),
    "30 KB in one line": "word " * 6000,
    "right to left": "السيدة إيدا المحترمة،\n\nمتى يصل الطلب؟\n\n\u202eevil\u202c",
    "emoji": "👩‍👩‍👧‍👦 When? 🇳🇴 \U0001f9d1\U0001f3ff‍🚀",
    "a very long word": "W" * 5000,
    "markup": SCRIPT,
    "line ends of mail": "One.\r\n\r\nTwo.\rThree.\n",
    "tabs and spaces": "\tItem\t5\n    indented  twice  \n\n\n\nend ",
    "begins with line breaks": "\n\n\nHello?",
    "quoted from the start": "> all of it\n> is quoted",
    "control characters": "bell\x07 escape\x1b[31m",
}


@pytest.mark.parametrize("mail", MAILS.values(), ids=MAILS.keys())
def test_mail_as_people_get_it_arrives_whole(browser, model, mail):
    browser.open("/new/").press("Draft a reply", email_to_respond=mail, response_instructions="Yes.")
    wait_for_runs()
    browser.open(browser.address)
    stored = mail.replace("\r\n", "\n").replace("\r", "\n")
    assert Application.objects.get().state["incoming_email"] == stored
    assert browser.says("Draft 1 is ready")
    shown = re.sub(r"The rest of the email \(\d+ characters\)", "", browser.page.text)
    assert "".join(without_header(stored).split()) in "".join(shown.split())


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("To: Ida <ida@brevik.example>", "To you ·"),
        ("To: ida@brevik.example\nCc: Marcus Lee <marcus@example.org>", "To you, cc Marcus Lee ·"),
        ("To: sales@example.org, IDA@brevik.example", "To sales@example.org, you ·"),
        ("Cc: Ida <ida@brevik.example>", "Cc you ·"),
        ("To: " + ", ".join(f"Guest {n} <g{n}@example.org>" for n in range(9)), "Guest 1, Guest 2 +6 ·"),
        ("To: ida+orders@brevik.example", "To you ·"),
        ("To: undisclosed-recipients:;", "m@example.org 27 November 2026, 09:14"),
    ],
)
def test_a_glance_tells_who_else_got_the_email(person, owner, page_of, lines, said):
    Identity.objects.create(owner=owner, name="Ida", addresses=["ida@brevik.example"], is_default=True)
    sent = f"From: Marta <m@example.org>\n{lines}\nDate: Fri, 27 Nov 2026 09:14:00 +0100\n\nWhere are they?"
    person.give_input(sent)
    assert page_of(person).says(said)


def test_pasted_headers_are_set_apart_and_name_the_email(person, page_of):
    person.give_input(
        "From: Marta <m@example.org>\nTo: ida@example.org\n\nWhere are they?\n\nFrom: is a word"
    )
    assert page_of(person).says(
        "From Marta <m@example.org> To ida@example.org Where are they? From: is a word"
    )
    assert person.row.title == "Where are they?"


@pytest.mark.parametrize(
    ("header", "over"),
    [
        ("From: Marta\nSubject: Order", "On Mon, 2 Nov 2026 at 10:00, Ida wrote:\n> Soon."),
        (
            "Von: Marta\nBetreff: Order",
            "--- Ursprüngliche Nachricht ---\nVon: Ida\nGesendet: gestern\n\nSoon.",
        ),
        ("De: Marta\nObjet: Order", "Le lun. 2 nov. 2026 à 10:00, Ida a écrit :\n> Soon."),
        ("De: Marta\nEnviado: lunes\nAsunto: Order", "El lun, 2 nov 2026, Ida escribió:\n\nSoon."),
        ("Da: Marta\nOggetto: Order", "Da: Ida\nInviato: ieri\nOggetto: Order\n\nSoon."),
        ("Van: Marta\nOnderwerp: Order", "2026-11-02 10:00 <ida@example.org>:\n> Soon."),
    ],
)
def test_in_many_languages_what_an_email_quotes_is_folded(person, page_of, header, over):
    person.give_input(f"{header}\n\nWhere are they?\n\n{over}")
    page = page_of(person)
    assert page.says(" ".join(header.replace(":", "").split()))
    earlier, _, newest = page.page.text.partition("Where are they?")
    assert "1 earlier message" in earlier
    assert "Soon." in earlier
    assert "Soon." not in newest


THREAD = (
    "From: Marta Lind <m@example.org>\nSubject: Order\n\nWe take 12.\n\n"
    "On Mon, 2 Nov 2026 at 10:00, Ida <ida@example.org> wrote:\n> How many?\n>\n"
    "> On Sun, 1 Nov 2026 at 08:00, Marta Lind <m@example.org> wrote:\n>> Have you pumps?\n"
)


def test_earlier_messages_are_folded_with_sender_and_date_over_the_newest_one(person, owner, page_of):
    owner.email = "ida@example.org"
    owner.save()
    person.give_input(THREAD)
    page = page_of(person)
    assert page.says(
        "2 earlier messages 1 November to 2 November"
        " I You How many? 2 November How many? ML Marta Lind Have you pumps? 1 November Have you pumps?"
    )
    html = page.response.content.decode()
    assert html.index('<details class="fold earlier"') < html.index("We take 12.")


def test_an_answer_between_quotes_stands_out(person, page_of):
    person.give_input(
        "From: Marta <m@example.org>\n\nHi,\n\n> Which <b>colour</b>?\n\nBlue.\n\n> When?\n\nNow."
    )
    html = page_of(person).response.content.decode()
    assert '<blockquote class="quote"><p>&gt; Which &lt;b&gt;colour&lt;/b&gt;?</p></blockquote>' in html
    assert '<div class="between"><p>Blue.</p></div>' in html
    assert "earlier message" not in html


def test_what_is_merely_forwarded_is_read_as_the_email(person, page_of):
    forward = "---------- Forwarded message ---------\nFrom: Carl <c@example.org>\nSubject: Pumps\n\nForty?"
    person.give_input(f"From: Marta <m@example.org>\n\nFYI\n\n{forward}")
    html = page_of(person).response.content.decode()
    assert "Forty?" in html
    assert "earlier message" not in html
    assert "The rest of the email" not in html


def test_markup_in_every_field_is_shown_and_never_obeyed(browser, model):
    model.will_ask(SCRIPT, reasons=[SCRIPT])
    model.will_write(SCRIPT)
    mail = f"From: {SCRIPT}\nSubject: {SCRIPT}\n\n{SCRIPT}"
    browser.open("/new/").press("Draft a reply", email_to_respond=mail, response_instructions=SCRIPT)
    wait_for_runs()
    address = browser.address
    pages = [browser.open(address).response, browser.press("Draft the reply", answers=[SCRIPT]).response]
    wait_for_runs()
    pages += [browser.open(address).response, browser.press("Send feedback", feedback=SCRIPT).response]
    wait_for_runs()
    pages += [browser.open(address).response]
    pages += [browser.press("Accept", feedback=SCRIPT).response]
    pages += [browser.press("Accept, discard the feedback").response]
    wait_for_runs()
    pages += [
        browser.open(end).response for end in (address, f"{address}delete/", "/", f"/?show=done&q={SCRIPT}")
    ]
    for response in pages:
        text = response.content.decode()
        assert "<script>alert" not in text
        assert "<img" not in text
        assert "{{ 7 }}" in text  # no template in a template


def test_a_draft_can_be_copied_to_the_last_character(person, page_of, model):
    draft = "Dear Marta,\n\n\n  two\tspaces \n\nKind regards,\nIda"
    model.will_write(draft)
    person.give_input()
    html = page_of(person).response.content.decode()
    body = html.partition('id="reply-text"')[2].partition("</div>")[0].partition(">")[2]
    assert "\n\n".join(re.findall("<p>(.*?)</p>", body, re.DOTALL)) == draft


def test_a_text_that_begins_with_line_breaks_keeps_them_in_its_field(browser):
    browser.open("/new/").press(
        "Draft a reply", email_to_respond="\n\nHello?", response_instructions="x" * 20_001
    )
    assert browser.typed("email_to_respond") == ["\n\nHello?"]


def test_fifty_drafts_cost_at_most_six_queries(person, page_of, all_queries):
    person.give_input()
    for number in range(49):
        person.give_feedback(f"Change {number}.")
    with all_queries() as queries:
        page_of(person)
    writes = [sql for _, sql in queries if sql.startswith("UPDATE")]  # the first view says that it was seen
    assert (len(queries) - len(writes) <= 6, len(writes)) == (True, 1)
    with all_queries() as again:
        assert page_of(person).says("Draft 50 is ready")
    assert len(again) <= 6
    assert not any('"messages"' in sql or '"changes"' in sql for _, sql in queries)


def test_a_draft_says_who_wrote_it_and_to_check_it(person, page_of):
    person.give_input()
    ModelCall.objects.filter(purpose="draft").update(model="gpt-5-mini", duration=7.04)
    assert page_of(person).says("Written by gpt-5-mini in 7.0 s ·")
    ModelCall.objects.filter(purpose="draft").update(duration=90)
    shown_drafts.forget()
    assert page_of(person).says("Written by gpt-5-mini in 1.5 min ·")


def test_the_demonstration_model_is_named_at_its_draft(person, page_of, settings):
    settings.EMBEDDED_MODEL_PATH = ""
    person.give_input()
    ModelCall.objects.update(provider="embedded")
    assert page_of(person).says("Written by the toy model. Don’t rely on it.")
    assert page_of(person).page.links["Choose a better model"] == "/settings/model/"


def test_a_draft_whose_call_is_not_known_names_no_model(person, page_of):
    person.give_input()
    ModelCall.objects.all().delete()
    assert page_of(person).says("Written by the assistant")


def test_each_draft_keeps_its_own_call(person, page_of, model):
    person.give_input()
    model.will_write(ModelTimeout("No answer."))
    person.fails_at("process_feedback", feedback="Shorter.")
    person.retry()
    first, second = ModelCall.objects.filter(purpose="draft", error_code="").order_by("id")
    for call, name in ((first, "first"), (second, "second")):
        ModelCall.objects.filter(pk=call.pk).update(model=name)
    assert page_of(person).says("Written by second in")
    assert page_of(person).open(f"/a/{person.app_id}/?draft=1").says("Written by first in")


def test_the_tab_begins_with_the_state(person, page_of, model):
    def tab():
        html = page_of(person).response.content.decode()
        return html.partition("<title>")[2].partition("</title>")[0]

    assert tab() == "No email yet: No subject · Email assistant"
    model.will_ask("Which?")
    person.give_input()
    assert tab() == "1 question for you: Late delivery · Email assistant"
    gate = model.will_wait_to_write()
    person.begin("clarify_instructions", {"answers": [""]}).claimed.result(30)
    assert tab() == "Writing draft 1: Late delivery · Email assistant"
    gate.set()
    wait_for_runs()
    assert tab() == "Draft 1 is ready: Late delivery · Email assistant"
    model.will_write(ModelTimeout("No answer."))
    person.fails_at("process_feedback", feedback="Shorter.")
    assert tab() == "Couldn’t finish draft 2: Late delivery · Email assistant"
    person.retry()
    person.give_feedback("")
    assert tab() == "Accepted: Late delivery · Email assistant"


def test_a_run_says_what_it_is_doing(person, page_of, model):
    gate = model.will_wait_to_ask()
    person.begin("process_input", {"email_to_respond": "Hello?", "response_instructions": "Hi."})
    model.wait_until_asked("questions")
    assert page_of(person).says(
        "Reading the email… You can close this page; we’ll keep going. Skip questions"
    )
    writing = model.will_wait_to_write()
    gate.set()
    model.wait_until_asked("draft")
    assert page_of(person).says("Writing draft 1… You can close this page")
    writing.set()
    wait_for_runs()
    writing = model.will_wait_to_write()
    person.begin("process_feedback", {"feedback": "Shorter."})
    model.wait_until_asked("draft", 2)
    assert page_of(person).says("Working in your feedback Writing draft 2…")
    writing.set()


# --- A human step that the product does not have -------------------------------------------------


@action(reads=["current_draft"], writes=["salutation", "names"], tags=[HUMAN])
async def choose_salutation(state: State, salutation: str, names: list[str]) -> State:
    return state.update(salutation=salutation, names=names)


CHOOSE_SALUTATION = ActionEntry(
    action="choose_salutation",
    endpoint="choose_salutation",
    title="How do you address them?",
    button="Use this salutation",
    fields=(
        Field(name="salutation", label="Salutation", help="“Dear Ms Kowalczyk” or “Hi”."),
        Field(name="names", label="Names", required=False, one_per="clarification_questions"),
    ),
)


@pytest.fixture
def added_step(serve, model):
    """The product with one human step more, between the draft and the feedback."""
    added = email_with(
        choose_salutation, CHOOSE_SALUTATION, after="formulate_draft", before="process_feedback"
    )
    serve(added)


def test_an_added_human_step_has_a_page_without_more_code(added_step, person, page_of, browser, model):
    model.will_ask("Who reads it?")
    person.give_input()
    person.answer("Marta.")
    assert page_of(person).says("How do you address them?")
    assert browser.says("Who reads it?")
    assert browser.says("Draft 1")
    assert browser.open("/").says("How do you address them?")
    page_of(person).press("Use this salutation", salutation=" ", names=["Marta"])
    assert browser.status == 400
    assert browser.says("Write something here.")
    assert browser.typed("names") == ["Marta"]
    browser.press("Use this salutation", salutation="Dear Marta")
    wait_for_runs()
    assert person.row.state["salutation"] == "Dear Marta"
    assert page_of(person).says("Draft 1 is ready")


def test_an_added_human_step_keeps_its_text_too(added_step, person, page_of, browser, other_window):
    person.give_input()
    address = page_of(person).address
    other_window.open(address).press("Use this salutation", salutation="Hi")
    wait_for_runs()
    browser.press("Use this salutation", salutation="Dear Marta")
    assert browser.status == 412
    assert browser.says("This changed in another window Your text wasn’t sent")
    assert browser.says("Dear Marta")


def test_nothing_typed_is_normalised_behind_ones_back(browser, model):
    decomposed = unicodedata.normalize("NFD", "Hélène")
    browser.open("/new/").press("Draft a reply", email_to_respond=decomposed, response_instructions="Yes.")
    wait_for_runs()
    assert Application.objects.get().state["incoming_email"] == decomposed


def test_two_windows_that_send_at_once_make_one_draft(person, page_of, browser, other_window, model):
    person.give_input()
    address = page_of(person).address
    other_window.open(address)
    barrier, answers = threading.Barrier(2), []

    def send(window, feedback):
        barrier.wait(10)
        try:
            answers.append(window.press("Send feedback", follow=False, feedback=feedback).status)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=send, args=pair) for pair in ((browser, "One."), (other_window, "Two."))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    wait_for_runs()
    assert sorted(answers)[0] == 302
    assert sorted(answers)[1] in (409, 412)
    assert len(person.row.state["feedback_history"]) == 1


WRITTEN = "Dear Marta,\n\nSixty sensors ship on Thursday, and the rest a week later.\n\nAll of them "


def test_what_was_written_before_a_failure_stands_on_the_sheet(person, page_of, model):
    model.will_write([f"<reply>{WRITTEN}", ModelTimeout()])
    person.fails_at("process_input", email_to_respond=person.EMAIL, response_instructions="Yes.")
    page = page_of(person)
    assert page.says("Couldn’t finish draft 1")
    assert page.says("Sixty sensors ship on Thursday")
    person.retry()
    assert not page_of(person).says("Sixty sensors ship on Thursday")


def test_the_feedback_that_led_to_what_was_written_stands_below_it(person, page_of, model):
    person.give_input()
    model.will_write([f"<reply>{WRITTEN}", ModelTimeout()])
    person.fails_at("process_feedback", feedback="Warmer.")
    text = " ".join(page_of(person).page.text.split())
    assert text.index("Sixty sensors ship") < text.index("Your feedback on draft 1 Warmer.")


def test_nothing_stands_on_the_sheet_of_a_run_that_wrote_nothing(person, page_of, model):
    model.will_write(ModelTimeout())
    person.fails_at("process_input", email_to_respond=person.EMAIL, response_instructions="Yes.")
    assert 'id="reply-text"' not in page_of(person).response.content.decode()
