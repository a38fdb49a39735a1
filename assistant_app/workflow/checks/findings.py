"""Rule-based checks of a draft: facts that no source supports, and placeholders.

Rules see only the words. A draft without findings may still be wrong. Of very long texts only the beginning
is read, and the result names them (`Checks.cut`), so that a check takes a second at most, whatever is sent.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import combinations, islice, pairwise, product
from typing import Literal

from assistant_app.workflow.checks import asked
from assistant_app.workflow.checks.attachments import speaks_of_one
from assistant_app.workflow.checks.brought_in import brought_by, leads_away
from assistant_app.workflow.checks.contradictions import contradictions
from assistant_app.workflow.checks.dates import Calendar, in_a_year, sent_on
from assistant_app.workflow.checks.fact_words import MEASURES, MONEY
from assistant_app.workflow.checks.facts import CJK, Fact, Value, blanked, facts
from assistant_app.workflow.checks.languages import READ, is_function_word, language_of
from assistant_app.workflow.checks.lookalikes import plain
from assistant_app.workflow.checks.names import (
    DECLINING,
    are_among,
    full_names,
    initials_and_nouns,
    is_spelled_out,
    may_be_short,
    names,
    stems,
    typed_small,
    words_of,
)
from assistant_app.workflow.checks.people import header_of, misnamed, misnamed_in_cjk
from assistant_app.workflow.checks.placeholders import placeholders
from assistant_app.workflow.checks.questions import unanswered
from assistant_app.workflow.checks.swapped import swapped
from assistant_app.workflow.checks.unfinished import open_ends, talk

RULES_VERSION = 11  # raise it with every change of the rules: reports are remembered under it
# Characters that are read of the draft, of the email, and of all that the owner wrote. Ordinary ones of 2 KB
# are far below it.
MOST_READ = 30_000
PIECE = 4_000  # characters that are read at once
MOST_FACTS = 2_000  # of each of the three
MOST_PLACEHOLDERS = 200
MOST_ADDED = 200  # amounts and products of them that are added
LARGEST_ADDED = 1e13  # above it, floats have no hundredths
MOST_COMBINED = 40  # numbers of the sources that are added, multiplied and compared with one another

Source = Literal["instructions", "answer", "feedback", "email"]
Text = Literal["draft", "email", "own"]  # what may be too long to be read to its end


@dataclass(frozen=True, slots=True)
class Finding:
    """A passage of the draft that the owner should check, from character `start` to `end`."""

    kind: str  # one of `facts.Kind`, or placeholder
    start: int
    end: int
    text: str

    @property
    def key(self) -> str:
        """The same for the same finding in every draft, whatever stands around it."""
        return f"{self.kind}:{' '.join(self.text.casefold().split())}"


@dataclass(frozen=True, slots=True)
class Given:
    """A text by the owner, with its facts that are present in the draft or missing.

    Or a numbered question of the email, which is missing as a whole.
    """

    source: Source
    number: int  # of the answer, feedback or question, from 1
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
    derived: tuple[Finding, ...] = ()  # what follows from the sources: half of a sum, the day of "Tuesday"
    language: str | None = None  # of the draft, as a code of `languages.NAMES`
    speaks_of_attachment: bool = False

    @property
    def links(self) -> list[str]:
        """The links that are in the email alone, which mail programs make clickable."""
        return [text for text in self.brought_in if leads_away(text)]

    @property
    def findings(self) -> list[Finding]:
        return sorted([*self.unsupported, *self.placeholders], key=lambda finding: finding.start)

    @property
    def is_read(self) -> bool:
        """Return whether dates, times, numbers and names are read in the draft's language."""
        return self.language is None or self.language in READ

    @property
    def missing(self) -> list[str]:
        return list(dict.fromkeys(text for given in self.given for text in given.missing))

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
    notes: Mapping[str, str] | None = None,
    known: str = "",
    writer: str = "",
) -> Checks:
    """Return the findings in a draft.

    All other texts are sources. `by_hand` holds what the owner wrote into drafts, `notes` their notes by
    title, which support facts that need not be in the draft; `known` the owner's names, and `writer` the
    one of them with which they answer.
    """
    language = language_of(draft)
    emails_language = language_of(email)
    languages = tuple(dict.fromkeys(filter(None, (emails_language, language))))
    of_email, of_owner, of_draft = (
        Reader(languages),
        Reader(languages),
        Reader(languages, language=language),
    )
    pieces: list[tuple[Source, int, Reading]] = [("instructions", 1, of_owner.read(instructions))]
    pieces += [("answer", number, of_owner.read(text)) for number, text in enumerate(answers, start=1)]
    # The last one counts most, so it is read before there may be too much.
    latest = [("feedback", number, of_owner.read(text)) for number, text in _latest_first(feedback)]
    pieces += latest[::-1]  # type: ignore[arg-type]
    of_hand = [of_owner.read(text) for text in by_hand]
    of_notes = [of_owner.read(text) for text in (notes or {}).values()]
    by_person = [reading for _, _, reading in pieces]
    email_read = of_email.read(email)
    header = header_of(email)
    known_facts = Backing(Calendar(sent_on(header)))
    known_facts.add(email_read)
    for reading in [*by_person, *of_hand]:
        known_facts.add(reading, is_of_person=True)
    of_known = reading_of(known)
    known_facts.add(of_known)
    # What follows from a price list is any amount at all, so notes prove what they say, and nothing more.
    leading = deepcopy(known_facts) if of_notes else known_facts
    for reading in of_notes:
        known_facts.add(reading, is_of_person=True)
    by_owner = [reading.text for reading in [*by_person, *of_notes]]
    sources = "\n".join([email[:MOST_READ], *by_owner])
    draft_read = draft[:MOST_READ]
    to_fill_in = _placeholders(draft_read, sources)
    own = of_draft.read(blanked(draft, [(found.start, found.end) for found in to_fill_in]))
    checks = Checks(
        (), tuple(to_fill_in), (), language=language, speaks_of_attachment=speaks_of_one(draft_read)
    )
    beside = known_facts.calendar.beside(own.text, own.facts)
    fitting = {pair.named for pair, is_its_own in beside if is_its_own}
    unsupported = [
        fact
        for fact in own.facts
        if not fact.is_vague
        and fact not in fitting
        and not known_facts.back(fact)
        and not _is_known_group(own.text, fact)
    ]
    derived: list[Fact] = []
    if checks.is_read:
        derived = [fact for fact in unsupported if leading.leads_to(fact)]
        set_aside = {(fact.start, fact.end) for fact in derived}
        unsupported = [fact for fact in unsupported if (fact.start, fact.end) not in set_aside]
        unsupported += _unknown_names(own, known_facts, language)
        said = "\n".join(each.text for each in [*by_person, *of_notes])
        unsupported += misnamed(
            own.text, email[:MOST_READ], header, known, said, known_facts.words, writer, language
        )
        unsupported += misnamed_in_cjk(
            own.text, "\n".join((sources, known, *(each.text for each in of_hand)))
        )
        unsupported += [
            Fact("date", *pair.span, own.text[slice(*pair.span)], frozenset())
            for pair, is_its_own in beside
            if not is_its_own
        ]
        every = [email_read, *by_person, *of_hand, of_known, *of_notes]
        unsupported += _counted_otherwise(own, known_facts.numbers, every)
        of_person = [(reading.text, reading.facts) for reading in by_person]
        unsupported += contradictions(own.text, own.facts, of_person, email_read.text, email_read.facts)
        unsupported += swapped(
            (own.text, own.facts),
            [(reading.text, reading.facts) for reading in [*of_hand, *by_person[::-1]]],
            (email_read.text, email_read.facts),
            language,
        )
    unsupported += [
        Fact("talk", start, end, own.text[start:end], frozenset()) for start, end in talk(own.text)
    ]
    if not checks.is_read:
        digits = set(re.findall(r"\d+", plain(sources))) | {str(number) for number in known_facts.parts}
        unsupported = [fact for fact in unsupported if _is_new(fact, digits)]
    has_same_words = language is None or emails_language in (None, language)
    cut: dict[Text, bool] = {
        "draft": of_draft.has_cut or len(to_fill_in) >= MOST_PLACEHOLDERS,
        "email": of_email.has_cut,
        "own": of_owner.has_cut,
    }
    return replace(
        checks,
        unsupported=tuple(_findings(draft, _apart(unsupported))),
        given=tuple(_given(own, pieces, of_hand, language, email_read.text) if checks.is_read else ())
        + tuple(_unanswered(email_read.text, own.text, by_person) if has_same_words else ()),
        brought_in=tuple(brought_by(email[:MOST_READ], own.facts, by_owner)),
        cut=tuple(name for name, is_cut in cut.items() if is_cut),
        derived=tuple(_findings(draft, derived)),
    )


