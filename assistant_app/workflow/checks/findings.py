"""Rule-based checks of a draft: facts that no source supports, and placeholders.

Rules see only the words. A draft without findings may still be wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from threading import Lock
from typing import Literal

from cachetools import LRUCache, cached

from assistant_app.workflow.checks.facts import Fact, Value, blanked, facts
from assistant_app.workflow.checks.names import are_among, names, words_of
from assistant_app.workflow.checks.placeholders import placeholders

# Words that ask to leave something out. Its facts are then not missing from the draft.
LEFT_OUT = re.compile(
    r"\b(?:not|don['’]t|do not|never|without|leave out|take out|remove|drop|delete|instead of|no longer|avoid"
    r"|nicht|kein\w*|ohne|weglassen|streich\w*|statt"
    r"|pas|sans|jamais|enlev\w*|retir\w*|supprim\w*|au lieu)\b",
    re.IGNORECASE,
)
BARE = re.compile(r"\s*(?:$|[\n.,;!?)])")  # after a number without a unit
READINGS_KEPT = 20_000_000  # bytes of cache in each process
SENTENCE = re.compile(r".+?(?:[.!?…](?=\s)|\n|$)", re.DOTALL)

Source = Literal["instructions", "answer", "feedback"]


@dataclass(frozen=True, slots=True)
class Finding:
    """A passage of the draft that the owner should check, from character `start` to `end`."""

    kind: str  # date, time, amount, number, address, link, name, placeholder
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Given:
    """A text by the owner, with its facts that are present in the draft or missing."""

    source: Source
    number: int  # of the answer or feedback, from 1
    text: str
    present: tuple[str, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Checks:
    unsupported: tuple[Finding, ...]
    placeholders: tuple[Finding, ...]
    given: tuple[Given, ...]

    @property
    def findings(self) -> list[Finding]:
        return sorted([*self.unsupported, *self.placeholders], key=lambda finding: finding.start)

    @property
    def facts_given(self) -> int:
        return sum(len(given.present) + len(given.missing) for given in self.given)

    @property
    def facts_in(self) -> int:
        return sum(len(given.present) for given in self.given)


def check(
    draft: str,
    *,
    email: str,
    instructions: str = "",
    answers: Sequence[str] = (),
    feedback: Sequence[str] = (),
    by_hand: Sequence[str] = (),
    known: str = "",
) -> Checks:
    """Return the findings in a draft.

    All other texts are sources. `by_hand` holds what the owner wrote into drafts; `known` the owner's name.
    """
    pieces: list[tuple[Source, int, Reading]] = [("instructions", 1, reading_of(instructions))]
    pieces += [("answer", number, reading_of(text)) for number, text in enumerate(answers, start=1)]
    pieces += [("feedback", number, reading_of(text)) for number, text in enumerate(feedback, start=1)]
    by_person = [reading for _, _, reading in pieces]
    known_facts = Backing()
    known_facts.add(kept_reading_of(email))
    for reading in [*by_person, *map(reading_of, by_hand)]:
        known_facts.add(reading, is_of_person=True)
    known_facts.add(reading_of(known))
    sources = "\n".join([email, *(reading.text for reading in by_person)])
    to_fill_in = _placeholders(draft, sources)
    plain = blanked(draft, [(found.start, found.end) for found in to_fill_in])
    own = reading_of(plain)
    unsupported = [
        *(fact for fact in own.facts if not fact.is_vague and not known_facts.back(fact)),
        *(name for name in names_in(own) if not known_facts.know(name.text)),
    ]
    return Checks(
        unsupported=tuple(_findings(draft, unsupported)),
        placeholders=tuple(to_fill_in),
        given=tuple(_given(own, pieces)),
    )


def facts_of(text: str) -> list[Finding]:
    """Return all facts and names of a text that need a source, in order. Cached: see `kept_reading_of`."""
    reading = kept_reading_of(text)
    own = (fact for fact in reading.facts if not fact.is_vague)
    return list(_findings(text, [*own, *names_in(reading)]))


def _findings(text: str, facts: Iterable[Fact]) -> Iterable[Finding]:
    """Yield the facts of a text in order; join adjacent names, as of a first and a last name."""
    before: Finding | None = None
    for fact in sorted(facts, key=lambda fact: fact.start):
        found = Finding(fact.kind, fact.start, fact.end, fact.text)
        if before and before.kind == found.kind == "name" and text[before.end : found.start] == " ":
            found = Finding("name", before.start, found.end, text[before.start : found.end])
        elif before:
            yield before
        before = found
    if before:
        yield before


def _placeholders(draft: str, sources: str) -> list[Finding]:
    return [
        Finding("placeholder", start, start + len(text), text)
        for start, text in placeholders(draft)
        if text not in sources or text.startswith(("__", "X", "x"))
    ]


# --- Sources ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reading:
    """A text with its facts and words."""

    text: str
    facts: tuple[Fact, ...]
    words: frozenset[str]


def reading_of(text: str) -> Reading:
    return Reading(text, tuple(facts(text)), frozenset(words_of(text)))


def names_in(reading: Reading) -> list[Fact]:
    """Return the names of a text, outside its other facts."""
    return names(blanked(reading.text, [(fact.start, fact.end) for fact in reading.facts]))


def _bytes_of(reading: Reading) -> int:
    """Return a rough memory size."""
    return 2 * len(reading.text) + 500 * len(reading.facts) + 100 * len(reading.words)


@cached(LRUCache(maxsize=READINGS_KEPT, getsizeof=_bytes_of), lock=Lock())
def kept_reading_of(text: str) -> Reading:
    """Return the cached reading of a text that every page view needs: an email, an edited draft.

    Reading 100,000 characters takes 0.1 to 0.2 s.
    """
    return reading_of(text)


@dataclass
class Backing:
    """The facts and words of all sources of a draft."""

    numbers: dict[float, set[object]] = field(default_factory=dict)  # each number with its units
    bare: set[float] = field(default_factory=set)  # written by the owner without a unit
    dates: set[Value] = field(default_factory=set)
    others: set[Value] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)
    words: set[str] = field(default_factory=set)

    def add(self, reading: Reading, is_of_person: bool = False) -> None:
        self.words |= reading.words
        for fact in reading.facts:
            is_bare = is_of_person and not fact.is_vague and BARE.match(reading.text, fact.end) is not None
            for value in fact.values:
                self._add(value, is_bare)

    def _add(self, value: Value, is_bare: bool) -> None:
        match value:
            case ("number", float(number), unit):
                self.numbers.setdefault(number, set()).add(unit)
                if unit is None and is_bare:
                    self.bare.add(number)
            case ("date", year, month, day):
                self.dates.add(value)
                if isinstance(year, int):
                    self.numbers.setdefault(float(year), set()).add(None)
                    self.others |= {("weekday", weekday) for weekday in _weekday(year, month, day)}
            case ("text", str(text)):
                self.texts.add(text)
            case _:
                self.others.add(value)

    def back(self, fact: Fact) -> bool:
        """Return whether a source has one of the fact's values."""
        return any(self._backs(value) for value in fact.values)

    def know(self, name: str) -> bool:
        return are_among(name, self.words)

    def _backs(self, value: Value) -> bool:
        match value:
            case ("number", float(number), unit):
                units = self.numbers.get(number, set())
                return bool(units) if unit is None else unit in units or number in self.bare
            case ("date", year, month, day):
                return any(_agree((year, month, day), known[1:]) for known in self.dates) or self._is_joined(
                    value
                )
            case ("text", str(text)):
                return any(
                    known == text or known.startswith((f"{text}/", f"{text}?")) for known in self.texts
                )
        return value in self.others

    def _is_joined(self, value: Value) -> bool:
        """Return whether the sources have the day ("the 4th") and the month in separate places."""
        _, year, month, day = value
        if day is None or month is None:
            return False
        return ("date", None, None, day) in self.dates and any(
            known[2] == month and year in (None, known[1]) for known in self.dates
        )


