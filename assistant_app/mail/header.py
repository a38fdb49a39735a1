"""Reads an email's header, from a file or from pasted text. All of it is untrusted."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.policy import default
from typing import Any

LONGEST = 2_000  # characters parsed per line; the parser's time is quadratic
MOST_LINES = 200  # header lines of an email's text; what follows is part of the message
MOST_IDS = 20  # ids kept of a thread, besides the first

# Exceptions that the standard library's parser raises for malformed mail.
STUMBLES = (ValueError, LookupError, AttributeError, TypeError, RecursionError, MessageError)
# Header names that mail programs write into copied and quoted text.
FROM = ("from", "von", "de", "da", "van")
WRITE_TO = ("reply-to", *FROM)
SENT = ("sent", "date", "gesendet", "datum", "envoyé", "enviado", "inviato", "verzonden")
SUBJECT = ("subject", "betreff", "objet", "asunto", "oggetto", "onderwerp")

_LINE = re.compile(r"([^\s:]{1,40})[ \t]*:([^\n]*(?:\n[ \t]+\S[^\n]*)*)(?:\n|\Z)")
_ID = re.compile(r"<[!-;=?-~]{1,900}>")
_ADDRESS = re.compile(r"[!-?A-~]+@[!-?A-~]+")  # ASCII only: servers without SMTPUTF8 reject the rest


def pasted(email: str) -> list[tuple[str, str]]:
    """Return the header lines at the top of an email's text, in order, as (name, text) pairs."""
    return [(line[1], line[2]) for line in _lines_on_top(email)]


def end_of_header(email: str) -> int:
    """Return the index where the header lines at the top of an email's text end."""
    return max((line.end() for line in _lines_on_top(email)), default=0)


def _lines_on_top(email: str) -> Iterator[re.Match[str]]:
    position = len(email) - len(email.lstrip("\ufeff \t\r\n"))
    for _ in range(MOST_LINES):
        line = _LINE.match(email, position)
        if line is None:
            return
        yield line
        position = line.end()


class Header:
    """The header lines by name. The first line of a name counts."""

    def __init__(self, lines: Iterable[tuple[str, str]]) -> None:
        self._lines: dict[str, str] = {}
        for name, text in lines:
            self._lines.setdefault(name.lower(), _readable(" ".join(text.split())))

    def __contains__(self, name: str) -> bool:
        return name in self._lines

    def text(self, *names: str) -> str:
        """Return the decoded text of the first of these names that has any, on one line."""
        texts = (self._text(name) for name in names)
        return next(filter(None, texts), "")

    def _text(self, name: str) -> str:
        parsed = self._parsed(name)
        return one_line(self._lines.get(name, "")[:LONGEST] if parsed is None else str(parsed))

    def addresses(self, *names: str) -> list[Address]:
        """Return the addresses of the first of these names that has any."""
        for name in names:
            parsed = self._parsed(name, as_if="from")
            candidates = [_address(one) for one in getattr(parsed, "addresses", ())]
            if found := [address for address in candidates if address is not None]:
                return found
        return []

    @property
    def date(self) -> datetime | None:
        return getattr(self._parsed("date"), "datetime", None)

    @property
    def thread(self) -> list[str]:
        """Return the ids of the emails that a reply refers to, oldest first (RFC 5322, section 3.6.4)."""
        before, (own, *_) = self._ids("references"), [*self._ids("message-id"), ""]
        if not before and len(answered := self._ids("in-reply-to")) == 1:
            before = answered
        ids = list(dict.fromkeys([*before, own] if own else []))
        return ids if len(ids) <= MOST_IDS else [ids[0], *ids[-MOST_IDS:]]

    def _ids(self, name: str) -> list[str]:
        return _ID.findall(self._lines.get(name, ""))

    def _parsed(self, name: str, as_if: str = "") -> Any:
        if not (text := self._lines.get(name, "")[:LONGEST]):
            return None
        try:
            return default.header_factory(as_if or name, text)
        except STUMBLES:
            return None


def _address(found: Address) -> Address | None:
    """Return an address without control characters in its name; None if it is not valid."""
    try:
        domain = found.domain.encode("idna").decode()
        address = Address(one_line(found.display_name), found.username, domain)
    except (ValueError, IndexError, MessageError):
        return None
    return address if _ADDRESS.fullmatch(address.addr_spec) else None


def _readable(text: str) -> str:
    """Decode raw bytes, which the parser represents as surrogates."""
    if text.isascii():
        return text
    raw = text.encode("utf-8", "surrogateescape")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def one_line(text: str) -> str:
    """Return the text on one line, without control characters and lone surrogates."""
    plain = "".join(" " if unicodedata.category(letter) in ("Cc", "Cs") else letter for letter in text)
    return " ".join(plain.split())