def _unanswered(email: str, draft: str, said: Sequence[Reading]) -> Iterator[Given]:
    questions = unanswered(email, draft, "\n".join(reading.text for reading in said))
    for question in questions:
        number, _, text = question.partition(". ")
        yield Given("email", int(number), question, (), (text.rstrip(" ?"),))


# "los dos días", "the two weeks": the article says that they are known.
DEFINITE = re.compile(
    r"\b(?:the|these|those|die|den|der|diese[nr]?|les|ces|los|las|estos|estas|gli|le|questi|queste|deze|estes"
    r"|tych|dessa)\s$",
    re.IGNORECASE,
)
MOST_TOGETHER = 10


def _is_known_group(text: str, fact: Fact) -> bool:
    """Return whether it is a small number in words of days or the like, behind a definite article."""
    if fact.kind != "number" or fact.text[0].isdigit():
        return False
    numbers = [value[1] for value in fact.values if value[0] == "number"]
    if not numbers or min(numbers) > MOST_TOGETHER:  # type: ignore[type-var, operator]
        return False
    return DEFINITE.search(text, max(0, fact.start - 8), fact.start) is not None


def _unknown_names(own: Reading, known: Backing, language: str | None) -> list[Fact]:
    """Return the names that no source has.

    A German noun beside a known name is part of no name ("Raum Elbe"), so both have to be unknown there.
    """
    unknown = [name for name in own.names if not known.know(name.text, language)]
    joined = {  # "MB Way" is "mbway"
        place
        for one, other in pairwise(unknown)
        if other.start == one.end + 1 and f"{one.text}{other.text}".casefold() in known.words
        for place in (one.start, other.start)
    }
    unknown = [name for name in unknown if name.start not in joined]
    places = {edge for name in unknown for edge in (name.start, name.end)}
    return [
        name for name in unknown if not name.is_vague or name.start - 1 in places or name.end + 1 in places
    ]


