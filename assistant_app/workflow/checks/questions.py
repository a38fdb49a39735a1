"""Finds numbered questions of an email of which a draft has no word."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assistant_app.workflow.checks.languages import is_function_word

LONGEST = 300  # characters of a question
MOST = 20
ITEM = re.compile(
    r"(?:^|(?<=\s))(?P<number>\d{1,2})[.)]\s+(?P<text>[^\n]{2,400}?)(?=\s+\d{1,2}[.)]\s|\n|$)", re.MULTILINE
)
WORD = re.compile(r"[^\W\d_]{3,}|\d+")
STEM = 5


def unanswered(email: str, draft: str, said: str) -> Iterator[str]:
    """Yield the questions, if the draft has words of others of them.

    What the owner said about a question counts as its answer too: they may have put it in other words.
    """
    asked: list[tuple[int, str]] = []
    for match in ITEM.finditer(email):
        number, text = int(match["number"]), match["text"].strip()
        if number == len(asked) + 1 and len(asked) < MOST:
            asked.append((number, text))
    if len(asked) < 2 or not all(text.endswith("?") for _, text in asked):
        return
    in_draft, in_said = stems(draft), stems(said)
    numbers = {int(digits) for digits in re.findall(r"(?:^|\s|\()(\d{1,2})[.):]", draft)}
    answered = {number for number, text in asked if number in numbers or stems(text) & in_draft}
    mentioned = {int(digits) for digits in re.findall(r"(?:^|[\s,;])(\d{1,2})[.):]? ", said + " ")}
    for number, text in asked:
        of_question = stems(text)
        if number in answered or number in mentioned or not answered or not of_question:
            continue
        if not of_question & in_said:
            yield f"{number}. {text}"[:LONGEST]


def stems(text: str) -> set[str]:
    """Return the first letters of the words that mean something."""
    return {word[:STEM] for word in WORD.findall(text.casefold()) if not is_function_word(word)}
