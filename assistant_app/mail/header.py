"""Reads an email's header, from a file or from pasted text. All of it is untrusted."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from email.headerregistry import Address
from email.utils import parsedate_to_datetime

from assistant_app.mail import blocks
from assistant_app.mail.addresses import addresses_in, written
from assistant_app.mail.blocks import role_of
from assistant_app.mail.charsets import decode_words
from assistant_app.mail.hidden import one_line

__all__ = ["SENT", "SUBJECT", "Header", "end_of_header", "pasted"]

LONGEST = 50_000  # characters read per line
MOST_IDS = 20  # ids kept of a thread, besides the first

# Where a reply goes, and other lines that have several names.
SENT = ("date", "sent")
SUBJECT = ("subject",)
_LISTS = ("to", "cc")  # some programs write a line for each recipient
_ADDRESSES = ("from", "reply-to", "to", "cc", "bcc", "sender")

_ID = re.compile(r"<[!-;=?-~]{1,900}>")
_BARE_ID = re.compile(r"[!#-;=?-~]{1,450}@[!#-;=?-~]{1,450}")


def pasted(email: str) -> list[tuple[str, str]]:
    """Return the header lines at the top of an email's text, in order, as (name, text) pairs."""
    block = blocks.on_top(email)
    return [(line.name, line.text) for line in block.lines] if block else []


def end_of_header(email: str) -> int:
    """Return the index where the header lines at the top of an email's text end."""
    block = blocks.on_top(email)
    return block.end if block else 0


class Header:
    """The header lines by name, in any language. The first line of a name counts, except for recipients.

    `label` is the charset that is declared for the email, for raw bytes in its header.
    """

    def __init__(self, lines: Iterable[tuple[str, str]], label: str = "") -> None:
        self._label = label
        self._lines: dict[str, str] = {}
        for name, text in lines:
            text = " ".join(str(text)[:LONGEST].split())
            key = role_of(name) or name.lower()
            if key in _LISTS and text and (before := self._lines.get(key)):
                self._lines[key] = f"{before}, {text}"[:LONGEST]
            elif not self._lines.get(key):  # an empty line counts as none
                self._lines[key if key != "other" else name.lower()] = text

    def __contains__(self, name: str) -> bool:
        return name in self._lines

    def text(self, *names: str) -> str:
        """Return the decoded text of the first of these names that has any, on one line."""
        texts = (self._text(name) for name in names)
        return next(filter(None, texts), "")

    def _text(self, name: str) -> str:
        if name in _ADDRESSES and (found := self.addresses(name)):
            return written(found)
        return one_line(self._decoded(name))

    def addresses(self, *names: str) -> list[Address]:
        """Return the addresses of the first of these names that has any."""
        for name in names:
            line = self._lines.get(name, "")
            if not line.isascii():
                line = self._with_letters(line)
            if found := addresses_in(line, is_sender=name == "from"):
                return found
        return []

    @property
    def date(self) -> datetime | None:
        try:
            return parsedate_to_datetime(self.text(*SENT))
        except (ValueError, TypeError, IndexError, OverflowError):
            return None

    @property
    def thread(self) -> list[str]:
        """Return the ids of the emails that a reply refers to, oldest first (RFC 5322, section 3.6.4)."""
        before, (own, *_) = self._ids("references"), [*self._ids("message-id"), ""]
        if not before and len(answered := self._ids("in-reply-to")) == 1:
            before = answered
        ids = list(dict.fromkeys([*before, own] if own else []))
        return ids if len(ids) <= MOST_IDS else [ids[0], *ids[-MOST_IDS:]]

    def _ids(self, name: str) -> list[str]:
        line = self._lines.get(name, "")
        return _ID.findall(line) or [f"<{bare}>" for bare in _BARE_ID.findall(line)]

    def _decoded(self, name: str) -> str:
        return decode_words(self._lines.get(name, ""), self._label)

    def _with_letters(self, line: str) -> str:
        """Decode raw bytes; encoded words stay, so that a comma in one does not end an entry."""
        pieces = re.split(r"(=\?[^?\s]+\?[bBqQ]\?[^?\n]*\?=)", line)
        return "".join(
            piece if number % 2 else decode_words(piece, self._label) for number, piece in enumerate(pieces)
        )
