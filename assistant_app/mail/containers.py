"""Recognises what kind of file is read as an email, and turns emails into RFC 5322 bytes."""

from __future__ import annotations

import codecs
import re

from assistant_app.mail import outlook
from assistant_app.mail.unreadable import Unreadable

# Names of the formats that people drop by mistake, by their first bytes.
_OTHERS = (
    (b"%PDF", "a PDF"),
    (b"PK\x03\x04", "a zip archive or an office document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"{\\rtf", "a document in rich text"),
    (b"!BDN", "an Outlook data file"),
    (b"BEGIN:VCARD", "an address card"),
    (b"BEGIN:VCALENDAR", "a calendar entry"),
    (b"RIFF", "a picture or a sound"),
    (b"II*\x00", "a picture"),
    (b"MM\x00*", "a picture"),
    (b"7z\xbc\xaf", "an archive"),
    (b"Rar!\x1a\x07", "an archive"),
    (b"\x1f\x8b", "an archive"),
    (b"ID3", "a sound"),
    (b"MZ\x90\x00", "a program"),
)
_MEDIA = re.compile(rb".{4}ftyp(hei|mif|avif)?", re.DOTALL)
_PAGE = re.compile(rb"\s*<(?:!doctype html|html)\b", re.IGNORECASE)
_EMLX = re.compile(rb"[ \t]*(\d{1,9})[ \t]*\r?\n")
_NEW_LINE = re.compile(rb"\r+\n|\r")
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
    media = _MEDIA.match(data)
    names = [name for start, name in _OTHERS if data.startswith(start)]
    names += ["a picture" if media[1] else "a video"] if media else []
    names += ["a web page"] if _PAGE.match(data) else []
    for name in names[:1]:
        raise Unreadable(f"The file is {name}, not an email. Save the email as .eml, or paste its text.")
    if found := _EMLX.match(data):  # Apple Mail: the number of bytes, the email, and a property list
        data = data[found.end() :][: int(found[1])]
    data = _NEW_LINE.sub(b"\n", data.replace(b"\x00", b"")).lstrip()
    if not data:
        raise Unreadable("The file is empty.")
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
