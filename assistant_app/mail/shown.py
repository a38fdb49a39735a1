"""Splits an email for its page: header, newest message, and the rest. Pure functions of text."""

from __future__ import annotations

from assistant_app.mail import blocks
from assistant_app.mail.blocks import role_of
from assistant_app.mail.charsets import decode_words
from assistant_app.mail.quotes import start_of_quoted

LONG = 6_000  # characters that the page shows unfolded


def header(email: str) -> list[tuple[str, str]]:
    """Return the header lines at the top that are meant for people, as (name, text) pairs."""
    block = blocks.on_top(email)
    lines = block.lines if block else []
    return [(line.name, decode_words(line.text)) for line in lines if role_of(line.name)]


def without_header(email: str) -> str:
    block = blocks.on_top(email)
    if block is None:
        return email
    body = email[block.end :]
    first = len(body) - len(body.lstrip())
    return body[body.rfind("\n", 0, first) + 1 :]


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