def _agree(written: Value, known: Value) -> bool:
    """Return whether a date is consistent with a known one. Either may omit the year."""
    year, month, day = written
    known_year, known_month, known_day = known
    return (
        (year is None or known_year is None or year == known_year)
        and (month is None or month == known_month)
        and (day is None or day == known_day)
    )


def _weekday(year: int, month: object, day: object) -> Iterable[int]:
    try:
        return [date(year, month, day).weekday()]  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return []


# --- The owner's requests -------------------------------------------------------------------------------


def _given(draft: Reading, pieces: Iterable[tuple[Source, int, Reading]]) -> Iterable[Given]:
    in_draft = Backing()
    in_draft.add(draft, is_of_person=True)
    for source, number, reading in pieces:
        if reading.text.strip():
            present, missing = _looked_up(reading, in_draft)
            yield Given(source, number, reading.text, present, missing)


def _looked_up(reading: Reading, in_draft: Backing) -> tuple[tuple[str, ...], tuple[str, ...]]:
    found: dict[str, bool] = {}
    for fact in _wanted(reading):
        is_in = in_draft.know(fact.text) if fact.kind == "name" else in_draft.back(fact)
        found.setdefault(fact.text, is_in)
    present = tuple(text for text, is_in in found.items() if is_in)
    return present, tuple(text for text, is_in in found.items() if not is_in)


def _wanted(reading: Reading) -> list[Fact]:
    """Return the facts of all sentences that do not ask to leave something out."""
    out = [match.span() for match in SENTENCE.finditer(reading.text) if LEFT_OUT.search(match[0])]
    return sorted(
        (
            fact
            for fact in [*reading.facts, *names_in(reading)]
            if not fact.is_vague and not any(start <= fact.start < end for start, end in out)
        ),
        key=lambda fact: fact.start,
    )
