"""The findings of the checks, in order of harm, and their place in the text of the draft."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

from django.utils.translation import gettext

from assistant_app.operations.drafts.report import Cut, Report
from assistant_app.phrases import Phrase, gettext_noop
from assistant_app.templatetags.letters import Piece
from assistant_app.translation import translated
from assistant_app.workflow.checks.findings import Finding
from assistant_app.workflow.checks.languages import NAMES as LANGUAGES

WHERE = {
    "instructions": gettext_noop("instructions"),
    "answer": gettext_noop("answer to question %(number)s"),
    "feedback": gettext_noop("feedback"),
}
OTHERWISE = ("contradiction", "talk")  # kinds of findings with a sentence of their own
NAMES: dict[Cut, str] = {
    "draft": gettext_noop("this draft"),
    "email": gettext_noop("the email"),
    "own": gettext_noop("what you wrote"),
    "edits": gettext_noop("what you changed by hand"),
}
MOST_SHOWN = 50  # findings of one kind


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to check."""

    kind: str  # contradiction, missing, unanswered, placeholder, lost, talk, unsupported, link or cut
    text: str
    where: str = ""  # what it was given in
    number: int = 0  # its place in the list, from 1
    is_marked: bool = False  # a place in the draft leads to it


@dataclass(frozen=True)
class WorthALook:
    report: Report

    @cached_property
    def items(self) -> list[Item]:
        """What to check, in order of harm."""
        marked = {number for _, number in self._places}
        return [replace(item, is_marked=item.number in marked) for item in self._listed]

    @cached_property
    def _listed(self) -> list[Item]:
        checks = self.report.checks
        found = [
            *(("contradiction", text, "") for text in self._texts_of("contradiction")[:MOST_SHOWN]),
            *(("missing", text, where) for text, where in self._missing[:MOST_SHOWN]),
            *(("unanswered", text, "") for text in self._unanswered[:MOST_SHOWN]),
            *(("placeholder", text, "") for text in _texts(checks.placeholders)[:MOST_SHOWN]),
            *(("lost", text, "") for text in self.report.lost[:MOST_SHOWN]),
            *(("talk", text, "") for text in self._texts_of("talk")[:MOST_SHOWN]),
            *(("unsupported", text, "") for text in self._texts_of("unsupported")[:MOST_SHOWN]),
            *(("link", text, "") for text in checks.links),
            *(("cut", translated(NAMES[name]), "") for name in self.report.cut),
        ]
        return [Item(*item, number=number) for number, item in enumerate(found, start=1)]

    def _texts_of(self, kind: str) -> list[str]:
        return _texts(found for found in self.report.checks.unsupported if _kind(found) == kind)

    @property
    def _unanswered(self) -> list[str]:
        """Questions of the email that the draft does not answer."""
        given = (each for each in self.report.checks.given if each.source == "email" and each.missing)
        return list(dict.fromkeys(each.text.partition(". ")[2] for each in given))

    @property
    def _missing(self) -> list[tuple[str, str]]:
        """Facts that the owner gave and the draft lacks, each with where it was given first."""
        found: dict[str, str] = {}
        for given in self.report.checks.given:
            for text in given.missing if given.source in WHERE else ():
                where = Phrase(WHERE[given.source], {"number": given.number})
                found.setdefault(text, translated(where))
        return list(found.items())

    @property
    def worst(self) -> Item | None:
        return self.items[0] if self.items else None

    @property
    def more(self) -> int:
        """How many findings are not listed. Those in the draft are marked there."""
        checks = self.report.checks
        of_kinds = [self._texts_of(kind) for kind in (*OTHERWISE, "unsupported")]
        missing = [text for text, _ in self._missing]
        found = [*of_kinds, missing, self._unanswered, _texts(checks.placeholders), self.report.lost]
        return sum(max(0, len(texts) - MOST_SHOWN) for texts in found)

    @property
    def is_clear(self) -> bool:
        """Return whether everything was read, and nothing is missing, open or from nowhere."""
        return not (self.items or self.unread)

    @property
    def compared(self) -> str:
        """What was compared. Links that only the email has don't count as right."""
        if self.report.checks.brought_in:
            return gettext("Dates, amounts and names match the email and what you wrote.")
        return gettext("Dates, amounts, names and links match the email and what you wrote.")

    @property
    def derived(self) -> list[str]:
        return _texts(self.report.checks.derived)[:MOST_SHOWN]

    @property
    def brought_in(self) -> list[str]:
        """The addresses and the like that only the email has, without the links, which are listed."""
        checks = self.report.checks
        return [text for text in checks.brought_in if text not in checks.links]

    @property
    def unread(self) -> str:
        """The name of the draft's language, if the checks don't read it."""
        checks = self.report.checks
        if checks.is_read:
            return ""
        known = LANGUAGES.get(checks.language or "")
        return translated(known) if known else gettext("this language")

    @cached_property
    def _places(self) -> list[tuple[Finding, int]]:
        """The places in the text, each with the number of its item, or -1 if that is not listed.

        Of overlapping places, the first one counts.
        """
        checks = self.report.checks
        numbers = {(item.kind, item.text): item.number for item in self._listed}
        first_lost = next((item.number for item in self._listed if item.kind == "lost"), -1)
        found = [
            *((each, numbers.get(("placeholder", each.text), -1)) for each in checks.placeholders),
            *((each, numbers.get((_kind(each), each.text), -1)) for each in checks.unsupported),
            *((each, first_lost) for each in self.report.changed),
        ]
        position, kept = 0, []
        for finding, number in sorted(found, key=lambda place: place[0].start):
            if position <= finding.start < finding.end <= len(self.report.text):
                kept.append((finding, number))
                position = finding.end
        return kept

    @cached_property
    def pieces(self) -> list[Piece]:
        """The text in pieces, some of an item. Joined again, they are exactly the same text."""
        text, position = self.report.text, 0
        pieces: list[Piece] = []
        seen: set[int] = set()
        for found, number in self._places:
            pieces.append(Piece(text[position : found.start]))
            pieces.append(Piece(text[found.start : found.end], number, number not in seen))
            seen.add(number)
            position = found.end
        pieces.append(Piece(text[position:]))
        return pieces


def _kind(finding: Finding) -> str:
    return finding.kind if finding.kind in OTHERWISE else "unsupported"


def _texts(findings: Iterable[Finding]) -> list[str]:
    return list(dict.fromkeys(found.text for found in findings))
