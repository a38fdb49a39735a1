"""Title, sender and readable text of an email. Pure functions of text."""

from __future__ import annotations

import re

from assistant_app.mail import blocks
from assistant_app.mail.blocks import pattern
from assistant_app.mail.charsets import decode_words, has_encoded_words
from assistant_app.mail.hidden import one_line

TITLE_LENGTH = 120
LONGEST_LINE = 2_000  # characters that are looked at

_ADDRESS = re.compile(r"\s*(?:<[^<>]*>|\[mailto:[^\[\]]*\])")
_GREETING = re.compile(
    rf"(?:{pattern('greeting')})(?![\w])(?:[\s,]+[^\s,!?]+){{0,5}}\s*[,!.:;，！。、]*", re.IGNORECASE
)


def headline(email: str | None) -> dict[str, str]:
    """Return title and sender of an email; an empty dict without an email."""
    return {"title": title_of(email), "sender": sender_of(email)} if email else {}


def title_of(email: str) -> str:
    """Return a title for an email: its subject, or its first line with words that is no greeting."""
    block = blocks.on_top(email)
    if block and (subject := block.text("subject")):
        return _short(decode_words(subject))
    lines = [line[:LONGEST_LINE].strip() for line in email[block.end if block else 0 :].splitlines()]
    lines = [line for line in lines if re.search(r"\w", line)]
    kept = (line for line in lines if not (len(line) < 60 and _GREETING.fullmatch(line)))
    return _short(next(kept, lines[0] if lines else email.strip()))


def sender_of(email: str) -> str:
    """Return the sender as the From line names them, or an empty text."""
    block = blocks.on_top(email)
    line = decode_words(block.text("from")[:LONGEST_LINE]) if block else ""
    return _short(_ADDRESS.sub("", line).strip(" \"';,") or line)


def as_read(email: str) -> str:
    """Return an email without header lines for mail programs only, and with encoded words decoded."""
    block = blocks.on_top(email)
    if block is None:
        return email
    kept = [_decoded(email[line.start : line.end]) for line in block.lines if line.is_for_people]
    return email[: block.start] + "".join(kept) + email[block.end :]


def _decoded(line: str) -> str:
    if not has_encoded_words(line):
        return line
    return one_line(decode_words(" ".join(line.split()))) + "\n"


def _short(text: str) -> str:
    text = one_line(text)
    return text if len(text) <= TITLE_LENGTH else text[: TITLE_LENGTH - 1].rstrip() + "…"
