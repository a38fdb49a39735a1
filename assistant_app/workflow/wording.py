"""Word-for-word notes: which of their paragraphs a draft says in other words, and where. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

SAID_IN_OTHER_WORDS = 0.4  # share of the pairs of words that a draft has of a paragraph
_SENTENCE = re.compile(r"[^.!?\n]*[^.!?\s][^.!?\n]*[.!?]*")  # about: what follows is put together again

Pairs = set[tuple[str, str]]


def changed(notes: Sequence[str], text: str) -> list[str]:
    """Return the paragraphs of word-for-word notes that the draft says in other words.

    That is so if it has most of a paragraph's words, in pairs, but not the paragraph.
    """
    plain, pairs = _plain(text), _pairs(text)
    paragraphs = [each.strip() for note in notes for each in re.split(r"\n\s*\n", note) if each.strip()]
    found = []
    for paragraph in paragraphs:
        wanted = _pairs(paragraph)
        if _plain(paragraph) not in plain and len(wanted & pairs) > len(wanted) * SAID_IN_OTHER_WORDS:
            found.append(paragraph)
    return found


def restored(paragraphs: Iterable[str], text: str) -> str:
    """Return the draft with these paragraphs in place of the sentences that say them in other words."""
    for paragraph in paragraphs:
        if place := _place_of(_pairs(paragraph), text):
            start, end = place
            text = f"{text[:start]}{paragraph}{text[end:]}"
    return text


def _place_of(wanted: Pairs, text: str) -> tuple[int, int] | None:
    """Return where the sentences are that have most of these pairs, and little else.

    Begin with the sentence that has most, and add its neighbours while that brings more than it adds.
    """
    spans = [match.span() for match in _SENTENCE.finditer(text)]
    spans = [(start + len(text[start:end]) - len(text[start:end].lstrip()), end) for start, end in spans]
    if not spans:
        return None

    def likeness(first: int, last: int) -> float:
        pairs = _pairs(text[spans[first][0] : spans[last][1]])
        return 2 * len(pairs & wanted) / (len(pairs) + len(wanted))

    best = max(range(len(spans)), key=lambda number: len(_pairs(text[slice(*spans[number])]) & wanted))
    first = last = best
    likest = likeness(first, last)
    while True:
        around = [(first - 1, last), (first, last + 1)]
        options = [(likeness(*each), *each) for each in around if each[0] >= 0 and each[1] < len(spans)]
        if not options or max(options)[0] <= likest:
            break
        likest, first, last = max(options)
    return (spans[first][0], spans[last][1]) if likest else None


def _pairs(text: str) -> Pairs:
    """Return each two words that follow one another, without marks and capitals."""
    return set(pairwise(re.findall(r"\w+", text.casefold())))


def _plain(text: str) -> str:
    return " ".join(text.split())
