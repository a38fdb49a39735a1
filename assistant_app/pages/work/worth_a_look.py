"""The findings of the checks, shown below a draft before it is accepted, and their place in the text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from assistant_app.operations.draft_report import Report
from assistant_app.workflow.checks.findings import Finding, Given

WHERE = {
    "instructions": "Your instructions",
    "answer": "Your answer to question",
    "feedback": "Your feedback",
}
Marked = list[list[tuple[str, str]]]  # paragraphs of pieces of text, each with the kind of its mark


@dataclass(frozen=True)
class WorthALook:
    report: Report

    @property
    def unsupported(self) -> list[str]:
        return list(dict.fromkeys(found.text for found in self.report.checks.unsupported))

    @property
    def placeholders(self) -> list[str]:
        return list(dict.fromkeys(found.text for found in self.report.checks.placeholders))

    @property
    def lost(self) -> list[str]:
        return self.report.lost

    @property
    def is_clear(self) -> bool:
        return not (self.unsupported or self.placeholders or self.lost)

    @property
    def given(self) -> list[tuple[str, Given]]:
        return [(_where(given), given) for given in self.report.checks.given]

    @cached_property
    def paragraphs(self) -> Marked:
        """The text in paragraphs with marks. Joined again, it is exactly the same text."""
        return marked(self.report.text, [*self.report.checks.findings, *self.report.changed])


def marked(text: str, findings: Iterable[Finding]) -> Marked:
    """Split a text at blank lines and findings. Of overlapping findings, the first one is marked."""
    pieces: list[tuple[str, str]] = []
    position = 0
    for found in sorted(findings, key=lambda found: found.start):
        if position <= found.start < found.end <= len(text):
            pieces += [(text[position : found.start], ""), (text[found.start : found.end], found.kind)]
            position = found.end
    pieces.append((text[position:], ""))
    paragraphs: Marked = [[]]
    for piece, kind in pieces:
        first, *others = piece.split("\n\n")
        paragraphs[-1].append((first, kind))
        paragraphs += [[(other, kind)] for other in others]
    return [[(piece, kind) for piece, kind in paragraph if piece] for paragraph in paragraphs]


def _where(given: Given) -> str:
    return WHERE[given.source] + (f" {given.number}" if given.source == "answer" else "")
