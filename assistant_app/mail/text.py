"""Title, sender and readable text of an email. Pure functions of text."""

from __future__ import annotations

import re

from assistant_app.mail.header import LONGEST, end_of_header

TITLE_LENGTH = 120

_SUBJECT = re.compile(r"^[ \t>*]*(?:subject|betreff|objet|asunto|oggetto|onderwerp)\s*:\s*(.+)$", re.I | re.M)
_FROM = re.compile(r"^[ \t>*]*(?:from|von|de|da|van)\s*:\s*(.+)$", re.I | re.M)
_OTHER = re.compile(r"^[ \t>*]*(?:to|an|à|cc|reply-to|date|datum|sent|gesendet)\s*:", re.I)
# Header lines for mail programs only.
_THREAD = re.compile(
    r"^(?:message-id|in-reply-to|references)[ \t]*:[ \t]*<[^\n]*\n?(?:[ \t]+\S[^\n]*\n?)*", re.I | re.M
)
_HEADER_LINES = 12  # lines to search; further down, a header belongs to a quoted message


def headline(email: str | None) -> dict[str, str]:
    """Return title and sender of an email; an empty dict without an email."""
    return {"title": title_of(email), "sender": sender_of(email)} if email else {}


def title_of(email: str) -> str:
    """Return a title for an email: its subject, or its first line with a word in it."""
    if found := _SUBJECT.search(_top(email)):
        return _short(found[1])
    read = as_read(email).splitlines()
    lines = (line.strip() for line in read if not (_FROM.match(line) or _OTHER.match(line)))
    return _short(next((line for line in lines if re.search(r"\w", line)), email.strip()))


def sender_of(email: str) -> str:
    """Return the sender as the From line names them, or an empty text."""
    found = _FROM.search(_top(email))
    return _short(re.sub(r"\s*<[^>]*>", "", found[1]).strip(" \"'") or found[1]) if found else ""


def as_read(email: str) -> str:
    """Return an email without the header lines that only mail programs use."""
    top = end_of_header(email)
    return _THREAD.sub("", email[:top]) + email[top:]


def _top(email: str) -> str:
    return "\n".join(line[:LONGEST] for line in email.strip().splitlines()[:_HEADER_LINES])


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= TITLE_LENGTH else text[: TITLE_LENGTH - 1].rstrip() + "…"
