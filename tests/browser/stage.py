"""Every page in each of its states, by name: for the checks of all pages, and for the pictures."""

import threading
import uuid
from datetime import timedelta

from django.contrib.auth import get_user_model
from django.utils import timezone

from assistant_app import operations
from assistant_app.errors import ModelTimeout
from assistant_app.models import Application, Identity, Note, Step
from assistant_app.models.people import Preferences
from assistant_app.people import notes, readings
from assistant_app.people.notes import Written
from assistant_app.workflow.graph import DEFAULT_STATE
from tests import eml_samples
from tests.conftest import Person, wait_for_runs

EMAIL = """From: Marta Kowalczyk <m.kowalczyk@nordlys-labs.example>
Subject: Late delivery of order 4471

Hello Ida,

I am writing about order 4471 (96 pressure sensors, type BR-220). According to the confirmation of \
2 October the delivery was due on Friday 20 November. Nothing has arrived, and no one picked up when I \
rang twice on Friday afternoon.

1. When exactly do we get the sensors? All of them, or a part first?
2. Will there be any compensation for the delay? We did pay in advance.

Best regards,
Marta Kowalczyk
Purchasing, Nordlys Laboratories AS

On 12 November 2026 at 09:14, Ida Brevik wrote:
> Dear Marta,
> order 4471 is in final calibration and on schedule for the 20th."""
INSTRUCTIONS = (
    "We can ship 60 of the 96 on Thursday 3 December, the other 36 on Thursday 10 December. "
    "Apologise once, properly, no grovelling. Offer 5 % off."
)
QUESTIONS = (
    "Does the 5 % apply to the whole order or only to the 36 late units?",
    "Who should Marta contact if she cannot reach you?",
)
REASONS = (
    "You offer 5 % off, and part of the order comes later than the rest.",
    "She rang twice on Friday and reached no one.",
)
DRAFTS = (
    "Dear Marta,\n\nThank you for your email. I am sorry that order 4471 did not arrive on 20 November as "
    "confirmed, and that you could not reach anyone on Friday.\n\n60 of the 96 sensors will leave our "
    "warehouse on Thursday 3 December, and the remaining 36 on Thursday 10 December.\n\nAs compensation for "
    "the delay, we will take 5 % off the whole of order 4471.\n\nKind regards,\nIda",
    "Dear Marta,\n\nYou planned a crew around a date that we confirmed, and we did not keep it. I am sorry, "
    "also that no one picked up on Friday.\n\n60 of the 96 sensors will leave our warehouse on Thursday "
    "3 December, so that you have them by the 4th. The remaining 36 follow on Thursday 10 December.\n\nAs "
    "compensation for the delay, we will take 5 % off the whole of order 4471.\n\nKind regards,\nIda",
)
FEEDBACK = "Start with what it means for her, not with “thank you for your email”."
SECOND_THOUGHT = "Marta prefers to be called, not written to. Add her number."

CONVERSATION = """From: Marta Kowalczyk <m.kowalczyk@nordlys-labs.example>
To: Orders and Returns <orders@sensors-of-the-north.example>
Cc: Jonas Lie <j.lie@nordlys-labs.example>
Date: Fri, 27 Nov 2026 09:14:00 +0100
Subject: Re: Late delivery of order 4471

Dear Ida,

thank you. Can we return four of them if they do not fit, and what would they cost?

Marta

On Thu, 26 Nov 2026 at 16:40, Ida Brevik <ida@brevik.example> wrote:
> Dear Marta,
>
> the first 60 sensors leave on Thursday 3 December.
>
> Ida
>
> On Wed, 25 Nov 2026 at 11:02, Marta Kowalczyk <m.kowalczyk@nordlys-labs.example> wrote:
>> Hello Ida,
>>
>> nothing has arrived, and no one picked up when I rang twice.
>>
>> Marta"""
ANSWER = (
    "Dear Marta,\n\nyes: you can return unused sensors within 30 days, and we pay the postage. Each of them "
    "costs 84 EUR until June 2027.\n\nKind regards,\nIda"
)
IDENTITIES = [
    ("Ida Brevik", ["ida@brevik.example", "i.brevik@home.example"], "Ida Brevik\nStorgata 12, 0155 Oslo"),
    (
        "Sensors of the North, Orders and Returns",
        ["orders@sensors-of-the-north.example"],
        "Sensors of the North AS\nOrders and returns, Monday to Friday, 8 to 16\n+47 22 00 00 00",
    ),
]
NOTES = [
    Written(
        title="Return policy",
        text="Unused sensors come back within 30 days. We pay the postage.",
        is_verbatim=True,
    ),
    Written(
        title="Nordlys",
        text="84 EUR for each sensor until June 2027.",
        scope=Note.Scope.DOMAIN,
        target="nordlys-labs.example",
    ),
    Written(title="Margins", text="Sensors may not cost less than 71 EUR.", is_local_only=True),
]

