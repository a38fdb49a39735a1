"""Removes everything but the draft from a model's reply, while the reply is streamed.

Text that was passed on cannot be taken back, so hold back everything that may not belong to the draft: the
start, until it is clear that it is no preamble; white space, until more text follows; and any line that may
be the heading of the assumptions.
"""

from __future__ import annotations

import re

from assistant_app.errors import ModelFailed

_THINK, _THINK_END = "<think>", "</think>"
_HEAD_ENOUGH = 12  # characters needed to tell a greeting from a preamble
_HEAD_LIMIT = 300  # characters; a preamble is never longer
_TALK = r"(?:sure|certainly|of course|absolutely|okay|ok|great|understood|no problem)"
_NOUN = r"(?:draft|reply|response|e-?mail|message|version|rewrite)"
_INTRODUCTION = rf"(?:here(?:['’]s| is| are)|below is|this is)\b[^\n]{{0,120}}?\b{_NOUN}\b[^\n]{{0,100}}:"
_LABEL = rf"(?:(?:revised|final|improved|updated|new) )?{_NOUN}:"
# Lines before a draft. "Sure!" alone counts only before another such line, as letters contain it, too.
_PREAMBLE = re.compile(
    rf"\s*(?:(?:{_TALK}\b[^\n:]{{0,60}}?\s+)?\**{_INTRODUCTION}\**[ \t]*\n"
    rf"|{_TALK}\b[^\n]{{0,120}}\b{_NOUN}\b[^\n]{{0,60}}:[ \t]*\n"
    rf"|\**{_LABEL}\**[ \t]*\n|\**subject(?: line)?:[^\n]*\n|(?:-{{3,}}|\*{{3,}})[ \t]*\n)",
    re.IGNORECASE,
)
_SUSPECT = re.compile(
    rf"[`\"“*<-]|(?:{_TALK}|here|below|this is|subject|revised|final|improved|updated|new|{_NOUN})\b",
    re.IGNORECASE,
)
_FENCE = re.compile(r"\s*```\w*[ \t]*\n")
_QUOTED_GREETING = re.compile(r"\s*[\"“](?=(?:dear|hi|hello|hey|good|thank|thanks)\b)", re.IGNORECASE)
_CLOSING_MARKS = '"”'
_DECORATION = r"[ \t#*_>]*"
# The heading of the assumptions, which models like to decorate.
_ASSUMPTIONS = re.compile(rf"{_DECORATION}ASSUMPTIONS[*_]*:[*_]*")
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
# A beginning of that heading, or a line that may come before it: a rule or a blank line.
_BEFORE_ASSUMPTIONS = re.compile(
    rf"{_DECORATION}(?:A(?:S(?:S(?:U(?:M(?:P(?:T(?:I(?:O(?:N(?:S[*_]*)?)?)?)?)?)?)?)?)?)?)?|[-=*_ \t]*\r?\n?"
)
_MOST_ASSUMPTIONS = 10
_MOST_HELD = 1_000  # characters of rules and blank lines to hold back; a model in a loop writes more
_ITEM = re.compile(r"^(?:[-*•–]|\(?\d{1,2}[.)])\s+")
# Possessive quantifiers, or a rule of a thousand dashes would cause quadratic backtracking.
_NO_ASSUMPTION = re.compile(r"\W*+(?:none|nothing|n/a|no assumptions?)?+\W*+", re.IGNORECASE)


