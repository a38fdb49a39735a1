"""The model's questions: the JSON schema to ask for them, and how they are read. Pure functions."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

MAX_QUESTIONS = 3
MAX_QUESTION_LENGTH = 300  # characters; longer texts are not questions
MAX_REASON_LENGTH = 200  # characters; longer texts are not short clauses
MAX_CHOICES = 4  # for one question
MAX_CHOICE_LENGTH = 80  # characters; longer texts are no short answers

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
                    "choices": {
                        "type": "array",
                        "items": {"type": "string"},
                        "description": f"Up to {MAX_CHOICES} likely answers of a few words, or none.",
                    },
                },
                "required": ["question", "reason", "choices"],
                "additionalProperties": False,
            },
            "description": f"Up to {MAX_QUESTIONS} questions to the user; empty if nothing is unclear.",
        }
    },
    "required": ["questions"],
    "additionalProperties": False,
}
# JSON that cannot be read: cut off, in single quotes, or in typographic ones.
_BROKEN_JSON = re.compile(r"\s*(?:```\w*\s*)?[\[{]")
_QUOTED = re.compile(
    r"""(?<=")[^"\n]{3,}[?\uff1f](?=")|(?<=')[^"'\n]{3,}[?\uff1f](?=')|(?<=\u201c)[^\u201d\n]{3,}[?\uff1f]"""
)
_TAG = re.compile(
    r"</?(?:questions?|q|item|li)(?: [^<>\n]{0,40})?>", re.IGNORECASE
)  # around a question; any other is its text


class Question(NamedTuple):
    text: str
    reason: str = ""  # why the model asks, if it gave a reason
    choices: tuple[str, ...] = ()  # likely answers


def parse_questions(reply: Any) -> list[Question]:
    """Return at most three different questions from the model's answer, in whatever form it gave them.

    That is a JSON object or list, or a text whose lines are questions.
    """
    questions: dict[str, Question] = {}
    for item in _items_of(reply):
        # Some models give no reasons. Servers without schema support may wrap each question or not.
        about = item if isinstance(item, dict) else {"question": item}
        question = Question(
            _question_in(_text_of(about)),
            _reason_in(about.get("reason")),
            _choices_in(about.get("choices")),
        )
        if question.text and len(question.text) <= MAX_QUESTION_LENGTH:
            questions.setdefault(re.sub(r"\W+", " ", question.text).strip().casefold(), question)
    return list(questions.values())[:MAX_QUESTIONS]


def _items_of(reply: Any) -> list[Any]:
    """Return the list of questions in an answer: under any key, or on lines of their own."""
    if isinstance(reply, list):
        is_nested = all(isinstance(each, list) for each in reply)
        return [item for each in reply for item in each] if is_nested else reply
    if isinstance(reply, str):
        lines = _QUOTED.findall(reply) if _BROKEN_JSON.match(reply) else _TAG.sub("\n", reply).splitlines()
        return [line for line in lines if "?" in line or "\uff1f" in line]
    if not isinstance(reply, dict):
        return []
    if "question" in reply:
        return [reply]
    values = [reply.get("questions"), *reply.values()]
    found = next((value for value in values if value and isinstance(value, list)), None)
    if found is not None:
        return _items_of(found)
    named = [item for key, value in reply.items() if "question" in key.lower() for item in _within(value)]
    if named:
        return named
    inner = (each for each in reply.values() if isinstance(each, dict) and "questions" in each)
    return _items_of(next(inner, None))


def _within(value: Any) -> list[Any]:
    """Return the questions in a value that should be a list of them."""
    if isinstance(value, dict) and not value.keys() & {"question", "questions"}:
        return [item for each in value.values() for item in _within(each)]
    return _items_of(value)


def is_readable(reply: Any) -> bool:
    """Return whether the answer has a form in which it may say that there are no questions."""
    return isinstance(reply, dict | list)


def _text_of(about: dict[str, Any]) -> Any:
    text = about.get("question", about.get("text", about.get("q")))
    return _text_of(text) if isinstance(text, dict) else text


def _question_in(item: Any) -> str:
    """Return the question without its number; empty if the text is a preamble or not a question."""
    if not isinstance(item, str):
        return ""
    item = _TAG.sub("", item).strip(" *_")
    question = re.sub(r"^(?:[-*•]|\(?\d{1,2}[.):]|Q\d{0,2}[.:])\s*", "", " ".join(item.split()))
    is_preamble = not question or question.endswith(":") or not re.search(r"\w", question)
    # Some questions have no question mark ("Please give the date"). But a text that has none and speaks of
    # questions is the model's comment.
    if "?" not in question and re.search(
        r"\b(?:questions?|clarif\w+|nothing|none|n/a)\b", question, re.IGNORECASE
    ):
        return ""
    return "" if is_preamble else question


def _reason_in(item: Any) -> str:
    """Return the reason on one line; empty if it has no words or is too long."""
    reason = " ".join(item.split()) if isinstance(item, str) else ""
    return reason if re.search(r"\w", reason) and len(reason) <= MAX_REASON_LENGTH else ""


def _choices_in(item: Any) -> tuple[str, ...]:
    """Return up to four different short answers to choose from."""
    texts = (
        [" ".join(text.split()) for text in item if isinstance(text, str)] if isinstance(item, list) else []
    )
    short = [text for text in texts if re.search(r"\w", text) and len(text) <= MAX_CHOICE_LENGTH]
    return tuple(dict.fromkeys(short))[:MAX_CHOICES]