LISTED = [
    ("Late delivery of order 4471", "Marta Kowalczyk", "waiting", "process_feedback", 2),
    ("Widerspruch: Grundstücksverkehrsgenehmigungszuständigkeitsübertragungsverordnung",
     "Amt für Liegenschaften", "running", "process_feedback", 0),
    ("Invoice 2026-0917 was charged twice", "Tobenna Okonkwo-Fairweather", "failed", "process_feedback", 1),
    ("Sortie au musée : autorisation et allergie", "Hélène Garnier-Dubreuil", "waiting",
     "clarify_instructions", 0),
    ("استفسار عن موعد تركيب المجسّات في عمّان", "م. ليلى الحوراني", "finished", "", 3),
    ("見積書の件（再送のお願い）", "佐藤 健一", "waiting", "process_feedback", 1),
    ("Re: Re: Fwd: AW: Re: Protokoll der Eigentümerversammlung vom 14. Oktober und Wasserschaden",
     "Hausverwaltung Süd", "failed", "process_input", 0),
    ("Can we move Thursday?", "Sam", "finished", "", 1),
    ("", "", "waiting", "process_input", 0),
    ("Your application for the post of Laboratory Technician (ref. LT-26-11)", "People Team", "finished", "",
     2),
]  # fmt: skip


class Stage:
    """A signed-in person's window, their email, and the scripted model behind it."""

    def __init__(self, page, owner, model):
        self.page, self.owner, self.model = page, owner, model
        self.gates = []

    def let_go(self):
        for gate in self.gates:
            gate.set()

    @property
    def address(self):
        return f"/a/{self.person.app_id}/"

    def begin(self, *, drafts=1):
        """Bring an email to its first draft or further."""
        self.person = Person(self.owner)
        self.model.will_ask(*QUESTIONS, reasons=REASONS)
        for draft in DRAFTS[:drafts]:
            self.model.will_write(draft)
        self.person.give_input(EMAIL, INSTRUCTIONS)
        if drafts:
            self.person.answer("The whole order.", "")
        for _ in range(drafts - 1):
            self.person.give_feedback(FEEDBACK)

    def hold_back(self):
        self.gates.append(self.model.will_wait_to_write())

    def open(self, address=None):
        self.page.goto(address or self.address)

    def press(self, name):
        with self.page.expect_navigation():
            self.page.get_by_role("button", name=name, exact=True).click()


def list_empty(stage):
    stage.open("/")


def list_full(stage):
    now = timezone.now()
    for age, (title, sender, status, next_step, drafts) in enumerate(LISTED):
        questions = list(QUESTIONS) if next_step == "clarify_instructions" else []
        state = {"draft_history": ["x"] * drafts, "clarification_questions": questions}
        row = Application(
            owner=stage.owner, title=title, sender=sender, status=status, next_step=next_step,
            state={**DEFAULT_STATE, **state}, updated_at=now - timedelta(hours=age**2),
        )  # fmt: skip
        if status == "running":
            row.lease_token, row.lease_expires_at = uuid.uuid4(), now + timedelta(hours=1)
        if status == "failed":
            row.error_code = "model_timeout" if drafts else "interrupted"
        row.save(force_insert=True)
    # The last one was reopened.
    Step.objects.create(
        application=row, sequence_id=1, base=0, position="reopen", status="completed", started_at=now
    )
    stage.open("/")


