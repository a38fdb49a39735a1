"""The findings of the checks, shown below a draft before it is accepted, and their place in the text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from assistant_app.operations.drafts.report import Cut, Report
from assistant_app.workflow.checks.findings import Finding, Given
from assistant_app.workflow.checks.languages import NAMES as LANGUAGES

WHERE = {
    "instructions": "Your instructions",
    "answer": "Your answer to question",
    "feedback": "Your feedback",
    "email": "The email’s question",
}
NUMBERED = ("answer", "email")
OTHERWISE = ("contradiction", "talk")  # kinds with a sentence of their own
NAMES: dict[Cut, str] = {
    "draft": "this draft",
    "email": "the email",
    "own": "what you wrote",
    "edits": "what you changed by hand",
}
MOST_SHOWN = 50  # findings of one kind
Marked = list[tuple[str, str]]  # pieces of the text, each with the kind of its mark


@dataclass(frozen=True)
class WorthALook:
    report: Report

    @cached_property
    def unsupported(self) -> list[str]:
        return _texts(self._of_kind(None))[:MOST_SHOWN]

    @cached_property
    def contradicting(self) -> list[str]:
        return _texts(self._of_kind("contradiction"))[:MOST_SHOWN]

    @cached_property
    def talk(self) -> list[str]:
        """Lines in which the model speaks about the draft."""
        return _texts(self._of_kind("talk"))[:MOST_SHOWN]

    def _of_kind(self, kind: str | None) -> list[Finding]:
        """Return the passages of one kind; None is every kind that has no sentence of its own."""
        found = self.report.checks.unsupported
        return [each for each in found if (each.kind if each.kind in OTHERWISE else None) == kind]

    @cached_property
    def placeholders(self) -> list[str]:
        return _texts(self.report.checks.placeholders)[:MOST_SHOWN]

    @property
    def lost(self) -> list[str]:
        return self.report.lost[:MOST_SHOWN]

    @property
    def more(self) -> int:
        """How many findings are not listed. Those in the draft are marked there."""
        checks = self.report.checks
        of_kinds = [_texts(self._of_kind(kind)) for kind in (None, *OTHERWISE)]
        found = (*of_kinds, _texts(checks.placeholders), self.report.lost)
        return sum(max(0, len(texts) - MOST_SHOWN) for texts in found)

    @property
    def cut(self) -> list[str]:
        """What was too long to be checked to its end."""
        return [NAMES[name] for name in self.report.cut]

    @property
    def is_clear(self) -> bool:
        """Return whether everything was read, and nothing is missing, open or from nowhere."""
        checks = self.report.checks
        found = checks.unsupported or self.placeholders or self.lost or checks.missing
        return not (found or self.cut or self.unread)

    @property
    def compared(self) -> str:
        """What was compared. Links that only the email has don't count as right."""
        if self.report.checks.brought_in:
            return "Dates, amounts and names match the email and what you wrote."
        return "Dates, amounts, names and links match the email and what you wrote."

    @property
    def missing(self) -> list[tuple[str, Given]]:
        """The owner's texts with facts that the draft lacks."""
        given = [given for given in self.report.checks.given if given.missing]
        return [(_where(each), each) for each in given[:MOST_SHOWN]]

    @property
    def derived(self) -> list[str]:
        return _texts(self.report.checks.derived)[:MOST_SHOWN]

    @property
    def unread(self) -> str:
        """The name of the draft's language, if the checks don't read it."""
        checks = self.report.checks
        return "" if checks.is_read else LANGUAGES.get(checks.language or "", "another language")

    @cached_property
    def pieces(self) -> Marked:
        """The text in pieces, some with a mark. Joined again, they are exactly the same text."""
        return marked(self.report.text, [*self.report.checks.findings, *self.report.changed])


def marked(text: str, findings: Iterable[Finding]) -> Marked:
    """Split a text at findings. Of overlapping findings, the first one is marked."""
    pieces: Marked = []
    position = 0
    for found in sorted(findings, key=lambda found: found.start):
        if position <= found.start < found.end <= len(text):
            pieces += [(text[position : found.start], ""), (text[found.start : found.end], found.kind)]
            position = found.end
    pieces.append((text[position:], ""))
    return pieces


def _texts(findings: Iterable[Finding]) -> list[str]:
    return list(dict.fromkeys(found.text for found in findings))


def _where(given: Given) -> str:
    return WHERE[given.source] + (f" {given.number}" if given.source in NUMBERED else "")
