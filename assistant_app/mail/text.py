"""What an email's text tells about itself. Pure functions of text; nothing is trusted or sent."""

from __future__ import annotations

import re

from assistant_app.mail.header import LONGEST, end_of_header

TITLE_LENGTH = 120

_SUBJECT = re.compile(r"^[ \t>*]*(?:subject|betreff|objet|asunto|oggetto|onderwerp)\s*:\s*(.+)$", re.I | re.M)
_FROM = re.compile(r"^[ \t>*]*(?:from|von|de|da|van)\s*:\s*(.+)$", re.I | re.M)
_OTHER = re.compile(r"^[ \t>*]*(?:to|an|à|cc|reply-to|date|datum|sent|gesendet)\s*:", re.I)
# Lines that only mail programs read.
_THREAD = re.compile(
    r"^(?:message-id|in-reply-to|references)[ \t]*:[ \t]*<[^\n]*\n?(?:[ \t]+\S[^\n]*\n?)*", re.I | re.M
)
_HEADER_LINES = 12  # pasted headers stand on top; further down they belong to a quoted message


def headline(email: str | None) -> dict[str, str]:
    """Return title and sender of an email; nothing without one."""
    return {"title": title_of(email), "sender": sender_of(email)} if email else {}


def title_of(email: str) -> str:
    """Return a name for an email: its subject, or else its first line that says something."""
    if found := _SUBJECT.search(_top(email)):
        return _short(found[1])
    read = as_read(email).splitlines()
    lines = (line.strip() for line in read if not (_FROM.match(line) or _OTHER.match(line)))
    return _short(next((line for line in lines if re.search(r"\w", line)), email.strip()))


def sender_of(email: str) -> str:
    """Return who wrote an email as its From line says it, or nothing."""
    found = _FROM.search(_top(email))
    return _short(re.sub(r"\s*<[^>]*>", "", found[1]).strip(" \"'") or found[1]) if found else ""


def as_read(email: str) -> str:
    """Return an email as a person reads it: without the lines on top that are for mail programs."""
    top = end_of_header(email)
    return _THREAD.sub("", email[:top]) + email[top:]


def _top(email: str) -> str:
    return "\n".join(line[:LONGEST] for line in email.strip().splitlines()[:_HEADER_LINES])


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= TITLE_LENGTH else text[: TITLE_LENGTH - 1].rstrip() + "…"
