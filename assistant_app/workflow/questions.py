"""The model's questions: the JSON schema to ask for them, and how they are read. Pure functions."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from assistant_app.errors import ModelFailed

MAX_QUESTIONS = 3
MAX_QUESTION_LENGTH = 300  # characters; longer texts are not questions
MAX_REASON_LENGTH = 200  # characters; longer texts are not short clauses

SCHEMA: dict[str, Any] = {
    "title": "clarifying_questions",
    "type": "object",
    "properties": {
        "questions": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "question": {"type": "string"},
                    "reason": {"type": "string", "description": "Why it is asked, as a short clause."},
                },
                "required": ["question", "reason"],
                "additionalProperties": False,
            },
            "description": f"Nought to {MAX_QUESTIONS} questions to the user; empty if nothing is unclear.",
        }
    },
    "required": ["questions"],
    "additionalProperties": False,
}


class Question(NamedTuple):
    text: str
    reason: str = ""  # why the model asks, if it gave a reason


def parse_questions(reply: dict[str, Any]) -> list[Question]:
    """Return at most three different questions. Raise `ModelFailed` if the reply has no list of them."""
    found = reply.get("questions")
    if not isinstance(found, list):
        raise ModelFailed("The model gave something else than questions.")
    questions: dict[str, Question] = {}
    for item in found:
        # Some models give no reasons. Servers without schema support may wrap each question or not.
        text, reason = (item.get("question"), item.get("reason")) if isinstance(item, dict) else (item, "")
        question = Question(_question_in(text), _reason_in(reason))
        if question.text and len(question.text) <= MAX_QUESTION_LENGTH:
            questions.setdefault(re.sub(r"\W+", " ", question.text).strip().casefold(), question)
    return list(questions.values())[:MAX_QUESTIONS]


def _question_in(item: Any) -> str:
    """Return the question without its number; empty if the text is a preamble or not a question."""
    if not isinstance(item, str):
        return ""
    question = re.sub(r"^(?:[-*•]|\(?\d{1,2}[.):]|Q\d{0,2}[.:])\s*", "", " ".join(item.split()))
    is_preamble = not question or question.endswith(":") or not re.search(r"\w", question)
    # Some questions have no question mark ("Please give the date"). But a text that has none and speaks of
    # questions is the model's comment.
    if "?" not in question and re.search(
        r"\b(?:questions?|clarif\w+|nothing|none)\b", question, re.IGNORECASE
    ):
        return ""
    return "" if is_preamble else question


def _reason_in(item: Any) -> str:
    """Return the reason on one line; empty if it has no words or is too long."""
    reason = " ".join(item.split()) if isinstance(item, str) else ""
    return reason if re.search(r"\w", reason) and len(reason) <= MAX_REASON_LENGTH else ""
