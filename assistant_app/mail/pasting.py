"""Reads what people paste instead of an email's text: the source of a message, or HTML."""

from __future__ import annotations

import re
from datetime import UTC, tzinfo
from textwrap import dedent

from assistant_app.mail import blocks, eml, html_text
from assistant_app.mail.charsets import has_encoded_words
from assistant_app.mail.html_text import HtmlText

# Lines that only the source of a message has.
_OF_SOURCE = {
    "content-type",
    "content-transfer-encoding",
    "mime-version",
    "received",
    "dkim-signature",
    "return-path",
}
_HTML = re.compile(
    r"\s*<(?:!doctype html|html|head|body|meta|div|table|p|span|br|h[1-6]|ul|ol|font|b|a)\b[^<>]*>",
    re.IGNORECASE,
)
_HTML_END = re.compile(r"</(?:html|body|div|table|p|span|h[1-6]|ul|ol|font|b|a)\s*>\s*\Z", re.IGNORECASE)


def as_text(pasted: str, zone: tzinfo = UTC) -> str:
    """Return what `read` makes of a pasted text, without its notes."""
    return read(pasted, zone).text


def read(pasted: str, zone: tzinfo = UTC) -> eml.MailFile:
    """Return pasted text as it is, except the source of a message or HTML: these are read as a file would be.

    Text that cannot be read stays as it is, so that nothing typed is lost.
    """
    try:
        source = dedent(pasted) if pasted[:1].isspace() else pasted  # some pages move it to the right
        if is_source(source):
            return eml.read_pasted(source, zone)
        if _HTML.match(pasted) and _HTML_END.search(pasted[-200:]):
            found = html_text.read(pasted)
            if text := found.text.strip():
                return eml.MailFile(text, (), (eml.note_on_hidden(found.hidden),) if found.hidden else ())
    except (eml.Unreadable, html_text.TooMuch):
        pass
    return eml.MailFile(pasted, ())


def from_clipboard(html: str, text: str) -> HtmlText:
    """Return what the HTML on a clipboard says, with the number of hidden words.

    `text` is the plain text beside it: it counts if the HTML cannot be read, or if only it begins with header
    lines, as a copy from the page of a mail program may.
    """
    try:
        found = html_text.read(html)
    except html_text.TooMuch:
        return HtmlText(text, 0)
    is_worse = blocks.on_top(text) is not None and blocks.on_top(found.text) is None
    return (
        HtmlText(text, 0)
        if is_worse or not found.text.strip()
        else HtmlText(found.text.strip("\n"), found.hidden)
    )


def is_source(pasted: str) -> bool:
    """Return whether a text is the source of a message, with header lines for programs or encoded words."""
    block = blocks.on_top(pasted)
    if block is None or len(block.lines) < 2:
        return False
    names = {line.name.lower() for line in block.lines}
    has_words = any(has_encoded_words(line.text) for line in block.lines if line.role in ("from", "subject"))
    return bool(_OF_SOURCE & names) or has_words