def list_search(stage):
    list_full(stage)
    stage.open("/?q=order")


def list_none(stage):
    list_full(stage)
    stage.open("/?q=recipe&show=finished")


def list_ticked(stage):
    list_full(stage)
    Application.objects.filter(title__startswith="Late").update(seen_version=0, version=1)
    stage.open("/")
    for tick in stage.page.get_by_role("checkbox").all()[:2]:
        tick.check()


def new(stage):
    stage.open("/new/")


def choose_a_file(page, data=eml_samples.OUTLOOK, name="Late delivery.eml"):
    with page.expect_navigation():
        page.get_by_label("Choose an .eml file").set_input_files(
            {"name": name, "mimeType": "message/rfc822", "buffer": data}
        )


def new_eml(stage):
    stage.open("/new/")
    stage.page.get_by_label("What do you want to say?").fill("We can ship 60 on 3 December")
    choose_a_file(stage.page)


def new_eml_refused(stage):
    stage.open("/new/")
    stage.page.get_by_label("What do you want to say?").fill("We can ship 60 on 3 December")
    choose_a_file(stage.page, b"Dear Ida, where are they?", "notes.eml")


def new_errors(stage):
    stage.open("/new/")
    stage.page.get_by_label("What do you want to say?").fill("Yes, on Tuesday.")
    stage.press("Draft a reply")


def pasting(stage):
    stage.person = Person(stage.owner)
    stage.open()


def questions(stage):
    stage.begin(drafts=0)
    stage.open()


def writing(stage):
    stage.begin()
    stage.hold_back()
    stage.person.begin("process_feedback", {"feedback": FEEDBACK}).claimed.result(30)
    stage.open()


def draft(stage):
    stage.begin(drafts=2)
    stage.open()


CHECKED = (
    "Dear Marta,\n\n60 of the 96 sensors will leave our warehouse on Thursday 3 December. You will receive a "
    "credit note within 14 days, and Jonas Lie will phone you.\n\nKind regards,\n[Your name]\n\n"
    "ASSUMPTIONS:\n- The 5 % apply to the whole order.\n- Jonas Lie can be called."
)


def worth_a_look(stage):
    stage.begin(drafts=0)
    stage.model.will_write(CHECKED)
    stage.model.will_write(CHECKED)
    stage.person.answer("", "")
    own = CHECKED.partition("ASSUMPTIONS")[0].replace("[Your name]", "All the very best from Ida")
    stage.person.send("edit_draft", text=own)
    stage.person.give_feedback("Anything else?")
    stage.open()


def email_alone(stage):
    """The email on a narrow screen, where it takes the place of the reply."""
    draft(stage)
    stage.open(f"{stage.address}#email")


def editing(stage):
    draft(stage)
    stage.page.get_by_role("link", name="Edit", exact=True).click()
    stage.page.wait_for_url("**/edit/**")


def edit_conflict(stage):
    editing(stage)
    stage.person.give_feedback("Make it shorter.")
    stage.page.get_by_role("textbox", name="Your text").fill("Dear Marta,\n\nI would rather call you.\n\nIda")
    stage.press("Save as draft 3")


def compare(stage):
    stage.begin(drafts=2)
    stage.open(f"{stage.address}compare/?a=1&b=2")


def compare_in_one_text(stage):
    stage.begin(drafts=2)
    stage.open(f"{stage.address}compare/?a=1&b=2&view=one")


def going_back(stage):
    draft(stage)
    stage.open(f"{stage.address}?draft=1")


def branched(stage):
    going_back(stage)
    stage.press("Start an alternative from draft 1")


def empty_feedback(stage):
    draft(stage)
    stage.press("Send feedback")


def missing_language(stage):
    draft(stage)
    stage.page.get_by_text("Quick changes").click()
    stage.press("Translate")


def missing_correction(stage):
    worth_a_look(stage)
    stage.page.get_by_text("Assumed: The 5 % apply").click()
    with stage.page.expect_navigation():
        stage.page.get_by_role("button", name="Redraft").first.click()


