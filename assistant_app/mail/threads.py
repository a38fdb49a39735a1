"""Splits an email into its newest message and the earlier ones that it quotes. Pure functions of text."""

from __future__ import annotations

import re
from dataclasses import dataclass

from assistant_app.mail import blocks
from assistant_app.mail.charsets import decode_words
from assistant_app.mail.quotes import Quote, is_the_email, quotes_in, spans_of, start_of_quoted

_MARK = re.compile(r"[ \t]{0,3}>[ \t]?")
_NO_TEXT = "> \t\r\n|"


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a thread. Sender and date are as written, and empty if the email does not say them."""

    sender: str
    date: str
    text: str
    is_forwarded: bool = False


@dataclass(frozen=True, slots=True)
class Conversation:
    """An email without the earlier messages at its end, and these messages, newest first.

    What its author quotes between answers stays in `email`, and so does a message that is merely forwarded.
    """

    email: str
    earlier: tuple[Message, ...] = ()


def conversation(email: str) -> Conversation:
    """Tell an email apart from the earlier messages that it quotes. No text is lost."""
    quotes, end = _earlier(email)
    if quotes and is_the_email(email, quotes[0]):
        quotes = quotes[1:]
    if not quotes:
        return Conversation(email)
    newest = email[: quotes[0].start].rstrip()
    if signature := email[end:].strip():
        newest += f"\n\n{signature}"
    return Conversation(newest, tuple(_messages(email, quotes, end)))


def messages_in(email: str) -> list[Message]:
    """Return the newest message and then the quoted ones, in the order in which the email has them.

    Answers between quoted lines belong to the newest message, with the lines they answer. If the email
    only forwards, the forwarded message is the newest.
    """
    block = blocks.on_top(email)
    quotes, end = _earlier(email)
    text = email[block.end if block else 0 : quotes[0].start if quotes else len(email)].strip()
    sender = decode_words(block.text("from")) if block else ""
    date = block.text("sent", "date") if block else ""
    newest = [Message(sender, date, text)] if text or not quotes else []
    return newest + _messages(email, quotes, end)


def _earlier(email: str) -> tuple[list[Quote], int]:
    """Return the quoted messages at the end of an email, and where the last of them ends.

    One that has text of the message above it below its end, such as an answer, is a part of that message.
    """
    found = quotes_in(email)
    start = start_of_quoted(email, spans_of(found))
    quotes = [quote for quote in found if quote.start >= start and quote.has_first_line]
    end = below = max((quote.end for quote in quotes), default=len(email))
    kept: list[Quote] = []
    for quote in reversed(quotes):
        if not email[quote.end : below].strip(_NO_TEXT):
            kept.append(quote)
            below = quote.start
    return kept[::-1], end


def _messages(email: str, quotes: list[Quote], end: int) -> list[Message]:
    ends = [*(quote.start for quote in quotes[1:]), end][: len(quotes)]
    return [_message(email, quote, below) for quote, below in zip(quotes, ends, strict=True)]


def _message(email: str, quote: Quote, end: int) -> Message:
    marks = quote.depth + quote.is_marked
    start = quote.text_start if quote.sender or quote.date else quote.start
    if not email[start:end].strip(_NO_TEXT):
        start = quote.start  # a text that seems to be a part of its header
    lines = [_without_marks(line, marks) for line in email[start:end].splitlines()]
    return Message(quote.sender, quote.date, "\n".join(lines).strip(), quote.is_forward)


def _without_marks(line: str, number: int) -> str:
    for _ in range(number):
        mark = _MARK.match(line)
        if mark is None:
            break
        line = line[mark.end() :]
    return line.rstrip()