def _apart(found: list[Fact]) -> list[Fact]:
    """Drop the findings inside others."""
    kept: list[Fact] = []
    for fact in sorted(found, key=lambda fact: (fact.start, -fact.end)):
        if not kept or fact.start >= kept[-1].end:
            kept.append(fact)
    return kept


def _is_new(fact: Fact, digits: set[str]) -> bool:
    """Return whether a fact of a draft that isn't read is a link, an address or a number from nowhere."""
    if fact.kind in ("link", "address"):
        return True
    return any(number not in digits for number in re.findall(r"\d+", plain(fact.text)))


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
    first = list(islice(found, MOST_PLACEHOLDERS))
    if len(draft) < MOST_READ and not (first and first[-1].end == len(draft.rstrip())):
        first += [Finding("placeholder", start, end, draft[start:end]) for start, end in open_ends(draft)]
    return first


# --- Sources ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reading:
    """A text with its facts and words."""

    text: str
    facts: tuple[Fact, ...]
    language: str | None = None

    @cached_property
    def words(self) -> set[str]:
        return words_of(self.text)

    @cached_property
    def types(self) -> set[object]:
        return _types(self.facts[:MOST_COMBINED])

    @cached_property
    def initials_and_nouns(self) -> tuple[str, list[str]]:
        return initials_and_nouns(self.text)

    @cached_property
    def names(self) -> list[Fact]:
        """The names of the text, outside its other facts."""
        return names(blanked(self.text, [(fact.start, fact.end) for fact in self.facts]), self.language)


