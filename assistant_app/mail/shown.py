"""Splits an email for its page: header, newest message, and the rest. Pure functions of text."""

from __future__ import annotations

import re

from assistant_app.mail.header import FROM, MOST_LINES, SENT, SUBJECT, pasted
from assistant_app.mail.quotes import start_of_quoted
from assistant_app.mail.text import as_read

LONG = 6_000  # characters that the page shows unfolded
_NAMES = [
    *(*FROM, *SENT, *SUBJECT, "fecha", "data", "to", "an", "à", "para", "a", "aan"),
    *("cc", "reply-to", "message-id", "in-reply-to", "references"),
]
# Pasted header lines (name and text) up to an empty line.
_HEADER = re.compile(
    rf"\s*(?:(?:{'|'.join(_NAMES)})[ \t]*:[^\n]*\n(?:[ \t]+\S[^\n]*\n)*){{1,{MOST_LINES}}}\s*\n",
    re.IGNORECASE,
)


def header(email: str) -> list[tuple[str, str]]:
    """Return the header lines at the top that are meant for people, as (name, text) pairs."""
    block = _HEADER.match(email)
    return pasted(as_read(block[0])) if block else []


def without_header(email: str) -> str:
    block = _HEADER.match(email)
    return email[block.end() :] if block else email


def newest_part(email: str) -> str:
    """Return an email up to its first quoted message, if any text is before it; at most `LONG` characters."""
    start = start_of_quoted(email)
    end = start if email[:start].strip() else len(email)
    if end <= LONG:
        return email[:end].rstrip() if end < len(email) else email
    cut = email.rfind("\n", 0, LONG)
    return email[: cut if cut > 0 else LONG]


def rest(email: str) -> str:
    """Return what `newest_part` leaves out."""
    return email[len(newest_part(email)) :].strip("\n")
