"""What everyday mail is about, in several languages, so that a note is found for an email in another one.

Each line of `topics.txt` has the beginnings of words for one topic, without marks: "rechnung" is in
"Rechnungsnummer". Those that end with "." are whole words.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

LONGEST = 12  # characters of a beginning
_TOPICS = Path(__file__).with_name("topics.txt")


@cache
def _beginnings() -> dict[str, str]:
    found: dict[str, str] = {}
    for line in _TOPICS.read_text(encoding="utf-8").splitlines():
        name, *words = line.split()
        for word in (name, *words):
            found.setdefault(word, f"={name}")
    return found


def topics_of(word: str) -> set[str]:
    """Return the topics of a word in small letters without marks, each as "=name"."""
    known = _beginnings()
    found = {known[f"{word}."]} if f"{word}." in known else set()
    shortest = 4 if word.isascii() else 2
    return found | {
        known[word[:end]] for end in range(shortest, min(len(word), LONGEST) + 1) if word[:end] in known
    }
