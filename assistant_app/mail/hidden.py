"""Invisible characters in an email. They are removed so that the model sees what the page shows."""

from __future__ import annotations

import re

# Zero-width characters, bidirectional overrides, and tag characters (U+E0000). Not the joiners and direction
# marks that Persian, Arabic, Hindi and emoji need.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u034f\u115f\u1160\u180e\u200b\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0"
    "\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
# Control characters and lone surrogates: the categories Cc and Cs.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def hidden_in(text: str) -> int:
    """Return the number of invisible characters in a text."""
    return len(text) - len(without_hidden(text))


def without_hidden(text: str) -> str:
    return _HIDDEN.sub("", text)


def one_line(text: str) -> str:
    """Return the text on one line, without control characters and lone surrogates."""
    return " ".join(_UNPRINTABLE.sub(" ", text).split())
