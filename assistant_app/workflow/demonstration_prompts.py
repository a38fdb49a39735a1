"""The orders for the demonstration model, which has 135 million parameters and follows only short ones.

Tried on it: asked to rewrite notes as an email it does better than asked to reply; what stands last counts
most; the email itself leads it astray, so it gets only its beginning, and only where it helps.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from assistant_app.llm.base import Message
from assistant_app.mail.hidden import without_hidden
from assistant_app.mail.text import as_read, sender_of

# Characters: a slot of the embedded server holds 4,096 tokens, prompt and reply together.
EMAIL_LIMIT = 1000
NOTES_LIMIT = 1200

# Only the pattern keeps this model's questions questions, in English and without endless numbers.
_QUESTION = (
    "^(What is the|When is the|When should I|Where is the|Who should I|Who is the|How much is the|"
    "How long does the|What should I say about the) [a-z']{3,12}( [a-z']{1,12}){0,7}\\?$"
)
QUESTIONS_SCHEMA: dict[str, Any] = {
    "title": "clarifying_questions",
    "type": "object",
    "properties": {
        "questions": {
            "type": "array",
            "items": {"type": "string", "pattern": _QUESTION},
            "minItems": 1,
            "maxItems": 2,
        }
    },
    "required": ["questions"],
    "additionalProperties": False,
}

_QUESTION_ORDER = "Email:\n{email}\n\nMy answer: {instructions}\n\nWhat is missing in it? Ask about that."

# The model was trained on these very words, with whole emails as the text.
REWRITE = "You're an AI assistant for text re-writing. Rewrite the input text to make it {style}."
DEFAULT_STYLE = "more concise while preserving its core meaning"
STYLES = {
    r"short|concise|brief": DEFAULT_STYLE,
    r"friendl|warm|kind|casual|personal": "more friendly and approachable while maintaining its main points",
    r"formal|professional|polite": "more professional and formal while retaining its essential content",
}
STYLE_FEEDBACK_LIMIT = 60  # characters; whoever writes more wants more than a style
_ORDER = re.compile(
    r"^(?:please )?(?:(?:also )?(?:say|add|mention|write|tell (?:him|her|them)|include)(?: that)?)[ :]+",
    re.IGNORECASE,
)

_GREETED = re.compile(r"[A-Z][\w'’-]+(?: [A-Z][\w'’-]+){0,2}")
_NO_NAME = {"thanks", "regards", "cheers", "best", "sincerely", "yours", "sent", "kind", "thank", "hello"}


def questions_messages(*, email: str, instructions: str) -> list[Message]:
    """Return what asks the model for one or two questions."""
    example, email = "Can we meet this week?\n\nTom", cut(without_hidden(as_read(email)), EMAIL_LIMIT)
    return [
        Message("system", "You ask short questions before you write an email."),
        Message("user", _QUESTION_ORDER.format(email=example, instructions="Yes, I have time.")),
        Message("assistant", '{"questions": ["When should I meet Tom?", "What is the place to meet?"]}'),
        Message("user", _QUESTION_ORDER.format(email=email, instructions=cut(instructions, NOTES_LIMIT))),
    ]


def draft_messages(
    *,
    email: str,
    instructions: str,
    questions: Sequence[str],
    answers: Sequence[str],
    previous_draft: str | None,
    feedback_history: Sequence[str],
    is_own: bool = False,
    signature: str = "",
) -> list[Message]:
    """Return what asks the model to rewrite notes as an email, or the text that the user made of a draft."""
    name = addressee(email)
    changes = [text for text in feedback_history if text.strip()]
    wishes = [_ORDER.sub("", text.strip()) for text in changes if not _style_in(text)]
    notes = [*reversed(wishes), instructions, *given(questions, answers)]
    styles = [style for text in changes if (style := _style_in(text))]
    order = Message("system", REWRITE.format(style=styles[-1] if styles else DEFAULT_STYLE))
    if is_own and previous_draft:
        is_style = not changes or _style_in(changes[-1])
        latest = "" if is_style else sentence(cut(wishes[-1], NOTES_LIMIT // 2))
        return [order, Message("user", f"{cut(previous_draft, NOTES_LIMIT)}\n\n{latest}".strip())]
    body = " ".join(sentence(cut(note, NOTES_LIMIT // len(notes))) for note in notes if note.strip())
    greeting = f"Dear {name}," if name else "Hello,"
    end = f"Best regards,\n{signature or '[Your Name]'}"
    return [order, Message("user", f"{greeting}\n\nThank you for your email. {body}\n\n{end}")]


def _style_in(feedback: str) -> str:
    """Return the style that the feedback asks for, or nothing if it is about what the email says."""
    for words, style in STYLES.items():
        if len(feedback) < STYLE_FEEDBACK_LIMIT and re.search(words, feedback, re.IGNORECASE):
            return style
    return ""


def sentence(note: str) -> str:
    """Return the note with a capital at its start and a full stop at its end."""
    note = " ".join(note.split())
    return note[:1].upper() + note[1:] + ("" if note.endswith((".", "!", "?", "…")) else ".")


def given(questions: Sequence[str], answers: Sequence[str]) -> list[str]:
    """Return the answers that were given, each after its question."""
    return [
        f"{question} {answer}" for question, answer in zip(questions, answers, strict=False) if answer.strip()
    ]


def addressee(email: str) -> str:
    """Return the first name of who wrote the email, from its From line or its last lines, or nothing."""
    last_lines = [re.split(r"[,.!?] ", line.strip(" -,.!"))[-1] for line in email.strip().splitlines()[-4:]]
    candidates = [sender_of(email), *reversed(last_lines)]
    for candidate in candidates:
        if _GREETED.fullmatch(candidate) and candidate.split()[0].casefold() not in _NO_NAME:
            return candidate.split()[0]
    return ""


def cut(text: str, limit: int) -> str:
    """Return the beginning of a text in at most `limit` characters, a rare character counting for four."""
    size = 0
    for index, character in enumerate(text):
        size += 1 if character.isascii() else 4
        if size > limit:
            return text[:index].rstrip() + " …"
    return text
