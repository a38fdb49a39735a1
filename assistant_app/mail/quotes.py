"""Finds and removes the earlier messages that an email quotes. Pure functions of text."""

from __future__ import annotations

import re

from assistant_app.mail.header import FROM, SENT, end_of_header

_DASHES = r"-{2,} ?(?:Original|Ursprüngliche|Message d|Mensaje original|Forwarded|Weitergeleitete)[^\n]*"
_FROM, _SENT = ("|".join(name.title() for name in names) for names in (FROM, SENT))
_HEADER = rf"(?:{_FROM})[ \t]*:[^\n]*\n[> \t]*(?:{_SENT})[ \t]*:[^\n]*"
_WROTE = (
    r"(?:On|Am|Le|El|Il|Op|Den)\b(?=[^\n]*\d)[^\n]{5,200}(?:\n[^\n]{0,100})?"
    r"\b(?:wrote|schrieb|a écrit|escribió|ha scritto|schreef|skrev)\b[^\n]{0,120}:[ \t]*$"
)
# The line above a quoted message: dashes, a header, or "On … wrote:".
_OVER = re.compile(rf"^[> \t]*(?:{_DASHES}|{_HEADER}|{_WROTE})", re.MULTILINE)
# In any language: a line with a year or an address before lines that start with ">". The lookahead finds the
# year once per line; otherwise a line with a thousand years would be scanned a thousand times.
_BEFORE_QUOTE = re.compile(r"^(?=[^\n>]*(?:\d{4}|@))[^\n]*[:\uff1a][ \t]*\n+(?=>)", re.MULTILINE)
_QUOTE_LINE = re.compile(r"^>[^\n]*\n?", re.MULTILINE)


def quoted_in(email: str) -> int:
    """Return how many earlier messages an email quotes, counting those with a recognisable first line."""
    body = email[end_of_header(email) :]
    return len(_OVER.findall(body)) or len(_BEFORE_QUOTE.findall(body)) or int(bool(_QUOTE_LINE.search(body)))


def start_of_quoted(email: str) -> int:
    """Return the index of the first quoted message; the length of the email if it quotes none."""
    top = end_of_header(email)
    found = (pattern.search(email, top) for pattern in (_OVER, _BEFORE_QUOTE, _QUOTE_LINE))
    return min((match.start() for match in found if match), default=len(email))


def without_quoted(email: str) -> str:
    """Return an email without its quoted messages. Answers between quoted lines stay."""
    top = end_of_header(email)
    body = _BEFORE_QUOTE.sub("", email[top:])
    end = next((over.start() for over in _OVER.finditer(body) if not _is_marked(body, over)), len(body))
    body = _OVER.sub(lambda over: over[0] if over[0].startswith(">") else "", body[:end])
    return email[:top] + _QUOTE_LINE.sub("", body).rstrip()


def _is_marked(body: str, over: re.Match[str]) -> bool:
    """Return whether the lines of the quoted message start with ">", so that its end is known."""
    return over[0].startswith(">") or body[over.end() :].lstrip().startswith(">")


def places_of_quoted(email: str) -> list[int]:
    """Return the indexes at which quoted messages begin, in order; each is older than the one above it."""
    top = end_of_header(email)
    places = {found.start() for pattern in (_OVER, _BEFORE_QUOTE) for found in pattern.finditer(email, top)}
    first = start_of_quoted(email)
    return sorted(places | ({first} if first < len(email) else set()))
