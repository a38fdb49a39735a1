"""Rule-based checks of a draft: facts that no source supports, and placeholders.

Rules see only the words. A draft without findings may still be wrong. Of very long texts only the beginning
is read, and the result names them (`Checks.cut`), so that a check takes a second at most, whatever is sent.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from itertools import islice, product
from typing import Literal

from assistant_app.workflow.checks.brought_in import brought_by
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
RULES_VERSION = 2  # raise it with every change of the rules: reports are remembered under it
# Characters that are read of the draft, of the email, and of all that the owner wrote. Ordinary ones of 2 KB
# are far below it.
MOST_READ = 30_000
PIECE = 4_000  # characters that are read at once
MOST_FACTS = 2_000  # of each of the three
MOST_PLACEHOLDERS = 200
SENTENCE = re.compile(r".+?(?:[.!?…](?=\s)|\n|$)", re.DOTALL)

Source = Literal["instructions", "answer", "feedback"]
Text = Literal["draft", "email", "own"]  # what may be too long to be read to its end


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
    brought_in: tuple[str, ...] = ()  # links and addresses that are in the email alone
    cut: tuple[Text, ...] = ()  # texts of which only the beginning was read

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
    of_email, of_owner, of_draft = Reader(), Reader(), Reader()
    pieces: list[tuple[Source, int, Reading]] = [("instructions", 1, of_owner.read(instructions))]
    pieces += [("answer", number, of_owner.read(text)) for number, text in enumerate(answers, start=1)]
    # The last one counts most, so it is read before there may be too much.
    latest = [("feedback", number, of_owner.read(text)) for number, text in _latest_first(feedback)]
    pieces += latest[::-1]  # type: ignore[arg-type]
    known_facts = Backing()
    known_facts.add(of_email.read(email))
    by_person = [reading for _, _, reading in pieces]
    for reading in [*by_person, *map(of_owner.read, by_hand)]:
        known_facts.add(reading, is_of_person=True)
    known_facts.add(reading_of(known))
    sources = "\n".join([email[:MOST_READ], *(reading.text for reading in by_person)])
    draft_read = draft[:MOST_READ]
    to_fill_in = _placeholders(draft_read, sources)
    own = of_draft.read(blanked(draft, [(found.start, found.end) for found in to_fill_in]))
    unsupported = [
        *(fact for fact in own.facts if not fact.is_vague and not known_facts.back(fact)),
        *(name for name in own.names if not known_facts.know(name.text)),
    ]
    cut: dict[Text, bool] = {
        "draft": of_draft.has_cut or len(to_fill_in) == MOST_PLACEHOLDERS,
        "email": of_email.has_cut,
        "own": of_owner.has_cut,
    }
    return Checks(
        unsupported=tuple(_findings(draft, unsupported)),
        placeholders=tuple(to_fill_in),
        given=tuple(_given(own, pieces)),
        brought_in=tuple(brought_by(email[:MOST_READ], own.facts, (reading.text for reading in by_person))),
        cut=tuple(name for name, is_cut in cut.items() if is_cut),
    )


def _latest_first(texts: Sequence[str]) -> list[tuple[int, str]]:
    return list(enumerate(texts, start=1))[::-1]


def facts_of(text: str) -> tuple[list[Finding], bool]:
    """Return all facts and names of a text that need a source, in order, and whether it was cut."""
    reader = Reader()
    reading = reader.read(text)
    own = (fact for fact in reading.facts if not fact.is_vague)
    return list(_findings(text, [*own, *reading.names])), reader.has_cut


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
    found = (
        Finding("placeholder", start, start + len(text), text)
        for start, text in placeholders(draft)
        if text.startswith(("__", "X", "x")) or text not in sources
    )
    return list(islice(found, MOST_PLACEHOLDERS))


# --- Sources ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reading:
    """A text with its facts and words."""

    text: str
    facts: tuple[Fact, ...]

    @cached_property
    def words(self) -> set[str]:
        return words_of(self.text)

    @cached_property
    def names(self) -> list[Fact]:
        """The names of the text, outside its other facts."""
        return names(blanked(self.text, [(fact.start, fact.end) for fact in self.facts]))


@dataclass
class Reader:
    """Reads texts until there are too many characters or facts. What is left then is not read."""

    left: int = MOST_READ
    facts_left: int = MOST_FACTS
    has_cut: bool = False

    def read(self, text: str) -> Reading:
        found: list[Fact] = []
        position = 0
        while position < len(text) and self.left > 0 and self.facts_left > 0:
            end = _end_of_piece(text, position, min(PIECE, self.left))
            read = facts(text[position:end])
            found += [fact.moved(position) for fact in read] if position else read
            self.left -= end - position
            self.facts_left -= len(read)
            position = end
        self.has_cut = self.has_cut or position < len(text)
        return Reading(text[:position], tuple(found))


def _end_of_piece(text: str, start: int, most: int) -> int:
    """Return where a piece of a long text may end: after a line, else after a word."""
    if len(text) - start <= most:
        return len(text)
    end = start + most
    for mark in ("\n", " "):
        if (place := text.rfind(mark, start + most // 2, end)) >= 0:
            return place + 1
    return end


def reading_of(text: str) -> Reading:
    return Reader().read(text)


@dataclass
class Backing:
    """The facts and words of all sources of a draft."""

    numbers: dict[float, set[object]] = field(default_factory=dict)  # each number with its units
    bare: set[float] = field(default_factory=set)  # written by the owner without a unit
    dates: set[Value] = field(default_factory=set)
    dates_by_parts: set[Value] = field(default_factory=set)  # see `_with_any_part`
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
                self.dates_by_parts |= _with_any_part((year, month, day))
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
                return self._has_date((year, month, day)) or self._is_joined(value)
            case ("text", str(text)):
                return text in self.texts or self._begins_one(f"{text}/") or self._begins_one(f"{text}?")
        return value in self.others

    def _has_date(self, written: Value) -> bool:
        """Return whether a date is consistent with a known one. Either may omit a part."""
        asked = [(ANY,) if part is None else (part, None) for part in written]
        return any(parts in self.dates_by_parts for parts in product(*asked))

    def _begins_one(self, start: str) -> bool:
        place = bisect_left(self._sorted_texts, start)
        return place < len(self._sorted_texts) and self._sorted_texts[place].startswith(start)

    @cached_property
    def _sorted_texts(self) -> list[str]:
        """All known links and addresses; call it when all readings are added."""
        return sorted(self.texts)

    @cached_property
    def _months(self) -> set[Value]:
        return {key for _, year, month, _ in self.dates for key in ((year, month), (None, month))}

    def _is_joined(self, value: Value) -> bool:
        """Return whether the sources have the day ("the 4th") and the month in separate places."""
        _, year, month, day = value
        if day is None or month is None:
            return False
        return ("date", None, None, day) in self.dates and (year, month) in self._months


ANY = "any"  # in place of a part of a date


def _with_any_part(parts: Value) -> set[Value]:
    """Return a date with each choice of its parts replaced by `ANY`."""
    return set(product(*[(part, ANY) for part in parts]))


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
    sentences = list(SENTENCE.finditer(reading.text))
    starts = [sentence.start() for sentence in sentences]
    leaves_out = [LEFT_OUT.search(sentence[0]) is not None for sentence in sentences]

    def is_wanted(fact: Fact) -> bool:
        return not fact.is_vague and not leaves_out[bisect_right(starts, fact.start) - 1]

    return sorted(
        filter(is_wanted, [*reading.facts, *reading.names]),
        key=lambda fact: fact.start,
    )
