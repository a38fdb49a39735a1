"""Recognises what kind of file is read as an email, and turns emails into RFC 5322 bytes."""

from __future__ import annotations

import codecs
import re

from assistant_app.mail import outlook
from assistant_app.mail.unreadable import Unreadable
from assistant_app.phrases import gettext_noop, sentences

_PICTURE = gettext_noop("The file is a picture, not an email.")
_ARCHIVE = gettext_noop("The file is an archive, not an email.")
_VIDEO = gettext_noop("The file is a video, not an email.")
_WEB_PAGE = gettext_noop("The file is a web page, not an email.")
# What is said of the formats that people drop by mistake, by their first bytes.
_FIRST_BYTES = (
    (b"%PDF", gettext_noop("The file is a PDF, not an email.")),
    (b"PK\x03\x04", gettext_noop("The file is a zip archive or an office document, not an email.")),
    (b"\x89PNG", _PICTURE),
    (b"\xff\xd8\xff", _PICTURE),
    (b"GIF8", _PICTURE),
    (b"{\\rtf", gettext_noop("The file is a document in rich text, not an email.")),
    (b"!BDN", gettext_noop("The file is an Outlook data file, not an email.")),
    (b"BEGIN:VCARD", gettext_noop("The file is an address card, not an email.")),
    (b"BEGIN:VCALENDAR", gettext_noop("The file is a calendar entry, not an email.")),
    (b"RIFF", gettext_noop("The file is a picture or a sound, not an email.")),
    (b"II*\x00", _PICTURE),
    (b"MM\x00*", _PICTURE),
    (b"7z\xbc\xaf", _ARCHIVE),
    (b"Rar!\x1a\x07", _ARCHIVE),
    (b"\x1f\x8b", _ARCHIVE),
    (b"ID3", gettext_noop("The file is a sound, not an email.")),
    (b"MZ\x90\x00", gettext_noop("The file is a program, not an email.")),
)
_OTHERS = tuple(
    (re.compile(start, re.DOTALL | re.IGNORECASE), said)
    for start, said in (
        *((re.escape(start), said) for start, said in _FIRST_BYTES),
        (rb".{4}ftyp(?:hei|mif|avif)", _PICTURE),
        (rb".{4}ftyp", _VIDEO),
        (rb"\s*<(?:!doctype html|html)\b", _WEB_PAGE),
    )
)
_EMLX = re.compile(rb"[ \t]*(\d{1,9})[ \t]*\r?\n")
_NEW_LINE = re.compile(rb"\r+\n|\r")
# The line over each email of a mailbox (RFC 4155).
_MAILBOX_LINE = re.compile(
    rb"^From [^\s]{1,200}[^\n]{0,20}(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} [^\n]{8,40}\n"
    rb"(?=[!-9;-~]{1,80}:)",
    re.MULTILINE,
)
_HEADER_LINE = re.compile(rb"[!-9;-~]{1,80}[ \t]*:")
# A header line that makes sure that the header goes on below a broken line.
_KNOWN_LINE = re.compile(
    rb"(?:from|to|cc|subject|date|sender|reply-to|message-id|in-reply-to|references|mime-version|received|return-path"
    rb"|content-[a-z-]+|x-[a-z0-9-]+|dkim-[a-z-]+|list-[a-z-]+|delivered-to)[ \t]*:",
    re.IGNORECASE,
)
LONGEST_HEADER_SEARCH = 400_000  # bytes that are looked at for broken header lines


def as_message(data: bytes) -> bytes:
    """Return the bytes of an email with plain line ends. Raise `Unreadable` if the file is something else."""
    if data.startswith(outlook.SIGNATURE):
        data = outlook.as_message(data)
    for mark, name in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if data.startswith(mark):  # a text editor saved it
            data = data[2:].decode(name, "replace").encode("utf-8", "replace")
    data = data.removeprefix(codecs.BOM_UTF8)
    if said := next((said for start, said in _OTHERS if start.match(data)), ""):
        raise Unreadable(sentences(said, gettext_noop("Save the email as .eml, or paste its text.")))
    if found := _EMLX.match(data):  # Apple Mail: the number of bytes, the email, and a property list
        data = data[found.end() :][: int(found[1])]
    data = data.replace(b"\x00", b"").replace(b"\r\n", b"\n")
    data = (_NEW_LINE.sub(b"\n", data) if b"\r" in data else data).lstrip()
    if not data:
        raise Unreadable(gettext_noop("The file is empty."))
    if data.startswith(b"From ") and len(_MAILBOX_LINE.findall(data)) > 1:
        said = gettext_noop("The file is a mailbox with several emails. Save the one to answer as .eml.")
        raise Unreadable(said)
    return _with_whole_header(data)


def _with_whole_header(data: bytes) -> bytes:
    """Leave out header lines without a colon, at which the standard library's parser would end the header."""
    end = data.find(b"\n\n", 0, LONGEST_HEADER_SEARCH)
    if end < 0:
        return data
    lines = data[:end].split(b"\n")
    last = max((number for number, line in enumerate(lines) if _KNOWN_LINE.match(line)), default=0)
    kept = [
        line
        for number, line in enumerate(lines)
        if number > last or _HEADER_LINE.match(line) or line[:1] in b" \t" or line.startswith(b"From ")
    ]
    return b"\n".join(kept) + data[end:]
