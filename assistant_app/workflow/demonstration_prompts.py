"""Prompts for the demonstration model, which has 135 million parameters and follows only short orders.

Experiments showed: it rewrites notes as an email better than it writes a reply; the last words count most;
the email confuses it, so it gets only the start of it, and only for the questions.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from assistant_app.llm.base import Message
from assistant_app.mail.hidden import without_hidden
from assistant_app.mail.text import as_read, sender_of

VERSION = "demonstration-1"  # stored with each call; count up with every change of the words

# Characters. A slot of the embedded server has 4,096 tokens for prompt and reply.
EMAIL_LIMIT = 1000
NOTES_LIMIT = 1200

# Without this pattern the model writes no questions, other languages, or endless numbers.
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

# The model was trained on exactly these words, with whole emails as the text.
REWRITE = "You're an AI assistant for text re-writing. Rewrite the input text to make it {style}."
DEFAULT_STYLE = "more concise while preserving its core meaning"
STYLES = {
    r"short|concise|brief": DEFAULT_STYLE,
    r"friendl|warm|kind|casual|personal": "more friendly and approachable while maintaining its main points",
    r"formal|professional|polite": "more professional and formal while retaining its essential content",
}
STYLE_FEEDBACK_LIMIT = 60  # characters; longer feedback asks for more than a style
_ORDER = re.compile(
    r"^(?:please )?(?:(?:also )?(?:say|add|mention|write|tell (?:him|her|them)|include)(?: that)?)[ :]+",
    re.IGNORECASE,
)

_GREETED = re.compile(r"[A-Z][\w'’-]+(?: [A-Z][\w'’-]+){0,2}")
_NO_NAME = {"thanks", "regards", "cheers", "best", "sincerely", "yours", "sent", "kind", "thank", "hello"}


def questions_messages(*, email: str, instructions: str) -> list[Message]:
    """Return the messages that ask the model for one or two questions."""
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
    """Return the messages that ask the model to rewrite notes, or the user's own draft, as an email."""
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
    """Return the style that the feedback asks for; empty if it is about the content."""
    for words, style in STYLES.items():
        if len(feedback) < STYLE_FEEDBACK_LIMIT and re.search(words, feedback, re.IGNORECASE):
            return style
    return ""


def sentence(note: str) -> str:
    """Return the note as a sentence, with a capital letter and a full stop."""
    note = " ".join(note.split())
    return note[:1].upper() + note[1:] + ("" if note.endswith((".", "!", "?", "…")) else ".")


def given(questions: Sequence[str], answers: Sequence[str]) -> list[str]:
    """Return the given answers, each after its question."""
    return [
        f"{question} {answer}" for question, answer in zip(questions, answers, strict=False) if answer.strip()
    ]


def addressee(email: str) -> str:
    """Return the sender's first name, from the From line or the last lines of the email; may be empty."""
    last_lines = [re.split(r"[,.!?] ", line.strip(" -,.!"))[-1] for line in email.strip().splitlines()[-4:]]
    candidates = [sender_of(email), *reversed(last_lines)]
    for candidate in candidates:
        if _GREETED.fullmatch(candidate) and candidate.split()[0].casefold() not in _NO_NAME:
            return candidate.split()[0]
    return ""


def cut(text: str, limit: int) -> str:
    """Return the start of a text, at most `limit` characters long. Non-ASCII characters count as four."""
    size = 0
    for index, character in enumerate(text):
        size += 1 if character.isascii() else 4
        if size > limit:
            return text[:index].rstrip() + " …"
    return text
