"""Splits an email into its newest message and the earlier ones that it quotes. A pure function of text."""

from __future__ import annotations

import re
from dataclasses import dataclass

from assistant_app.mail import blocks
from assistant_app.mail.charsets import decode_words
from assistant_app.mail.quotes import Quote, quotes_in, start_of_quoted

_MARK = re.compile(r"[ \t]{0,3}>[ \t]?")


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a thread. Sender and date are as written, and empty if the email does not say them."""

    sender: str
    date: str
    text: str
    is_forwarded: bool = False


def messages_in(email: str) -> list[Message]:
    """Return the newest message and then the quoted ones, in the order in which the email has them.

    Answers between quoted lines belong to the newest message, with the lines they answer. If the email
    only forwards, the forwarded message is the newest.
    """
    block = blocks.on_top(email)
    top = block.end if block else 0
    start = start_of_quoted(email)
    earlier = [quote for quote in quotes_in(email) if quote.start >= start and quote.has_first_line]
    text = email[top : start if earlier else len(email)].strip()
    sender = decode_words(block.text("from")) if block else ""
    newest = (
        [Message(sender, block.text("sent", "date") if block else "", text)] if text or not earlier else []
    )
    return newest + [_message(email, quote, earlier[number + 1 :]) for number, quote in enumerate(earlier)]


def _message(email: str, quote: Quote, later: list[Quote]) -> Message:
    end = min([quote.end, *(each.start for each in later[:1])])
    marks = quote.depth + quote.is_marked
    lines = [_without_marks(line, marks) for line in email[quote.text_start : end].splitlines()]
    return Message(quote.sender, quote.date, "\n".join(lines).strip(), quote.is_forward)


def _without_marks(line: str, number: int) -> str:
    for _ in range(number):
        mark = _MARK.match(line)
        if mark is None:
            break
        line = line[mark.end() :]
    return line.rstrip()
