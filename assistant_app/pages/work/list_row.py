"""What a row of the list says: the state, and the beginning of what its owner would read next."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from assistant_app.contract.wording import count
from assistant_app.contract.workflow import Numbers
from assistant_app.engine import registry
from assistant_app.models import Application, Identity
from assistant_app.operations.writers import identity_with, sender_line
from assistant_app.pages import words

LONGEST_HEADER = 4_000  # characters
EXCERPT = 160  # characters of a snippet
BEGINNINGS = {  # what `listing` reads of the state: the name on the row, and the keys
    "text_begins": ("state__current_draft", "state__incoming_email"),
    "question_begins": ("state__clarification_questions__0",),
    "feedback_begins": ("state__feedback",),
    "instructions_begin": ("state__response_instructions",),
}
IN = {  # where a hit was found
    "current_draft": "{}",
    "incoming_email": "In the email: “{}”",
    "response_instructions": "In your instructions: “{}”",
}


def rank_of(email: Application) -> int:
    """Return the number that `listing` sorts by: stopped, waiting, being written, finished."""
    if email.has_stopped:
        return 0
    if email.is_running:
        return 2
    return 3 if email.is_finished else 1


def kind(email: Application) -> str:
    """Return the class of the state's colour."""
    if email.has_stopped:
        return "turn" if email.is_stopped_by_owner else "stopped"
    if email.is_running:
        return "writing"
    return "done" if email.is_finished else "turn"


def state(email: Application, numbers: Numbers) -> str:
    """Return the state in one to three words."""
    if words.kind(email) == "newer":
        return words.KINDS["newer"]
    is_reading = _is_reading(email)
    if email.is_stopped_by_owner:
        return "Stopped"
    if email.has_stopped:
        broken = "Couldn’t start" if is_reading else "Couldn’t write"
        return "Interrupted" if email.is_interrupted else broken
    if email.workflow != registry.default().name:
        return words.to_do(email, numbers)
    if email.is_running:
        return "Reading" if is_reading else "Writing"
    if email.is_finished:
        return "Accepted"
    if email.next_step == "process_input" and not email.title:
        return "Empty"
    if email.next_step == "clarify_instructions":
        return count(numbers["questions"], "question")
    if email.next_step == "process_feedback":
        return f"Draft {numbers['current']} ready"
    return words.to_do(email, numbers)


def snippet(email: Any, numbers: Numbers) -> str:
    """Return what the owner would read next: the cause, the question, the draft, or else the email."""
    if words.kind(email) == "newer":
        return ""
    if email.is_stopped_by_owner:
        return "What’s written so far is kept."
    if email.has_stopped:
        return one_line(email.error_now[1])
    if email.workflow != registry.default().name:
        return ""
    feedback = one_line(email.feedback_begins)
    if email.is_running:
        if _is_reading(email):
            return "Checking for anything unclear"
        following = f"Draft {numbers['drafts'] + 1}"
        return f"{following}, after “{feedback}”" if feedback else following
    if email.next_step == "clarify_instructions":
        return one_line(email.question_begins)
    return one_line(email.text_begins)


def answers_as(email: Any, identities: Sequence[Identity]) -> str:
    """Return the address that the reply is from; empty if it is that of the default identity."""
    chosen = email.identity  # None if the envelope was not changed
    line = sender_line(email.header or "", identities) if chosen is None else chosen
    writer = identity_with(line, identities) if identities else None
    return writer.addresses[0] if writer and not writer.is_default and writer.addresses else ""


def _is_reading(email: Application) -> bool:
    return words.under_way(email) in ("process_input", "determine_clarifications")


def sentence_with_hit(email: Any, query: str, keys: Iterable[str]) -> str:
    """Return the text around the first hit of a search, and where it is; "" if it is in title or sender."""
    for key in sorted(keys, key=lambda key: list(IN).index(key) if key in IN else len(IN)):
        text = one_line(getattr(email, f"hit_{key}"))
        if re.search(re.escape(query), text, re.IGNORECASE):
            return IN.get(key, "{}").format(f"…{text}…")
    return ""


def one_line(text: Any) -> str:
    return " ".join(str(text or "").split())
