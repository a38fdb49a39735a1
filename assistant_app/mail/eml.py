"""Converts an .eml file to the text of an email: the useful header lines and the message.

Attachments are left out, and their names returned. The file is untrusted: a broken one raises `Unreadable`.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import cast

from assistant_app.mail.header import LONGEST, STUMBLES, Header, one_line
from assistant_app.mail.html_text import TooMuch, to_text

# Real emails have less than this. The parser's time grows with the product of these, or is quadratic.
MOST_LINES = 200_000
MOST_PARTS = 1_000
DEEPEST = 50
LONGEST_DESCRIPTION = 1_000  # characters of one Content-* header line
MOST_DESCRIPTION = 50_000  # characters of all Content-* header lines
_PART = re.compile(rb"^--", re.MULTILINE)
_NESTED = re.compile(rb"boundary *\*?=|message/", re.IGNORECASE)
_DESCRIPTION = re.compile(rb"^content-[a-z-]+[ \t]*:(?:[^\n]|\n[ \t])*", re.IGNORECASE | re.MULTILINE)
_CONTROL = re.compile("[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\ud800-\\udfff]")

MOST_NAMED = 20  # attachments
LONGEST_NAME = 100  # characters

_ENCRYPTED = {"multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime"}
_SAID_TO_BE_LATIN = {"ascii", "iso8859-1", "iso8859-15", "cp1252"}  # often UTF-8 instead
_WIDER = {"gb2312": "gb18030", "euc_kr": "cp949", "shift_jis": "cp932"}  # the supersets that senders mean
_NO_CHARSETS = {"idna", "punycode", "undefined"}  # slow, or not a charset


class Unreadable(ValueError):
    """The file is not an email that can be answered. The message is shown to the user."""


@dataclass(frozen=True, slots=True)
class MailFile:
    text: str
    left_out: tuple[str, ...]  # names of attachments


def read(data: bytes) -> MailFile:
    """Return the text of an .eml file. Raise `Unreadable` if it is not an email or has no text."""
    message = _parsed(data)
    header = Header(message.raw_items())
    if not any(name in header for name in ("from", "subject", "date", "message-id")):
        raise Unreadable("The file is no email: it says neither who sent it nor when.")
    try:
        left_out: list[str] = []
        body = "\n\n".join(text.strip("\n") for _, text in _texts(message, left_out))
    except TooMuch:
        raise Unreadable("The text in the file is too large. Copy what matters and paste it.") from None
    except STUMBLES:
        raise Unreadable(
            "The file is damaged: its parts cannot be told apart. Paste the text instead."
        ) from None
    if message.get_content_type() in _ENCRYPTED or body.startswith("-----BEGIN PGP MESSAGE"):
        raise Unreadable("The file is encrypted. Open it in your mail program and paste its text.")
    if not body.strip():
        only = f", only {', '.join(_few(left_out))}" if left_out else ""
        raise Unreadable(f"The file has no text to answer{only}. Paste the text instead.")
    top = "\n".join(f"{name}: {text}" for name, text in _top(header) if text)
    return MailFile(f"{top}\n\n{body}", tuple(_few(left_out)))


def _parsed(data: bytes) -> EmailMessage:
    data = re.sub(rb"\r\n?", b"\n", data.removeprefix(codecs.BOM_UTF8)).lstrip()
    if not data:
        raise Unreadable("The file is empty.")
    if b"\x00" in data:
        raise Unreadable(
            "The file is no .eml file. In your mail program, save the email as .eml, or paste its text."
        )
    if _is_endless(data):
        raise Unreadable("The file has more parts than an email has. Paste the text instead.")
    try:
        return message_from_bytes(data, policy=default)
    except STUMBLES:
        raise Unreadable("The file is damaged and cannot be read. Paste the text instead.") from None


def _is_endless(data: bytes) -> bool:
    sizes = [len(found) for found in _DESCRIPTION.findall(data)]
    return (
        data.count(b"\n") > MOST_LINES
        or len(_PART.findall(data)) > MOST_PARTS
        or len(_NESTED.findall(data)) > 2 * DEEPEST
        or max(sizes, default=0) > LONGEST_DESCRIPTION
        or sum(sizes) > MOST_DESCRIPTION
    )


def _top(header: Header) -> Iterator[tuple[str, str]]:
    """Yield the header lines to show, and those that thread a reply."""
    yield "From", header.text("from")
    yield "Reply-To", header.text("reply-to")
    yield "To", _cut(header.text("to"))
    yield "Date", header.text("date")
    yield "Subject", header.text("subject")
    *before, own = header.thread or [""]
    yield "Message-ID", own
    yield "References", " ".join(before)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST // 4 else f"{text[: LONGEST // 4]} …"


def _texts(part: EmailMessage, left_out: list[str]) -> list[tuple[str, str]]:
    """Return the texts of a part as (content type, text) pairs; add other parts to `left_out`."""
    kind = part.get_content_type()
    if kind.startswith("multipart/") and part.is_multipart():
        found = [_texts(child, left_out) for child in cast(Iterable[EmailMessage], part.iter_parts())]
        if kind == "multipart/alternative":  # the same content several times: prefer plain text
            found = sorted(filter(None, found), key=lambda texts: texts[0][0] != "text/plain")[:1]
        return [text for texts in found for text in texts]
    if kind not in ("text/plain", "text/html") or part.is_attachment():
        left_out.append(_name_of(part))
        return []
    text = _decoded(cast(bytes, part.get_payload(decode=True)) or b"", part.get_content_charset() or "utf-8")
    text = _clean(to_text(text) if kind == "text/html" else text)
    return [(kind, text)] if text.strip() else []


def _name_of(part: EmailMessage) -> str:
    name = part.get_filename() or ""
    if not name and part.get_content_type() == "message/rfc822":
        inner = next(iter(part.iter_parts()), None)
        subject = Header(inner.raw_items()).text("subject") if inner else ""
        name = f"{subject or 'an email'}.eml"
    return one_line(name)[:LONGEST_NAME] or part.get_content_type()


def _few(names: list[str]) -> list[str]:
    more = len(names) - MOST_NAMED
    return [*names[:MOST_NAMED], f"{more} more"] if more > 0 else names


def _decoded(raw: bytes, charset: str) -> str:
    """Decode the text with the declared charset, or with the one that fits the bytes."""
    try:
        name = codecs.lookup(charset).name
    except (LookupError, ValueError):
        name = "utf-8"
    candidates = [_WIDER.get(name, name)] if name not in _NO_CHARSETS else []
    if name in _SAID_TO_BE_LATIN:
        candidates = ["utf-8", "cp1252" if name == "iso8859-1" else name]
    for candidate in (*candidates, "utf-8", "cp1252"):
        try:
            return raw.decode(candidate)
        except (ValueError, LookupError):
            continue
    return raw.decode("cp1252", "replace")


def _clean(text: str) -> str:
    """Return a text without control characters, lone surrogates and trailing spaces."""
    lines = re.sub("\r\n?", "\n", text).split("\n")
    return "\n".join(_CONTROL.sub("", line).rstrip() for line in lines)