def both_pressed(stage):
    draft(stage)
    stage.page.get_by_label("Any changes?").fill(SECOND_THOUGHT)
    stage.press("Accept")


def conflict(stage):
    draft(stage)
    stage.person.give_feedback("Make it shorter.")
    stage.page.get_by_label("Any changes?").fill(SECOND_THOUGHT)
    stage.press("Send feedback")


def kept(stage):
    draft(stage)
    stage.hold_back()
    stage.person.begin("process_feedback", {"feedback": "Shorter."}).claimed.result(30)
    stage.page.get_by_label("Any changes?").fill(SECOND_THOUGHT)
    stage.press("Send feedback")


def stopped(stage):
    stage.begin()
    error = "The model's server at ollama.lan:11434 gave no answer for 60 seconds. It was tried 3 times."
    stage.model.will_write([f"<reply>{DRAFTS[1][:240]}", ModelTimeout(error)])
    stage.person.fails_at("process_feedback", feedback=FEEDBACK)
    stage.open()


def stopped_by_you(stage):
    stage.begin()
    gate = threading.Event()
    stage.gates.append(gate)
    stage.model.will_write([f"<reply>{DRAFTS[1][:240]}", gate])
    stage.person.begin("process_feedback", {"feedback": FEEDBACK}).claimed.result(30)
    stage.open()
    stage.page.wait_for_function("() => document.querySelector('#reply-text').textContent.includes('crew')")
    stage.press("Stop")


def stopped_before_draft(stage):
    stage.person = Person(stage.owner)
    stage.gates.append(stage.model.will_wait_to_ask("Which day?"))
    data = {"email_to_respond": EMAIL, "response_instructions": INSTRUCTIONS}
    stage.person.begin("process_input", data).claimed.result(30)
    stage.open()
    stage.press("Stop")


def finishing(stage):
    stopped(stage)
    stage.page.get_by_role("link", name="Finish it yourself").click()
    stage.page.wait_for_url("**/write/**")


def changing(stage):
    stopped(stage)
    stage.page.get_by_role("link", name="Edit feedback").click()


def finished(stage):
    stage.begin(drafts=2)
    stage.person.give_feedback("")
    stage.open()


def recipients(stage):
    stage.begin()
    stage.open(f"{stage.address}envelope/")


def know(stage):
    """Give the person two identities with a signature, notes, and the texts for each email."""
    for name, addresses, signature in IDENTITIES:
        Identity.objects.create(
            owner=stage.owner, name=name, addresses=addresses, signature=signature,
            is_default=name == IDENTITIES[0][0],
        )  # fmt: skip
    for written in NOTES:
        notes.save(actor=stage.owner, pk=None, written=written)
    texts = {"about": "I look after orders at Sensors of the North.", "style": "Short. No exclamation marks."}
    preferences = Preferences(pk=stage.owner.pk, signature=IDENTITIES[0][0], **texts)
    preferences.save(force_insert=True)


def conversation(stage):
    """An email with earlier messages, sent to the second identity; the draft is based on notes and texts."""
    know(stage)
    stage.person = Person(stage.owner)
    for _ in range(2):
        stage.model.will_write(ANSWER)
    stage.person.give_input(CONVERSATION, "Yes, as always.")
    stage.open()


def conversation_open(stage):
    conversation(stage)
    stage.page.locator("#earlier > summary").click()
    stage.page.locator("#earlier li summary").first.click()


def left_out(stage):
    conversation(stage)
    stage.press("Leave out Nordlys")
    wait_for_runs()
    stage.open()


def conversation_accepted(stage):
    conversation(stage)
    stage.person.give_feedback("")
    stage.open()


def conversation_listed(stage):
    conversation(stage)
    stage.open("/")


def conversation_recipients(stage):
    conversation(stage)
    stage.open(f"{stage.address}envelope/")


def new_as(stage):
    know(stage)
    stage.open("/new/")
    stage.page.locator("#options > summary").click()


def addresses(stage):
    know(stage)
    stage.open("/settings/identities/")


def notes_none(stage):
    stage.open("/settings/notes/")


def notes_some(stage):
    conversation(stage)
    stage.open("/settings/notes/")