class DraftCleaner:
    """Takes the pieces of a reply; the joined return values are the draft.

    With `states_assumptions`, the reply may end with a list of assumptions, which is not part of the draft.
    After `finish`, `assumptions` holds them.
    """

    def __init__(self, *, states_assumptions: bool = False) -> None:
        self._ending = _Ending() if states_assumptions else None
        self._head = ""  # held back: may be a preamble
        self._tail = ""  # held back: may be the end
        self._in_head = True
        self._thinking = False
        self._ends_with = ""  # closing marks to remove: a fence, quotation marks
        self._has_text = False

    def feed(self, chunk: str) -> str:
        """Return the text that certainly belongs to the draft."""
        if self._in_head:
            self._head += chunk
            chunk = self._leave_head(is_all=False)
        return self._let_out(self._ending.feed(chunk) if self._ending else chunk)

    @property
    def assumptions(self) -> list[str]:
        return self._ending.assumptions if self._ending else []

    def finish(self) -> str:
        """Return the rest of the draft. Raise `ModelFailed` if the draft is empty."""
        last = self._leave_head(is_all=True) if self._in_head else ""
        text = self._let_out(self._ending.feed(last) + self._ending.finish() if self._ending else last)
        rest = self._tail.rstrip()
        if "`" in self._ends_with:
            rest = rest.removesuffix("```").rstrip()
        if _CLOSING_MARKS in self._ends_with:
            rest = rest.rstrip(_CLOSING_MARKS).rstrip()
        self._tail = ""
        if not self._has_text and not rest:
            raise ModelFailed("The model gave an empty answer.")
        return text + rest

    def _leave_head(self, *, is_all: bool) -> str:
        """Return the start of the draft without a preamble; empty while that is unclear."""
        if not self._is_past_thinking():
            return ""
        self._head = self._without_preamble(self._head + "\n" if is_all else self._head)
        if not is_all and _is_unclear(self._head):
            return ""
        self._in_head = False
        if found := _QUOTED_GREETING.match(self._head):
            self._ends_with += _CLOSING_MARKS
            return self._head[found.end() :]
        return self._head

    def _is_past_thinking(self) -> bool:
        """Drop a reasoning block at the start; return whether it is over."""
        head = self._head.lstrip()
        if not self._thinking and head.startswith(_THINK):
            self._thinking = True
        if self._thinking:
            _, end, rest = head.partition(_THINK_END)
            # Reasoning may be very long, so keep only enough to find its end mark.
            self._head = rest if end else head[-len(_THINK_END) :]
            self._thinking = not end
        return not self._thinking

    def _without_preamble(self, head: str) -> str:
        while True:
            if found := _FENCE.match(head):
                self._ends_with += "`"
            elif not (found := _PREAMBLE.match(head)):
                return head.lstrip()
            head = head[found.end() :]

    def _let_out(self, text: str) -> str:
        text = self._tail + text
        if not self._has_text:
            text = text.lstrip()
        kept = text.rstrip(" \t\r\n\f\v\u00a0\u2003" + self._ends_with)
        self._tail = text[len(kept) :]
        self._has_text = self._has_text or bool(kept)
        return kept


class _Ending:
    """Splits off the assumptions after the draft, with the rule or blank lines between them."""

    def __init__(self) -> None:
        self._held = ""  # held back: may be the heading, or lines before it
        self._is_line_start = True  # whether `_held` starts at the start of a line
        self._block: str | None = None  # the text of the assumptions, once the heading was found

    @property
    def assumptions(self) -> list[str]:
        lines = [_ITEM.sub("", line.strip()).strip() for line in (self._block or "").splitlines()]
        return [line for line in lines if not _NO_ASSUMPTION.fullmatch(line)][:_MOST_ASSUMPTIONS]

    def feed(self, text: str) -> str:
        """Return the text that certainly belongs to the draft."""
        if self._block is not None:
            self._block += text
            return ""
        self._held += text
        sure = position = 0
        for line in _LINE.findall(self._held):
            is_own_line = position > 0 or self._is_line_start
            if is_own_line and (found := _ASSUMPTIONS.match(line)):
                self._block = self._held[position + found.end() :]
                return self._let_go(sure, "")
            position += len(line)
            if not (is_own_line and _BEFORE_ASSUMPTIONS.fullmatch(line)):
                sure = position
        if len(self._held) - sure > _MOST_HELD:
            sure = len(self._held)
        return self._let_go(sure, self._held[sure:])

    def _let_go(self, sure: int, held: str) -> str:
        out, self._held = self._held[:sure], held
        if out:
            self._is_line_start = out.endswith("\n")
        return out

    def finish(self) -> str:
        """Return the rest of the draft."""
        rest, self._held = self._held, ""
        return rest


def _is_unclear(head: str) -> bool:
    """Return whether the head may still be a preamble. A second line of text rules that out."""
    if len(head) > _HEAD_LIMIT or "\n" in head.rstrip():
        return False
    return len(head) < _HEAD_ENOUGH or bool(_SUSPECT.match(head))
