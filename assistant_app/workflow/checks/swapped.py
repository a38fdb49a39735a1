"""Finds two values of a draft that stand with each other's item: "hotel 120 EUR, train 420 EUR".

Each value is in a source, so no other check sees it. A value belongs to the words and the other facts of its
clause. Two values of a draft are swapped if each of them stands with something that the latest source which
tells them apart has with the other one, and that source has nothing of where it stands with itself.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Container, Hashable, Iterable, Iterator, Sequence
from itertools import combinations, islice, pairwise

from assistant_app.workflow.checks.asked import CHANGED_MIND
from assistant_app.workflow.checks.contradictions import NEGATION
from assistant_app.workflow.checks.dates import BETWEEN
from assistant_app.workflow.checks.facts import CJK, Fact, Value, blanked
from assistant_app.workflow.checks.languages import is_function_word

KINDS = ("date", "time", "amount", "number")
MOST = 30  # facts of a draft that are compared with one another
MOST_IN_SOURCE = 200
MOST_SOURCES = 10
MOST_IN_CLAUSE = 12  # facts; more are a list without marks
LONGEST = 300  # characters of a clause
STEM = 5
_SENTENCE = re.compile(r"[^.!?;\n。！？；]+")
_PART = re.compile(r"[^\W\d_\u3040-\u30ff\u3400-\u9fff]+|[\u30a0-\u30ff]{2,}|[\u3400-\u9fff]{2,}|[,:，、：]")
_MARKS = ",:，、："
_CONJUNCTIONS = "and und et y e en och oraz ale but aber mais pero ma maar men mas"
_AND = frozenset(_CONJUNCTIONS.split())
_AND_OF = {"pl": _AND | {"a", "i"}, "cs": _AND | {"a", "i"}}
# Behind such words, what was said before may hold the other way round.
_EXCHANGE = re.compile(
    r"\b(?:swap|exchang|switch|other way|vice versa|revers|umgekehrt|anders(?:he)?rum|(?:ver|aus)?tausch"
    r"|invers|échang|contraire|revés|intercambi|viceversa|invert|scambi|omgekeerd|andersom|wissel|ruil|odwrotnie"
    r"|zamie[nń]|troca|contrário|tvärtom|byta|byter|naopak|vyměn|prohod)"
    r"|逆|入れ替|交換|对调|對調|互换|互換|反过来|反過來",
    re.IGNORECASE,
)
Anchor = Hashable
Text = tuple[str, Sequence[Fact]]


def swapped(draft: Text, said: Sequence[Text], email: Text, language: str | None) -> Iterator[Fact]:
    """Yield the values of a draft that stand with each other's item.

    `said` are the texts of the person, the latest one first. What a text changes in words that name no
    value can't be told, so what is older than a change is no evidence. Clauses with a negation are none
    either ("10:00 doesn't suit Anna"), but they are only looked for where there is something to find.
    """
    found: dict[Fact, None] = {}
    if any(True for _ in _wrong(draft, said, email, language, is_strict=False)):
        found.update((fact, None) for fact in _wrong(draft, said, email, language, is_strict=True))
    for fact in found:
        yield Fact("contradiction", fact.start, fact.end, fact.text, frozenset())


def _wrong(
    draft: Text, said: Sequence[Text], email: Text, language: str | None, is_strict: bool
) -> Iterator[Fact]:
    pairs = list(_pairs(draft, language, is_strict))
    if not pairs:
        return
    compared = {value for one, _, other, _ in pairs for value in (*one[0].values, *other[0].values)}
    sources = [_Said(text, compared, language, is_strict) for text in _still_true(draft, said, email)]
    for one, of_one, other, of_other in pairs:
        if _is_wrong(one[0], other[0], of_one, sources) and _is_wrong(other[0], one[0], of_other, sources):
            yield from one
            yield from other


def _pairs(
    draft: Text, language: str | None, is_strict: bool
) -> Iterator[tuple[list[Fact], frozenset[Anchor], list[Fact], frozenset[Anchor]]]:
    """Yield each two values that may stand in one another's place, each with what only itself stands with.

    The same value that stands with the same things several times is compared once, with all its facts.
    """
    text, facts = draft
    values = defaultdict(set)
    for fact in facts:
        if fact.kind in KINDS and not fact.is_vague:
            values[_type(fact)].add(fact.values)
    several = {own for own, of_type in values.items() if len(of_type) > 1}
    matter = [fact.start for fact in facts if fact.kind in KINDS and _type(fact) in several][: 2 * MOST]
    if not matter:
        return
    by_type: dict[object, dict[tuple[frozenset[Value], frozenset[Anchor]], list[Fact]]] = defaultdict(dict)
    for fact, anchors in islice(anchored(text, facts, matter, language, is_strict), MOST):
        if anchors and not fact.is_vague:
            by_type[_type(fact)].setdefault((fact.values, frozenset(anchors)), []).append(fact)
    for alike in by_type.values():
        for ((of_this, of_one), one), ((of_that, of_other), other) in combinations(alike.items(), 2):
            if not of_this.isdisjoint(of_that):
                continue
            of_one_alone, of_other_alone = of_one - of_other, of_other - of_one
            if of_one_alone and of_other_alone:
                yield one, of_one_alone, other, of_other_alone


def _still_true(draft: Text, said: Sequence[Text], email: Text) -> Iterator[Text]:
    """Yield the sources, the latest one first, as far as nothing later may have changed them."""
    for text in said[:MOST_SOURCES]:
        yield text
        if _EXCHANGE.search(text[0]) or CHANGED_MIND.search(text[0]):
            return
    if not any(_EXCHANGE.search(text) for text, _ in (draft, email)):
        yield email


class _Said:
    """The values that stand with each thing in a source."""

    def __init__(self, text: Text, compared: set[Value], language: str | None, is_strict: bool) -> None:
        self._values: dict[Anchor, set[Value]] = defaultdict(set)
        facts = text[1][:MOST_IN_SOURCE]
        matter = [fact.start for fact in facts if not compared.isdisjoint(fact.values)]
        for fact, anchors in anchored(text[0], facts, matter, language, is_strict) if matter else ():
            for anchor in anchors:
                self._values[anchor] |= fact.values

    def belongs(self, anchors: Iterable[Anchor], one: Fact, other: Fact) -> set[bool]:
        """Return for the things that stand with one of two values alone whether it is the first one."""
        of_each = [self._values[anchor] for anchor in anchors if anchor in self._values]
        has = [(not values.isdisjoint(one.values), not values.isdisjoint(other.values)) for values in of_each]
        return {has_one for has_one, has_other in has if has_one != has_other}


def _is_wrong(fact: Fact, other: Fact, anchors: frozenset[Anchor], sources: Iterable[_Said]) -> bool:
    """Return whether a value stands with something of the other one, and with nothing of its own."""
    belongs = (source.belongs(anchors, fact, other) for source in sources)
    return next(filter(None, belongs), None) == {False}


def _type(fact: Fact) -> object:
    """Return what a value may be confused with: another date, time, amount or number of the same unit."""
    if fact.kind != "number":
        return fact.kind
    return min((str(value[2]) for value in fact.values if value[0] == "number"), default="code")


def anchored(
    text: str, facts: Sequence[Fact], matter: Sequence[int], language: str | None, is_strict: bool
) -> Iterator[tuple[Fact, set[Anchor]]]:
    """Yield facts of a text, each with what it stands with: stems of words, and facts of other kinds.

    Only sentences with a fact that matters are read; `matter` has their places in order.
    """
    whole = list(_with_weekdays(text, [fact for fact in facts if fact.kind in KINDS]))
    others = [fact for fact in facts if fact.kind not in KINDS]
    text = blanked(text, [(fact.start, fact.end) for fact in (*whole, *others)])
    starts = [fact.start for fact in whole]
    for sentence in _SENTENCE.finditer(text):
        start, end = sentence.span()
        if bisect_left(matter, start) == bisect_left(matter, end):
            continue
        for begin, stop, words in _clauses(text, start, end, starts, _AND_OF.get(language or "", _AND)):
            here = whole[bisect_left(starts, begin) : bisect_left(starts, stop)]
            is_short = len(here) <= MOST_IN_CLAUSE and stop - begin <= LONGEST
            if here and is_short and not (is_strict and NEGATION.search(text, begin, stop)):
                yield from _in_clause(here, words)


def _with_weekdays(text: str, facts: Sequence[Fact]) -> Iterator[Fact]:
    """Yield the facts; a weekday and the date beside it are one."""
    before: Fact | None = None
    for fact in facts:
        if before and before.kind == fact.kind == "date" and BETWEEN.fullmatch(text, before.end, fact.start):
            span, values = (before.start, fact.end), before.values | fact.values
            before = Fact("date", *span, text[slice(*span)], values)
            continue
        if before:
            yield before
        before = fact
    if before:
        yield before


def _clauses(
    text: str, start: int, end: int, starts: Sequence[int], conjunctions: Container[str]
) -> Iterator[tuple[int, int, list[tuple[int, str]]]]:
    """Yield the pieces of a sentence between commas and conjunctions, each with its words and their places.

    One without a fact belongs to the next one: "the table, on the 25th".
    """
    words: list[tuple[int, str]] = []
    begin = start
    for part in _PART.finditer(text, start, end):
        place, word = part.start(), part[0]
        if word in _MARKS or word.lower() in conjunctions:
            if bisect_left(starts, begin) < bisect_left(starts, place):
                yield begin, place, words
                begin, words = part.end(), []
        elif CJK.match(word):  # no space ends a word
            words += [(place + by, word[by : by + 2]) for by in range(len(word) - 1)]
        elif len(word) > 2 and not is_function_word(word):
            words.append((place, word.casefold()[:STEM]))
    yield begin, end, words


def _in_clause(here: list[Fact], words: list[tuple[int, str]]) -> Iterator[tuple[Fact, set[Anchor]]]:
    """Yield the facts of a clause. Each of several alike has what is between it and its neighbour.

    That is what is before it if the clause begins with a word, and behind it if it begins with a fact.
    If the clause begins and ends with words, they may belong to either, so those facts are left out.
    """
    if len(here) == 1:
        yield here[0], {stem for _, stem in words}
        return
    for own in dict.fromkeys(map(_type, here)):
        alike = [fact for fact in here if _type(fact) == own]
        others = ((fact.start, key) for fact in here if _type(fact) != own for key in _keys(fact))
        around: list[tuple[int, Anchor]] = [*words, *others]
        if len(alike) == 1:
            yield alike[0], {anchor for _, anchor in around}
            continue
        places = [fact.start for fact in alike]
        is_before = any(place < places[0] for place, _ in around)
        if is_before and any(place > places[-1] for place, _ in around):
            continue
        edges = [-1, *places] if is_before else [*places, places[-1] + LONGEST]
        for fact, (low, high) in zip(alike, pairwise(edges), strict=True):
            yield fact, {anchor for place, anchor in around if low < place < high}


def _keys(fact: Fact) -> Iterator[Anchor]:
    """Yield what is the same for a fact in other words: dates without their year, numbers without a unit."""
    for value in fact.values:
        match value:
            case ("date", _, month, day):
                yield ("date", month, day)
            case ("number", number, _):
                yield ("number", number)
            case _:
                yield value
