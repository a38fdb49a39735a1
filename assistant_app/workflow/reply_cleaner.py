"""Finds the letter in a model's reply, while the reply is streamed.

The model is asked to put the letter between `<reply>` and `</reply>`. Some don't, and some talk about the
draft inside or outside. So the letter is also cleaned: talk at both ends, wrappers and Markdown.
"""

from __future__ import annotations

from assistant_app.errors import ModelFailed
from assistant_app.phrases import gettext_noop
from assistant_app.workflow import drafting_talk as talk
from assistant_app.workflow.letter import CLOSING, OPENING, Letter
from assistant_app.workflow.remarks import Remarks, paragraphs

MARKER_WITHIN = 300  # characters in which the opening marker has to begin
_THINK, _THINK_END = "<think>", "</think>"
_MOST_ASSUMPTIONS = 10


class DraftCleaner:
    """Takes the pieces of a reply; the joined return values are the letter.

    After `finish`, `assumptions` holds the model's assumptions, and `left_out` what else it said, as
    `{"where": "before" or "after", "text": …}`. `waits_for_marker` holds everything back until the opening
    marker, or until it is too late for one. Without `states_assumptions`, a list of assumptions is a part of
    the letter.
    """

    def __init__(self, *, states_assumptions: bool = True, waits_for_marker: bool = True) -> None:
        self._waits = waits_for_marker
        self._letter = Letter(states_assumptions=states_assumptions)
        self._head: str | None = ""  # held back until the marker; None once it was found or given up
        self._thinking = False
        self._before = ""  # the text before the opening marker
        self._has_text = False
        self.assumptions: list[str] = []
        self.left_out: list[dict[str, str]] = []

    def feed(self, chunk: str) -> str:
        """Return the text that certainly belongs to the letter."""
        if self._head is not None:
            self._head += chunk
            chunk = self._leave_head(is_all=False)
        return self._let_out(self._letter.feed(chunk)) if chunk else ""

    def finish(self) -> str:
        """Return the rest of the letter. Raise `ModelFailed` if the letter is empty."""
        text = self._letter.feed(self._leave_head(is_all=True)) if self._head is not None else ""
        text = self._let_out(text + self._letter.finish())
        if not self._has_text:
            raise ModelFailed(gettext_noop("The model gave an empty answer."))
        before, after = Remarks(self._before), self._letter.after
        self.assumptions = [*before.assumptions, *self._letter.before.assumptions, *after.assumptions]
        self.assumptions = list(dict.fromkeys(self.assumptions))[:_MOST_ASSUMPTIONS]
        said = paragraphs(before.said, self._letter.before.said)
        self.left_out = [
            {"where": where, "text": text}
            for where, text in (("before", said), ("after", after.said))
            if text
        ]
        return text

    def _let_out(self, text: str) -> str:
        self._has_text = self._has_text or bool(text.strip())
        return text

    def _leave_head(self, *, is_all: bool) -> str:
        """Return the text from the letter's beginning on; empty while that is unclear."""
        if not self._is_past_thinking():
            return ""
        head = (self._head or "").lstrip("\ufeff \t\r\n") if self._waits else self._head or ""
        if self._waits and (start := _opening_in(head, is_all=is_all)) is not None:
            if start < 0:
                return ""
            self._before, head = head[:start], head[start + len(OPENING) :]
        elif self._waits:
            head = (self._head or "").lstrip("\ufeff\r\n")
        self._head = None
        return head

    def _is_past_thinking(self) -> bool:
        """Drop a reasoning block at the start; return whether it is over."""
        head = (self._head or "").lstrip()
        if not self._thinking and head.startswith(_THINK):
            self._thinking = True
        if self._thinking:
            _, end, rest = head.partition(_THINK_END)
            # Reasoning may be very long, so keep only enough to find its end mark.
            self._head = rest if end else head[-len(_THINK_END) :]
            self._thinking = not end
            return not self._thinking and self._is_past_thinking()
        return not _THINK.startswith(head[: len(_THINK)]) or not head


def _opening_in(head: str, *, is_all: bool) -> int | None:
    """Return where the opening marker begins, -1 while that is unclear, None if there is none.

    A model that announces its markers in a sentence ("between <reply> and </reply>") has not begun.
    """
    is_complete = is_all or len(head) >= MARKER_WITHIN + len(OPENING)
    window = head[: MARKER_WITHIN + len(OPENING)]
    lower, start = window.lower(), -1
    while (start := lower.find(OPENING, start + 1)) >= 0:
        is_at_line_start = not window[:start].rpartition("\n")[2].strip(" *_`")
        if is_at_line_start:
            return start
        line, end, _ = lower[start:].partition("\n")
        if not end and not is_complete:
            is_begun = talk.is_greeting_so_far(window[start + len(OPENING) :].lstrip())
            return start if is_begun else -1
        _, closed, rest = line.partition(CLOSING)
        if not (closed and rest.strip(" *_`.")):
            return start
    return None if is_complete else -1
