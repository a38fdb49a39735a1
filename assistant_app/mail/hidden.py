"""Invisible characters in an email. The model is given what the page shows and nothing more."""

from __future__ import annotations

import re

# Without a width, or turning the order of reading around; also a second alphabet that only programs read
# (U+E0000). Joiners and marks of direction that Persian, Arabic, Hindi and emoji need are not among them.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u034f\u115f\u1160\u180e\u200b\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0"
    "\ufff9-\ufffb\U000e0000-\U000e0fff]"
)


def hidden_in(text: str) -> int:
    """Return how many characters of a text nobody sees."""
    return len(_HIDDEN.findall(text))


def without_hidden(text: str) -> str:
    return _HIDDEN.sub("", text)
