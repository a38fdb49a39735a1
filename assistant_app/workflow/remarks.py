"""What a model writes around its letter: assumptions, and talk."""

from __future__ import annotations

import re

from assistant_app.workflow import drafting_talk as talk


class Remarks:
    """What a model said around its letter: assumptions, and talk."""

    def __init__(self, text: str) -> None:
        self.assumptions: list[str] = []
        self.said = ""
        self.add(text)

    def join(self, other: Remarks) -> None:
        self.assumptions += other.assumptions
        self.said = paragraphs(self.said, other.said)

    def add(self, text: str, *, has_lists: bool = True) -> None:
        """Read a text. With `has_lists`, a list is one of assumptions, unless its heading says otherwise."""
        kept: list[str] = []
        is_list, is_assumed, has_items = has_lists, False, False
        for line in talk.without_markers(text).splitlines(keepends=True):
            bare = line.strip()
            if talk.is_markup(line):
                continue
            if not bare:
                is_assumed = is_assumed and not has_items
                kept.append(line)
            elif (said := talk.assumption_label(line)) is not None:
                is_list, is_assumed, has_items = True, True, False
                self._assume(said)
            elif talk.is_item(line) and is_list:
                if kept and kept[-1].strip().endswith((":", "：", ":**")):
                    kept.pop()  # the heading of the list
                is_assumed, has_items = True, True
                self._assume(line)
            elif is_assumed and not has_items and not talk.is_talk_after(line, is_signed=True):
                self._assume(line)
            else:
                is_assumed = False
                if not talk.is_item(line):
                    is_list = has_lists and not talk.is_talk_after(line, is_signed=True)
                kept.append(line)
        self.said = paragraphs(self.said, "".join(kept))

    def _assume(self, line: str) -> None:
        if text := talk.as_assumption(line):
            self.assumptions.append(text)


def paragraphs(*texts: str) -> str:
    """Join texts with a blank line; leave out empty ones."""
    return "\n\n".join(text for each in texts if (text := re.sub(r"\n{3,}", "\n\n", each).strip()))
