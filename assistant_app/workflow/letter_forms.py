"""The forms in which models write a letter: fences, tags, JSON, HTML, Markdown. Pure functions of text."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from assistant_app.workflow import drafting_talk as talk

TEXT_KINDS = ("text", "txt", "plaintext", "plain", "email", "mail", "eml", "markdown", "md")
FENCE = re.compile(r"(?:`{3,}|~{3,})(\w*)")
FENCES = ("```", "~~~")
RULE = re.compile(r"-{3,}|\*{3}|_{3,}|={3,}|—{2,}|(?:[-*] ){2,}[-*]")
TAG = re.compile(
    r"<(email|reply|answer|response|draft|letter|message|output|result|final|e-mail|email_reply|mail)>", re.I
)
JSON = re.compile(r"\s*\{\s*[\"“]")
HTML = re.compile(r"\s*<(?:!doctype|html|head|body|p|div|table|span|style|h[1-6])\b[^>]*>", re.I)
QUOTES = {'"': '"', "“": "”", "„": "“", "«": "»", "»": "«", "「": "」", "『": "』", "‘": "’", "‚": "‘"}
CODED_LINE_END = re.compile(r"\\n(?=\\n)|(?<=[,!:，：])[ ]?\\n|<br\s*/?>", re.I)
_JSON_KEYS = ("reply", "email", "body", "text", "draft", "message", "letter", "content", "response", "answer")
_BOLD = re.compile(r"(?<![*A-Za-z0-9])\*\*(?=[^\s*])([^*\n]{1,300}?)(?<=[^\s*])\*\*(?![*A-Za-z0-9])")
_ESCAPED = re.compile(r"\\([-*_#\[\]()>~`+!])|(?<=\d)\\(\.)")
_MAY_BE_MARKUP = re.compile(r"[*\\<]")
_HEADING = re.compile(r"^#{2,6}[ \t]+(?=\S)")


def as_plain_text(part: str, before: str = "") -> str:
    """Return a part of a line without Markdown: mail programs show it as it is.

    `before` is the character before the part.
    """
    context = "" if before in ("*", "\\") else before
    text = context + part
    if "**" in text:
        text = _BOLD.sub(r"\1", text)
    if "\\" in text and not re.search(r"\\[A-Za-z0-9\\]|[A-Za-z]:\\", text):
        text = _ESCAPED.sub(lambda found: found[1] or found[2], text)
    return text[len(context) :]


def without_heading(line: str) -> str:
    """Return a line without the marks of a Markdown heading. One mark alone may be a number's: "# 5"."""
    return _HEADING.sub("", line) if line.startswith("##") else line


def without_indent(line: str) -> str:
    """Return a first line without the space that some models begin with; an indent of four is meant."""
    rest = line.lstrip(" \t")
    return rest if len(line) - len(rest) < 4 else line


def start_of_markup(text: str) -> int:
    """Return where markup may begin; the length of the text if nowhere."""
    found = _MAY_BE_MARKUP.search(text)
    return found.start() if found else len(text)


def may_wrap(start: str) -> bool:
    return start[:1] in "`{<>*#-_=~" or start[:1] in QUOTES


class Decoder:
    """Reads line ends that are written as `\\n` or `<br>`, in a text that comes in pieces."""

    def __init__(self, *, is_html: bool) -> None:
        self._is_html = is_html
        self._held = ""

    def feed(self, text: str) -> str:
        text = self._held + text
        unclear = re.search(r"<b?r?\s*/?$|<br\s*/?>[ \t]*\r?$" if self._is_html else r"\\$", text, re.I)
        self._held = text[unclear.start() :] if unclear else ""
        return self._read(text[: unclear.start()] if unclear else text)

    def finish(self) -> str:
        held, self._held = self._held, ""
        return self._read(held)

    def _read(self, text: str) -> str:
        if self._is_html:
            return re.sub(r"<br\s*/?>[ \t]*(?:\r?\n)?", "\n", text, flags=re.I)
        letters = {"\\n": "\n", "\\t": "\t", "\\r": "", '\\"': '"', "\\\\": "\\"}
        return re.sub(r"\\[ntr\"\\]", lambda found: letters[found[0]], text)


def read_json(text: str) -> str | None:
    """Return the letter in a JSON object; None if there is none."""
    try:
        value, end = json.JSONDecoder(strict=False).raw_decode(text.strip())
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    texts = {str(key).lower(): item for key, item in value.items() if isinstance(item, str)}
    found = next((texts[key] for key in _JSON_KEYS if texts.get(key, "").strip()), "")
    if not found and len(texts) == 1:
        found = next(iter(texts.values()))
    rest = text.strip()[end:].strip()
    found = found.replace("\x00", "").encode(errors="replace").decode()  # escapes of what can't be stored
    return f"{found}\n\n{rest}" if found and rest else found or None


def in_fence(read: Callable[[str], str | None]) -> Callable[[str], str | None]:
    """Return a reader of a text in a code fence."""

    def read_inside(text: str) -> str | None:
        lines = text.strip().splitlines(keepends=True)
        end = next((place for place, line in enumerate(lines[1:], 1) if line.strip() in FENCES), len(lines))
        found = read("".join(lines[1:end]))
        rest = "".join(lines[end + 1 :])
        return None if found is None else f"{found}\n\n{rest}" if rest.strip() else found

    return read_inside


def read_fenced(text: str) -> str | None:
    """Return the letter if the fence stands around all of it; None if a part of the letter follows."""
    lines = text.strip().splitlines(keepends=True)
    end = next((place for place, line in enumerate(lines[1:], 1) if line.strip() in FENCES), None)
    if end is None:
        return "".join(lines[1:])
    rest = [line for line in lines[end + 1 :] if line.strip()]
    if all(
        talk.is_talk_after(line, is_signed=True)
        or talk.assumption_label(line) is not None
        or talk.is_item(line)
        for line in rest
    ):
        return "".join(lines[1:end]) + "\n" + "".join(lines[end + 1 :])
    return None