def note_refused(stage):
    know(stage)
    stage.open("/settings/notes/")
    stage.page.get_by_text("Add a note").click()
    stage.press("Save note")


def delete(stage):
    stage.begin()
    stage.open(f"{stage.address}delete/")


def rename(stage):
    stage.begin(drafts=0)
    stage.open(f"{stage.address}title/")


def history(stage):
    stopped(stage)
    stage.person.retry()
    stage.open(f"{stage.address}history/")


def history_step(stage):
    stage.begin(drafts=2)
    stage.open(f"{stage.address}history/5/")


def model_call(stage):
    stage.begin()
    stage.open(f"{stage.address}calls/2/")


def usage(stage):
    stage.begin(drafts=2)
    stage.open("/usage/")


def settings(stage):
    know(stage)
    stage.open("/settings/")


def read_by_staff(stage):
    stage.begin(drafts=0)
    root = get_user_model().objects.create_superuser("root")
    for app_id in (stage.person.app_id, operations.create(actor=stage.owner)[0].pk):
        readings.begin(actor=root, app_id=app_id, reason="She asked why her second draft failed: ticket 4711")
    operations.delete(actor=stage.owner, app_id=app_id)
    stage.open("/settings/data/")


def settings_model(stage):
    stage.open("/settings/model/")


def tokens(stage):
    stage.open("/settings/tokens/")


def keys(stage):
    stage.open("/keys/")


def new_token(stage):
    tokens(stage)
    stage.page.get_by_label("Name", exact=True).fill("nightly import")
    stage.press("Create token")


def token_without_name(stage):
    tokens(stage)
    stage.press("Create token")


def password(stage):
    stage.open("/password/")


def erase(stage):
    stage.begin(drafts=1)
    stage.open("/settings/erase/")


def erase_refused(stage):
    erase(stage)
    stage.page.get_by_label("Your password").fill("wrong")
    stage.page.get_by_label("I understand").check()
    stage.press("Delete my account and everything in it")


def not_found(stage):
    stage.open("/nowhere/")


def sign_in(stage):
    stage.page.context.clear_cookies()
    stage.open("/sign-in/")


def sign_in_error(stage):
    sign_in(stage)
    stage.page.get_by_label("Username").fill("ida")
    stage.page.get_by_label("Password").fill("wrong")
    stage.press("Sign in")


def signed_out(stage):
    draft(stage)
    stage.page.context.clear_cookies()
    stage.page.get_by_label("Any changes?").fill(SECOND_THOUGHT)
    stage.press("Send feedback")


def first_run(stage):
    stage.page.context.clear_cookies()
    stage.owner.delete()
    stage.open("/")


def first_run_you(stage):
    stage.open("/welcome/you/")


def sample(stage):
    stage.open("/")
    stage.press("Try with a sample email")


def first_run_error(stage):
    first_run(stage)
    stage.page.get_by_label("Username").fill("ida")
    stage.page.get_by_label("Password", exact=True).fill("abc")
    stage.page.get_by_label("Confirm password").fill("abd")
    stage.page.locator("form").evaluate("form => form.noValidate = true")
    stage.press("Create account")


STATES = {
    function.__name__.replace("_", "-"): function
    for function in (
        list_empty, list_full, list_search, list_none, list_ticked, new, new_eml, new_eml_refused,
        new_errors, pasting, questions, writing, draft,
        email_alone, worth_a_look, editing, edit_conflict, compare, compare_in_one_text, going_back, branched,
        missing_language, missing_correction,
        empty_feedback, both_pressed, conflict, kept, stopped, stopped_by_you,
        stopped_before_draft, finishing, changing, finished, recipients, delete, rename,
        history, history_step, model_call, usage, settings, addresses, settings_model,
        conversation, conversation_open, left_out, conversation_accepted, conversation_listed,
        conversation_recipients, new_as, notes_none, notes_some, note_refused,
        keys, read_by_staff, new_token,
        token_without_name, password, erase, erase_refused, not_found,
        sign_in, sign_in_error, signed_out, first_run, first_run_error, first_run_you, sample,
    )
}  # fmt: skip
