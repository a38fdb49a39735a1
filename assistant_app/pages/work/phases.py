"""What the page of an email says about its run, and about the file of its reply."""

from __future__ import annotations

from assistant_app.mail.envelope import Envelope
from assistant_app.mail.header import Header, pasted
from assistant_app.models import Application
from assistant_app.workflow import steps


def is_another_try(row: Application) -> bool:
    """Return whether the last run regenerates a draft instead of answering feedback."""
    return row.position == steps.REGENERATE.action


def what_the_file_does(email: str, envelope: Envelope) -> str:
    """Return what the reply file will contain, including a note if the recipient is missing."""
    addresses = ", ".join(address.addr_spec for address in envelope.to)
    to = f" to {addresses}" if addresses else ""
    thread = ", in the same thread" if Header(pasted(email)).thread else ""
    unknown = "" if addresses else " The email says no address: fill it in there."
    return f"The .eml file is an answer{to}{thread}.{unknown}"


def phases(
    action: str, drafts: int, has_questions: bool, is_another_try: bool = False
) -> list[tuple[str, bool]]:
    """Return the phases of a run in order, as (text, is done)."""
    if drafts:
        read = [] if is_another_try else [("Feedback read", True)]
        return [*read, (f"Writing draft {drafts + 1}", False)]
    if action == steps.DETERMINE_CLARIFICATIONS.action:
        return [("Email read", True), ("Looking for questions", False)]
    questions = "Answers read" if has_questions else "No questions needed"
    return [("Email read", True), (questions, True), ("Writing draft 1", False)]
