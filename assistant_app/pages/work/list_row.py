"""What the row of an email says in the list; `pages.applications.list_row` says what each function is for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Case, Expression, TextField, Value, When
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce, NullIf
from django.utils.translation import gettext

from assistant_app.contract.workflow import Numbers
from assistant_app.mail.hidden import one_line
from assistant_app.models import Application, Identity
from assistant_app.models.state_queries import beginning
from assistant_app.operations.writers import identity_with, sender_line
from assistant_app.pages import words
from assistant_app.phrases import gettext_noop, ngettext
from assistant_app.translation import translated

LONGEST_HEADER = 4_000  # characters
BEGINNINGS = {
    "text_begins": ("state__current_draft", "state__incoming_email"),
    "question_begins": ("state__clarification_questions__0",),
    "feedback_begins": ("state__feedback",),
    "instructions_begin": ("state__response_instructions",),
}
IN = {
    "current_draft": "%(text)s",
    "incoming_email": gettext_noop("In the email: “%(text)s”"),
    "response_instructions": gettext_noop("In your instructions: “%(text)s”"),
}


def state(email: Application, numbers: Numbers) -> str:
    is_reading = _is_reading(email)
    if email.has_stopped:
        return gettext("Couldn’t start") if is_reading else gettext("Couldn’t write")
    if email.is_running:
        return gettext("Reading") if is_reading else gettext("Writing")
    if email.is_finished:
        return gettext("Accepted")
    if email.next_step == "process_input" and not email.title:
        return gettext("Empty")
    if email.next_step == "clarify_instructions":
        return translated(ngettext("%(number)s question", "%(number)s questions", numbers["questions"]))
    if email.next_step == "process_feedback":
        return translated(gettext_noop("Draft %(draft)s ready", draft=numbers["current"]))
    return words.to_do(email, numbers)


def snippet(email: Any, numbers: Numbers) -> str:
    """Return what the owner would read next: the cause, the question, the draft, or else the email."""
    feedback = one_line(email.feedback_begins or "")
    if email.is_running:
        if _is_reading(email):
            return gettext("Checking for anything unclear")
        draft = numbers["drafts"] + 1
        if not feedback:
            return translated(gettext_noop("Draft %(draft)s", draft=draft))
        return translated(
            gettext_noop("Draft %(draft)s, after “%(feedback)s”", draft=draft, feedback=feedback)
        )
    if email.next_step == "clarify_instructions":
        return one_line(email.question_begins or "")
    return one_line(email.text_begins or "")


def told_apart_by(email: Any) -> str:
    return one_line(email.instructions_begin or "")


def read_besides(has_several: Expression) -> dict[str, Any]:
    """Return what `answers_as` needs. The header is read only for owners with several identities."""
    header = beginning(LONGEST_HEADER, "state__incoming_email")
    # SQLite returns a null of JSON as text.
    first = NullIf(KT("state__chosen_identity"), Value("null"), output_field=TextField())
    chosen = Coalesce(KT("state__envelope__identity"), first, output_field=TextField())
    return {"header": Case(When(has_several, then=header)), "identity": chosen}


def answers_as(email: Any, identities: Sequence[Identity]) -> str:
    """Return the address that the reply is from; empty if it is that of the default identity."""
    line = sender_line(email.header or "", identities, email.identity)  # None if the owner chose none
    writer = identity_with(line, identities) if identities else None
    return writer.addresses[0] if writer and not writer.is_default and writer.addresses else ""


def _is_reading(email: Application) -> bool:
    return words.under_way(email) in ("process_input", "determine_clarifications")
