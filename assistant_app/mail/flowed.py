"""Joins the lines of `format=flowed` (RFC 3676), which programs broke only to send them."""

from __future__ import annotations

import re

_MARKS = re.compile(r">*")
_SIGNATURE = "-- "


def joined(text: str, *, deletes_spaces: bool = False) -> str:
    """Return a text with its paragraphs on one line each. `deletes_spaces` is for scripts without spaces."""
    paragraphs: list[str] = []
    pieces: list[str] = []
    before = ""  # the marks of the open paragraph
    for line in text.replace("\r\n", "\n").split("\n"):
        marks = _MARKS.match(line)[0]  # type: ignore[index]
        words = line[len(marks) :].removeprefix(" ")
        is_signature = words == _SIGNATURE
        if pieces and (marks != before or is_signature):
            paragraphs.append(_written(before, pieces))
            pieces = []
        before = marks
        is_open = words.endswith(" ") and not is_signature
        pieces.append(words[:-1] if is_open and deletes_spaces else words)
        if not is_open:
            paragraphs.append(_written(marks, pieces))
            pieces = []
    return "\n".join([*paragraphs, *([_written(before, pieces)] if pieces else [])])


def _written(marks: str, pieces: list[str]) -> str:
    text = "".join(pieces)
    return f"{marks} {text}" if marks and text else f"{marks}{text}"
