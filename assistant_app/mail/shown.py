"""Splits an email for its page: header, newest message, and the rest. Pure functions of text."""

from __future__ import annotations

from assistant_app.mail import blocks
from assistant_app.mail.charsets import decode_words
from assistant_app.mail.quotes import spans_beside_new, start_of_quoted

LONG = 6_000  # characters that the page shows unfolded
LONG_QUOTE = 1_000  # characters of a quote that is folded if the email is long and goes on below it


def header(email: str) -> list[tuple[str, str]]:
    """Return the header lines at the top that are meant for people, as (name, text) pairs."""
    block = blocks.on_top(email)
    lines = block.lines if block else []
    return [(line.name, decode_words(line.text)) for line in lines if line.is_for_people]


def without_header(email: str) -> str:
    block = blocks.on_top(email)
    if block is None:
        return email
    body = email[block.end :]
    first = len(body) - len(body.lstrip())
    return body[body.rfind("\n", 0, first) + 1 :]


def newest_part(email: str) -> str:
    """Return an email up to its first quoted message, if any text is before it; at most `LONG` characters."""
    return _newest_part(email, start_of_quoted(email, spans_beside_new(email)))


def parts(text: str) -> list[tuple[str, str]]:
    """Return a text in parts, in order, each with its kind: "new", "quoted", or "answer" below a quote."""
    found: list[tuple[str, str]] = []
    position, kind = 0, "new"
    for start, end in spans_beside_new(text):
        found += [(text[position:start], kind), (text[start:end], "quoted")]
        position, kind = end, "answer"
    found.append((text[position:], kind))
    return [(part.strip("\n") if len(found) > 1 else part, kind) for part, kind in found if part.strip()]


def _newest_part(email: str, start: int) -> str:
    end = start if email[:start].strip() else len(email)
    if end <= LONG:
        return email[:end].rstrip() if end < len(email) else email
    cut = email.rfind("\n", 0, LONG)
    return email[: cut if cut > 0 else LONG]


def pieces(email: str) -> list[tuple[str, bool]]:
    """Return an email in pieces, in order, each with whether it is folded.

    `newest_part` is unfolded. If that is long because of quotes, these are folded, and the answers below them
    are not.
    """
    spans = spans_beside_new(email)
    start = start_of_quoted(email, spans)
    end = start if email[:start].strip() else len(email)
    folded = [span for span in spans if span[1] <= end and span[1] - span[0] > LONG_QUOTE]
    if end <= LONG or not folded:
        newest = _newest_part(email, start)
        return _filled([(newest, False), (email[len(newest) :], True)])
    found: list[tuple[str, bool]] = []
    position, room = 0, LONG
    for start, stop in [*folded, (end, len(email))]:
        text = email[position:start]
        if len(text) > room:
            cut = email.rfind("\n", position, position + room)
            cut = cut if cut > position else position + room
            return _filled([*found, (email[position:cut], False), (email[cut:], True)])
        found += [(text, False), (email[start:stop], True)]
        position, room = stop, room - len(text)
    return _filled(found)


def _filled(found: list[tuple[str, bool]]) -> list[tuple[str, bool]]:
    first, *others = found
    return [first, *((text.strip("\n"), is_folded) for text, is_folded in others if text.strip())]
