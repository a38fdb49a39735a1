"""Converts an email's HTML to text; keeps lines, lists, quotes and links. Runs and fetches nothing."""

from __future__ import annotations

import re
from html.parser import HTMLParser

LONGEST = 1_000_000  # characters
DEEPEST_QUOTE = 5
LONGEST_LINK = 200  # characters; longer ones are tracking links

_UNSEEN = frozenset({"script", "style", "template", "title"})
_APART = frozenset({"blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "ol", "p", "pre", "table", "ul"})
_LINES = frozenset(
    {
        "address",
        "article",
        "aside",
        "br",
        "dd",
        "div",
        "dl",
        "dt",
        "footer",
        "header",
        "li",
        "main",
        "section",
        "tr",
    }
)
# Invisible markup for which the standard library's parser is slow or fails.
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_DECLARATION = re.compile(r"<[!?][^>]*>")
_LONE = re.compile(r"<(?![a-zA-Z/])")  # a `<` that opens no tag
_BLANK = re.compile(r"[ \t\r\n\f\xa0]+")


class TooMuch(ValueError):
    """The HTML is larger than any real email."""


def to_text(html: str) -> str:
    """Return the visible text. Raise `TooMuch` if parsing would take long."""
    if len(html) > LONGEST:
        raise TooMuch
    html, closed, rest = html.rpartition("-->")
    html = _COMMENT.sub("", html + closed) + rest.replace("<!--", "")
    shown, closed, rest = html.rpartition(">")
    shown = _LONE.sub("&lt;", _DECLARATION.sub("", shown + closed))
    reader = _Reader()
    reader.feed(shown + rest.replace("<", "&lt;"))
    reader.close()
    return reader.text


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._lines: list[str] = []
        self._line = ""
        self._quotes = self._unseen = self._plain = 0
        self._link: tuple[str, int] | None = None  # its address, and where its text starts in the line

    @property
    def text(self) -> str:
        self._end_line()
        kept: list[str] = []
        for line in self._lines:
            if kept and not (line.strip("> ") or kept[-1].strip("> ")):
                line = min(line, kept.pop(), key=len)  # collapse blank lines, keep the least-quoted one
            kept.append(line)
        return "\n".join(kept).strip("\n")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self._unseen += 1
        elif tag in _APART or tag in _LINES:
            self._break(tag)
            self._leave_a_line(tag)
            self._quotes += tag == "blockquote"
            self._plain += tag == "pre"
            self._line += "- " if tag == "li" else ""
        elif tag in ("td", "th") and self._line:
            self._line += " "
        elif tag == "a":
            self._link = dict(attrs).get("href") or "", len(self._line)

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        elif tag == "a" and self._link is not None:
            (address, start), self._link = self._link, None
            if address.startswith(("http://", "https://")) and address not in self._line[start:]:
                self._line += f" <{address}>" if len(address) <= LONGEST_LINK else ""
        elif tag in _APART or tag in _LINES:
            self._break(tag)
            self._quotes = max(0, self._quotes - (tag == "blockquote"))
            self._plain = max(0, self._plain - (tag == "pre"))
            self._leave_a_line(tag)

    def handle_data(self, data: str) -> None:
        if self._unseen:
            return
        if self._plain:
            first, *others = data.split("\n")
            self._line += first
            for line in others:
                self._end_line()
                self._line = line
            return
        words = _BLANK.sub(" ", data)
        self._line += words.lstrip() if not self._line or self._line.endswith(" ") else words

    def _break(self, tag: str) -> None:
        if self._line.strip() or tag == "br":
            self._end_line()

    def _leave_a_line(self, tag: str) -> None:
        if tag in _APART:
            self._end_line()

    def _end_line(self) -> None:
        self._lines.append(f"{'> ' * min(self._quotes, DEEPEST_QUOTE)}{self._line}".rstrip())
        self._line, self._link = "", None