@dataclass
class Reader:
    """Reads texts until there are too many characters or facts. What is left then is not read."""

    languages: tuple[str, ...] = ()  # whose numbers in words are read
    left: int = MOST_READ
    facts_left: int = MOST_FACTS
    has_cut: bool = False
    language: str | None = None  # of the texts, if it is known

    def read(self, text: str) -> Reading:
        found: list[Fact] = []
        position = 0
        while position < len(text) and self.left > 0 and self.facts_left > 0:
            end = _end_of_piece(text, position, min(PIECE, self.left))
            read = facts(text[position:end], self.languages)
            found += [fact.moved(position) for fact in read] if position else read
            self.left -= end - position
            self.facts_left -= len(read)
            position = end
        self.has_cut = self.has_cut or position < len(text)
        return Reading(text[:position], tuple(found), self.language)


def _end_of_piece(text: str, start: int, most: int) -> int:
    """Return where a piece of a long text may end: after a line, else after a word."""
    if len(text) - start <= most:
        return len(text)
    end = start + most
    for mark in ("\n", " "):
        if (place := text.rfind(mark, start + most // 2, end)) >= 0:
            return place + 1
    return end


WORD_BEHIND = re.compile(r"\s([^\W\d_]{3,})")
WORDS_BEFORE = re.compile(
    r"([^\W\d_]{3,})\s(for|to|of|für|mit|pour|de|per|para|voor|dla|för|pro|by)\s$", re.IGNORECASE
)


def _around(text: str, fact: Fact) -> Iterator[tuple[str, ...]]:
    """Yield the noun behind a number, and the words before it: "two projectors", "salad for ten"."""
    if CJK.match(text, fact.end):  # 两台, 三冊; 个 is of anything, so the noun behind it counts
        yield ("", text[fact.end : fact.end + (3 if text[fact.end] in "个個" else 1)])
        return
    behind = WORD_BEHIND.match(text, fact.end)
    if behind and not is_function_word(behind[1]):
        yield ("", behind[1].casefold().rstrip("s"))
    elif before := WORDS_BEFORE.search(text[max(0, fact.start - 30) : fact.start]):
        yield (before[1].casefold(), before[2].casefold())


def _counted_otherwise(
    draft: Reading, known: Collection[float], sources: Iterable[Reading]
) -> Iterator[Fact]:
    """Yield small numbers in words where a source has another one of the same: "three projectors"."""
    unknown: list[tuple[Fact, set[object]]] = []
    for fact in draft.facts:
        numbers = {value[1] for value in fact.values if value[0] == "number" and value[2] is None}
        numbers.discard(1.0)  # which is an article
        if fact.is_vague and numbers and numbers.isdisjoint(known):
            unknown.append((fact, numbers))
    counts = _counts(sources) if unknown else {}
    for fact, numbers in unknown:
        around = [counts[key] for key in _around(draft.text, fact) if key in counts]
        if around and all(numbers.isdisjoint(others) for others in around):
            yield replace(fact, is_vague=False)


def _counts(sources: Iterable[Reading]) -> dict[tuple[str, ...], set[object]]:
    """Return the numbers of all sources by the words beside them."""
    found: dict[tuple[str, ...], set[object]] = {}
    for reading in sources:
        for fact in reading.facts:
            numbers = {value[1] for value in fact.values if value[0] == "number"}
            for key in _around(reading.text, fact) if fact.kind == "number" else ():
                found.setdefault(key, set()).update(numbers)
    return found


def reading_of(text: str) -> Reading:
    return Reader().read(text)


@dataclass
class Backing:
    """The facts and words of all sources of a draft."""

    calendar: Calendar = field(default_factory=lambda: Calendar(None))
    numbers: dict[float, set[object]] = field(default_factory=dict)  # each number with its units
    bare: set[float] = field(default_factory=set)  # written by the owner without a unit
    hours: set[float] = field(default_factory=set)  # written by the owner, perhaps in words
    dates: set[Value] = field(default_factory=set)
    dates_by_parts: set[Value] = field(default_factory=set)  # see `_with_any_part`
    others: set[Value] = field(default_factory=set)
    parts: set[int] = field(default_factory=set)  # of dates and times, as numbers
    days_and_times: set[int] = field(default_factory=set)  # the parts that people say alone
    texts: set[str] = field(default_factory=set)
    words: set[str] = field(default_factory=set)

    def add(self, reading: Reading, is_of_person: bool = False) -> None:
        self.words |= reading.words
        self.calendar.add(reading.text, reading.facts)
        for fact in reading.facts:
            for value in fact.values:
                self._add(value, is_of_person, is_bare=is_of_person and not fact.is_vague)
                if is_of_person and value[:3] == ("date", None, None) and fact.text.isdigit():
                    # "friday 2" may be two of something on Friday.
                    self._add(("number", float(fact.text), None), is_of_person, is_bare=True)

    def _add(self, value: Value, is_of_person: bool, is_bare: bool) -> None:
        match value:
            case ("number", float(number), unit):
                self.numbers.setdefault(number, set()).add(unit)
                if unit is None and is_bare:
                    self.bare.add(number)
                if unit is None and is_of_person and 0 < number <= 24:
                    self.hours.add(number)
            case ("date", year, month, day):
                self.dates.add(value)
                self.dates_by_parts |= _with_any_part((year, month, day))
                if isinstance(year, int):
                    self.numbers.setdefault(float(year), set()).add(None)
                if found := in_a_year(value, self.calendar.sent):
                    self.others.add(("weekday", found.weekday()))
                self.parts |= {part for part in (year, month, day) if isinstance(part, int)}
                self.days_and_times |= {day} if isinstance(day, int) else set()
            case ("text", str(text)):
                self.texts.add(text)
            case ("clock", int(minutes)):
                self.others.add(value)
                of_clock = {minutes // 60, minutes // 60 % 12, minutes % 60}
                self.parts |= of_clock
                self.days_and_times |= of_clock
            case _:
                self.others.add(value)

    def back(self, fact: Fact) -> bool:
        """Return whether a source has one of the fact's values."""
        if fact.kind == "link" and "://" in fact.text and fact.text.rstrip("/").count("/") == 2:
            # A link that can be followed needs its path; a site that is only named doesn't.
            return any(value[-1] in self.texts for value in fact.values)
        return any(self._backs(value) for value in fact.values)

    def know(self, name: str, language: str | None = None) -> bool:
        if are_among(name, self.words):
            return True
        if language in GENITIVE_IN_S:
            other = name[:-1] if name.endswith("s") else f"{name}s"
            return are_among(other, self.words)
        return language in DECLINING and all(not self._stems.isdisjoint(stems(word)) for word in name.split())

    @cached_property
    def _stems(self) -> set[str]:
        words = (word for word in self.words if not is_function_word(word))  # "ale" says nothing of "Ala"
        return {stem for word in words for stem in stems(word)}

    def leads_to(self, fact: Fact) -> bool:
        """Return whether a fact follows from those of the sources, by the calendar or by arithmetic."""
        if fact.kind == "date":
            return self.calendar.follows(fact, self._counted_days, self._numbered_days)
        if any(value[0] == "clock" and self._is_hour(value[1]) for value in fact.values):  # type: ignore[arg-type]
            return True
        numbers = {value[1:] for value in fact.values if value[0] == "number"}
        return any(self._is_worked_out(number, unit) for number, unit in numbers)  # type: ignore[arg-type]

    def has_bare(self, value: Value) -> bool:
        """Return whether a number is a day or an hour ("thu 8", "at 4"), or a day a number ("the 8th")."""
        match value:
            case ("number", float(number), None):
                return number in self.days_and_times
            case ("date", None, None, int(day)):
                return float(day) in self.numbers
        return False

    def _is_hour(self, minutes: int) -> bool:
        """Return whether it is a full hour that the owner wrote as a mere number: "three is better"."""
        hour, minute = divmod(minutes, 60)
        return not minute and not self.hours.isdisjoint({hour, hour % 12})

    def _is_worked_out(self, number: float, unit: str | None) -> bool:
        if unit in ("day", "week"):
            return number * (7 if unit == "week" else 1) in self._days_between
        return any(self._amounts(money).lead_to(number) for money in _MONEY_OF.get(unit, ()))

    def _amounts(self, unit: str) -> _Amounts:
        if unit not in self._by_unit:
            known = [number for number, units in self.numbers.items() if unit in units or number in self.bare]
            plain = [number for number, units in self.numbers.items() if None in units and number < 10_000]
            self._by_unit[unit] = _Amounts(known[:MOST_COMBINED], plain[:MOST_COMBINED])
        return self._by_unit[unit]

    @cached_property
    def _by_unit(self) -> dict[str, _Amounts]:
        return {}

    @cached_property
    def _counted_days(self) -> set[float]:
        return {
            number * factor
            for number, units in self.numbers.items()
            for unit, factor in (("day", 1), ("week", 7))
            if unit in units
        }

    @cached_property
    def _numbered_days(self) -> set[float]:
        said = {float(day) for _, _, month, day in self.dates if month is None and isinstance(day, int)}
        return said | self.bare

    @cached_property
    def _days_between(self) -> set[float]:
        sent = self.calendar.sent
        days = sorted(day for day in (in_a_year(value, sent) for value in self.dates) if day)[:MOST_COMBINED]
        return {float((late - early).days) for early, late in combinations(days, 2) if late > early}

    def _backs(self, value: Value) -> bool:
        match value:
            case ("number", float(number), unit):
                units = self.numbers.get(number, set())
                if unit is None:
                    return bool(units)
                return unit in units or number in self.bare or (unit in MEASURES and None in units)
            case ("date", None, None, int(day)) if float(day) in self.bare:
                return True
            case ("date", year, month, day):
                return self._has_date((year, month, day)) or self._is_joined(value)
            case ("text", str(text)):
                is_whole = "/" in text or "@" in text
                return text in self.texts or (not is_whole and self._begins_one(f"{text}/"))
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
        has_day = ("date", None, None, day) in self.dates or float(str(day)) in self.bare
        return has_day and ((year, month) in self._months or (None, month) in self._months)


class _Amounts:
    """Amounts of one currency, and what follows from them: products, halves, sums and differences."""

    def __init__(self, amounts: list[float], plain: list[float]) -> None:
        self._amounts = _in_hundredths(amounts)
        self._products = {round(amount * by, 2) for amount in amounts for by in plain if by != 1}
        self._products |= {round(amount / 2, 2) for amount in amounts}
        self._added = _in_hundredths(sorted({*amounts} | self._products)[:MOST_ADDED])

    def lead_to(self, number: float) -> bool:
        if number in self._products:
            return True
        if not -LARGEST_ADDED < number < LARGEST_ADDED:
            return False
        hundredths = round(number * 100)
        added = self._added
        if hundredths % 2 == 0 and hundredths // 2 in added:  # twice the same is no sum
            added = added - {hundredths // 2}
        # In C: there may be a million pairs.
        is_sum = not added.isdisjoint(map(hundredths.__sub__, added))
        larger = map(hundredths.__add__, self._amounts)
        is_difference = bool(hundredths) and not self._amounts.isdisjoint(larger)
        return is_sum or is_difference


def _in_hundredths(numbers: Iterable[float]) -> set[int]:
    return {round(number * 100) for number in numbers if number < LARGEST_ADDED}


# Shares are in the table of currencies, but no share follows from others.
_MONEY_OF: dict[str | None, tuple[str, ...]] = {unit: (unit,) for unit in MONEY if unit != "%"} | {
    None: ("€", "$", "£")
}
GENITIVE_IN_S = ("de", "nl", "sv", "da", "no")  # without an apostrophe: "Petersens Angebot"
ANY = "any"  # in place of a part of a date


def _with_any_part(parts: Value) -> set[Value]:
    """Return a date with each choice of its parts replaced by `ANY`."""
    return set(product(*[(part, ANY) for part in parts]))


# --- The owner's requests -------------------------------------------------------------------------------


def _given(
    draft: Reading,
    pieces: Sequence[tuple[Source, int, Reading]],
    of_hand: Sequence[Reading],
    language: str | None,
    email: str,
) -> Iterator[Given]:
    in_draft = Backing()
    in_draft.add(draft, is_of_person=True)
    later = [_Later(reading, in_draft) for source, _, reading in pieces if source == "feedback"]
    known_names = full_names(email) if language != "de" else set()  # any noun has a capital there
    for source, number, reading in pieces:
        if not reading.text.strip():
            continue
        after = later[number:] if source == "feedback" else later
        found: dict[str, bool] = {}
        for fact in _wanted(reading, known_names):
            if fact.text in found:
                continue
            is_in = _is_in(fact, draft, in_draft, language)
            if is_in or not _is_withdrawn(reading, fact, after, of_hand):
                found.setdefault(fact.text, is_in)
        present = tuple(text for text, is_in in found.items() if is_in)
        missing = tuple(text for text, is_in in found.items() if not is_in)
        yield Given(source, number, reading.text, present, missing)


def _is_in(fact: Fact, draft: Reading, in_draft: Backing, language: str | None) -> bool:
    if fact.kind == "name":
        # Japanese and Chinese write names in other letters.
        if language in ("ja", "zh") or in_draft.know(fact.text, language):
            return True
        return may_be_short(fact.text) and is_spelled_out(fact.text, *draft.initials_and_nouns, language)
    if in_draft.back(fact):
        return True
    return any(in_draft.has_bare(value) for value in fact.values)


def _wanted(reading: Reading, known_names: set[tuple[str, str]]) -> list[Fact]:
    """Return the facts that the draft needs.

    Not those of clauses that ask to leave something out, the numbers of the owner's points, and lengths.
    """
    text = reading.text
    clauses = asked.Clauses(text)
    items = asked.items(text)

    def is_wanted(fact: Fact) -> bool:
        if fact.is_vague or fact.kind == "code" or (fact.kind == "number" and fact.start in items):
            return False
        if asked.is_about_the_text(text, fact):
            return False
        return not clauses.is_left_out(fact)

    every = [*reading.facts, *reading.names, *typed_small(text, known_names)]
    return sorted(filter(is_wanted, every), key=lambda fact: fact.start)


def _is_withdrawn(reading: Reading, fact: Fact, later: Sequence[_Later], of_hand: Sequence[Reading]) -> bool:
    """Return whether later feedback, or what the owner wrote by hand, put something in a fact's place."""
    if any(other.withdraws(fact) for other in later):
        return True
    before = re.findall(r"[^\W\d_]{2,}", reading.text[max(0, fact.start - 20) : fact.start])[-1:]
    return any(
        bool(_types([fact]) & other.types) and all(word in other.words for word in map(str.casefold, before))
        for other in of_hand[:MOST_COMBINED]
    )


class _Later:
    """A piece of feedback, and what it takes back of what was said before."""

    def __init__(self, reading: Reading, in_draft: Backing) -> None:
        self._is_change = asked.CHANGED_MIND.search(reading.text) is not None
        if self._is_change:
            self._said = {value[:2] for fact in reading.facts for value in fact.values}
            self._types = _types([fact for fact in reading.facts if in_draft.back(fact)])
            self._has_name = bool(reading.names)

    def withdraws(self, fact: Fact) -> bool:
        """Return whether a fact is taken up again, or one like it is in the draft in its place."""
        if not self._is_change:
            return False
        if fact.kind == "name":
            return self._has_name
        return any(value[:2] in self._said for value in fact.values) or bool(_types([fact]) & self._types)


def _types(found: Iterable[Fact]) -> set[object]:
    """Return what facts may be: a date, a time, a number. Those can stand in one another's place."""
    return {value[0] for fact in found for value in fact.values} - {"text", "phone", "code"}
