"""Finds the facts in a text: dates, times, amounts, numbers, addresses, links.

In English, German and French. Each fact has every value that it may mean (1.000 is a thousand or one; 3:00
is at night or in the afternoon), so that two spellings of one fact share a value.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from assistant_app.workflow.checks import number_words
from assistant_app.workflow.checks.fact_words import MONEY, MONTHS, TIMES_BY, UNITS, WEEKDAYS, any_of, lower

Kind = Literal["date", "time", "amount", "number", "address", "link", "name"]
Value = tuple[object, ...]


_MONTH = rf"(?P<month>{any_of(MONTHS)})\b\.?"
_YEAR = r"(?:,?\s+(?P<year>(?:19|20)\d\d)\b)?"
_NTH = r"(?:st|nd|rd|th|er|\.)?"
_FREE = r"(?<![\w.,])"  # not inside a longer number or word
_NUMBER = r"\d{1,3}(?:[ \u00a0\u202f.,'’]\d{3})+(?:[.,]\d{1,2})?(?!\d)|\d+(?:[.,]\d+)?"
_PER_CENT = r"pour cent\b|per cent\b"
_WORD_UNIT = rf"(?:working |business |calendar )?(?:{any_of([name for name in UNITS if name.isalpha()])})\b"
_TIMES = rf"(?:\s?(?P<times>{any_of(TIMES_BY)})\b)?"
_DOMAIN = r"(?:[a-z0-9-]+\.)+(?:com|org|net|io|info|de|at|ch|fr|eu|uk|no|example)\b"


def _pattern(*parts: str) -> re.Pattern[str]:
    return re.compile("".join(parts), re.IGNORECASE)


# In order of priority: text that one pattern has matched is hidden from the next ones.
PATTERNS: list[tuple[str, re.Pattern[str]]] = [
    ("link", _pattern(r"(?:https?://|www\.)[^\s<>\"”»\x00]+[^\s<>\"”»\x00.,;:!?)\]]")),
    ("address", _pattern(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")),
    ("link", _pattern(rf"(?<![\w.@-]){_DOMAIN}(?:/[^\s<>\x00]*[^\s<>\x00.,;:!?)])?")),
    ("phone", _pattern(r"(?<![\w:.,])(?:(?:\+|00)\d[\d ()/.-]{6,}|0\d{1,4}[ /-][\d ./-]{4,})\d\b")),
    ("ymd", _pattern(r"\b(?P<year>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})\b")),
    ("dmy", _pattern(_FREE, r"(?P<d>\d{1,2})(?P<sep>[./-])(?P<m>\d{1,2})(?P=sep)(?P<year>\d{4}|\d\d)\b")),
    ("dmy", _pattern(_FREE, r"(?P<d>\d{1,2})\.(?P<m>\d{1,2})\.(?![\d\w])")),
    ("dmy", _pattern(_FREE, r"(?<!/)(?P<d>\d{1,2})/(?P<m>\d{1,2})(?![\d\w/])")),
    (
        "days",
        _pattern(
            rf"{_FREE}(?P<first>\d{{1,2}}){_NTH}\s*(?:-|–|to|and|or|bis|und|oder|au|et|ou)\s*",
            rf"(?P<d>\d{{1,2}}){_NTH}\s+{_MONTH}{_YEAR}",
        ),
    ),
    ("day", _pattern(rf"{_FREE}(?P<d>\d{{1,2}}){_NTH}\s*(?:of\s+|de\s+)?{_MONTH}{_YEAR}")),
    (
        "day",
        _pattern(rf"\b{_MONTH}\s+(?:the\s+)?(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\b(?![:.]\d|\s*[%€$])", _YEAR),
    ),
    ("month", _pattern(rf"\b{_MONTH}{_YEAR}")),
    ("weekday", _pattern(rf"\b(?P<weekday>{any_of(WEEKDAYS)})s?\b")),
    ("clock", _pattern(_FREE, r"(?P<h>\d{1,2})(?:[:.](?P<min>\d\d))?\s*(?P<half>[ap])\.?\s?m\b\.?")),
    ("clock", _pattern(_FREE, r"(?P<h>\d{1,2})(?:[:.](?P<min>\d\d))?\s*Uhr\b(?:\s+(?P<late>\d\d)\b)?")),
    ("clock", _pattern(_FREE, r"(?P<h>\d{1,2})\s?h(?:\s?(?P<min>\d\d))?\b")),
    ("clock", _pattern(r"(?<![\w.,:])(?P<h>\d{1,2}):(?P<min>\d\d)(?::\d\d)?\b")),
    ("clock", _pattern(_FREE, r"(?P<h>\d{1,2})\s+(?:o['’]clock|heures?)\b")),
    ("noon", _pattern(r"\b(?:noon|midi)\b")),
    ("ordinal", _pattern(_FREE, r"(?P<d>\d{1,2})(?:st|nd|rd|th)\b")),
    ("ordinal", _pattern(r"\b(?:am|zum|den|bis|vom|dem)\s+(?P<d>\d{1,2})\.(?=\s|,|$|\))(?!\s*\d)")),
    (
        "ordinal",
        _pattern(
            r"\b(?:le|du|au)\s+(?P<d>\d{1,2})\b",
            r"(?!\s*(?:[h:%€.,/]\S|%|€|jours|mois|semaines|ans|unités))",
        ),
    ),
    ("code", re.compile(r"\b(?=[A-Z0-9/-]{0,40}\d)(?=[A-Z0-9/-]{0,40}[A-Z])[A-Z0-9]+(?:[-/][A-Z0-9]+)*\b")),
    ("amount", _pattern(rf"(?P<unit>€|\$|£|CHF|EUR|USD|GBP|NOK)\s?(?P<number>{_NUMBER}){_TIMES}")),
    (
        "amount",
        _pattern(
            rf"{_FREE}(?P<number>{_NUMBER}){_TIMES}",
            rf"(?:[\s-]?(?P<unit>%|€|\$|£|{_PER_CENT}|{_WORD_UNIT}))?",
        ),
    ),
    (
        "words",
        _pattern(
            rf"\b(?P<number>{number_words.PATTERN}){_TIMES}",
            rf"(?:{number_words.HYPHEN}(?P<unit>{_PER_CENT}|{_WORD_UNIT}))?",
        ),
    ),
]
NEAR = 100  # characters of context searched before a fact
BY_THE_CLOCK = _pattern(
    r"\b(?:at|after|before|until|till|from|by|around|um|ab|bis|gegen|à|vers|dès|avant|après) $"
)
MINUTES_AFTER = _pattern(r"\s(?:past|to|before|after|vor|nach)\s")  # "twenty past four"
MINUTES_BEFORE = _pattern(r"(?:\bheures?|\bmidi|\buhr|\bmoins)\s(?:et\s)?$")


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact at `start` to `end` of a text, with the values that it may mean."""

    kind: Kind
    start: int
    end: int
    text: str
    values: frozenset[Value]
    is_vague: bool = False  # supports other facts, but needs no support: see `_read_words`

    def moved(self, by: int) -> Fact:
        return Fact(self.kind, self.start + by, self.end + by, self.text, self.values, self.is_vague)


def facts(text: str) -> list[Fact]:
    """Return the facts of a text in order, without overlaps."""
    found: list[Fact] = []
    left = text
    for name, pattern in PATTERNS:
        taken = []
        for match in pattern.finditer(left):
            if read := READERS[name](name, match, text):
                found += read
                taken += [(fact.start, fact.end) for fact in read]
        left = blanked(left, taken)
    return sorted(found, key=lambda fact: fact.start)


def blanked(text: str, spans: list[tuple[int, int]]) -> str:
    """Return the text with each span replaced by NUL characters."""
    pieces, position = [], 0
    for start, end in sorted(spans):
        if start >= position:
            pieces += [text[position:start], "\x00" * (end - start)]
            position = end
    return "".join([*pieces, text[position:]])


def _read_plain(name: str, match: re.Match[str], text: str) -> list[Fact]:
    """Read links, addresses, codes and phone numbers, which are compared literally."""
    written = match[0]
    if name == "phone":
        digits = re.sub(r"\D", "", written)
        return [_fact("number", match, [("phone", digits[-7:])])]
    if name == "code":
        return [_fact("number", match, [("code", re.sub(r"[-/]", "", written))])]
    plain = re.sub(r"^(?:https?://)?(?:www\.)?", "", written.lower()).rstrip("/")
    return [_fact("link" if name == "link" else "address", match, [("text", plain)])]


def _read_date(name: str, match: re.Match[str], text: str) -> list[Fact]:
    groups = match.groupdict()
    month = MONTHS.get(lower(groups.get("month") or ""))
    if month and _is_other_word(groups["month"], alone="d" not in groups, match=match):
        return []
    year = int(groups["year"]) if groups.get("year") else None
    year = year + 2000 if year is not None and year < 100 else year
    day = int(groups["d"]) if groups.get("d") else None
    pairs = [(month, day)]
    if "m" in groups:
        pairs = [(int(groups["m"]), day), (day, int(groups["m"]))][: 1 if name == "ymd" else 2]
    values: list[Value] = [("date", year, m, d) for m, d in pairs if _is_date(m, d)]
    if not values:
        return []
    if first := groups.get("first"):
        parts = (match.start("first"), match.end("first")), (match.start("d"), match.end())
        return [
            _at("date", text, parts[0], [("date", year, month, int(first))]),
            _at("date", text, parts[1], values),
        ]
    return [_fact("date", match, values)]


def _is_other_word(name: str, alone: bool, match: re.Match[str]) -> bool:
    """Return whether "may", "march" or an abbreviation is probably not a month here."""
    plain = lower(name)
    if plain in ("may", "march", "mar"):
        return name == plain or (alone and _begins_sentence(match))
    return alone and not match["year"] and (len(name) < 4 or plain in ("sept", "janv"))


def _begins_sentence(match: re.Match[str]) -> bool:
    before = match.string[max(0, match.start() - NEAR) : match.start()].rstrip(" \t\"'“”„‘’«»([*_-–—•")
    return not before or before[-1] in ".!?:…\n\x00"


def _is_date(month: int | None, day: int | None) -> bool:
    return (month is None or 1 <= month <= 12) and (day is None or 1 <= day <= 31)


def _read_weekday(name: str, match: re.Match[str], text: str) -> list[Fact]:
    return [_fact("date", match, [("weekday", WEEKDAYS[lower(match["weekday"])])])]


def _read_clock(name: str, match: re.Match[str], text: str) -> list[Fact]:
    groups = match.groupdict()
    hour = 12 if name == "noon" else int(groups["h"])
    minute = int(groups.get("min") or groups.get("late") or 0)
    half = (groups.get("half") or "").lower()
    if hour > 24 or minute > 59:
        return []
    hours = [hour % 12 + (12 if half == "p" else 0)] if half else _hours(hour)
    return [_fact("time", match, [("clock", hour * 60 + minute) for hour in hours])]


def _hours(hour: int) -> list[int]:
    """Return the hours of the day that a number may mean."""
    return [hour, hour + 12] if 0 < hour < 12 else [hour]


def _read_number(name: str, match: re.Match[str], text: str) -> list[Fact]:
    groups = match.groupdict()
    written = groups["number"]
    if name == "amount" and not groups.get("unit") and _is_item(match):
        return []
    unit, factor = _unit(match), _factor(match)
    values: list[Value] = [("number", round(number * factor, 4), unit) for number in readings(written)]
    if clock := re.fullmatch(r"([01]?\d|2[0-3])\.([0-5]\d)", written):
        values.append(("clock", int(clock[1]) * 60 + int(clock[2])))
    if unit is None and re.fullmatch(r"\d|1\d|2[0-4]", written):
        values += _on_the_clock(int(written), match.string, match.start())
    is_item = unit is None and text[max(0, match.start() - 1) : match.end() + 1] == f"({written})"
    return [_fact(_kind(unit), match, values, is_vague=is_item and len(written) == 1)]


def _read_words(name: str, match: re.Match[str], text: str) -> list[Fact]:
    """Read numbers in words. A unit, or "million", belongs to the last one.

    Numbers in idioms and times are vague: "two of you", "a thousand thanks", "a hundred percent",
    "fifty-fifty", "four thirty", "twenty past four".
    """
    numbers = number_words.numbers_in(match["number"])
    found = []
    for number in numbers:
        is_last = number is numbers[-1]
        unit, factor = (_unit(match), _factor(match)) if is_last else (None, 1)
        start = match.start() + number.start
        end = match.end() if is_last else match.start() + number.end
        values: list[Value] = [("number", float(number.value * factor), unit)]
        if number.value <= 24:
            values += _on_the_clock(number.value, text, start)
        if number.is_round:
            is_vague = unit in (None, "%")
        else:
            is_vague = (unit, factor) == (None, 1) and (
                number.value < (100 if len(numbers) > 1 else 20) or _is_part(text, start, end)
            )
        if number.value * factor > 1:
            found.append(Fact(_kind(unit), start, end, text[start:end], frozenset(values), is_vague))
    return found


def _is_part(text: str, start: int, end: int) -> bool:
    """Return whether it is part of a longer word, or the minutes of a time."""
    return (
        text.endswith("-", 0, start)
        or text.startswith("-", end)
        or MINUTES_AFTER.match(text, end) is not None
        or MINUTES_BEFORE.search(text[max(0, start - NEAR) : start]) is not None
    )


def _unit(match: re.Match[str]) -> str | None:
    stem = re.sub(r"^(?:working|business|calendar) ", "", lower(match.groupdict().get("unit") or ""))
    return UNITS.get(stem, "%" if " cent" in stem else stem) or None


def _factor(match: re.Match[str]) -> float:
    return TIMES_BY.get(lower(match.groupdict().get("times") or ""), 1)


def _kind(unit: str | None) -> Kind:
    return "amount" if unit in MONEY else "number"


def _on_the_clock(number: int, text: str, start: int) -> list[Value]:
    """Return the times of day that a number may mean, as in "at 6"."""
    if not BY_THE_CLOCK.search(text[max(0, start - 8) : start]):
        return []
    return [("clock", hour * 60) for hour in _hours(number)]


def _line_before(match: re.Match[str]) -> str:
    """Return up to `NEAR` characters before the match on its line."""
    return match.string[max(0, match.start() - NEAR) : match.start()].rpartition("\n")[2]


def _is_item(match: re.Match[str]) -> bool:
    """Return whether the number only numbers a list item."""
    after = match.string[match.end() : match.end() + 1]
    return after in (".", ")") and not _line_before(match).strip(" \t*-(")


def readings(written: str) -> list[float]:
    """Return the values that a number may mean: 1,000.00 is a thousand; 1.000 is a thousand or one."""
    plain = re.sub(r"[ \u00a0\u202f'’]", "", written)
    marks = re.findall(r"[.,]", plain)
    if not marks:
        return [float(plain)]
    whole, fraction = re.split(r"[.,](?=[^.,]*$)", plain)
    as_fraction = float(re.sub(r"[.,]", "", whole) + "." + fraction)
    as_groups = float(re.sub(r"[.,]", "", plain))
    if len(fraction) != 3:
        return [as_fraction]
    if len(set(marks)) > 1:
        return [as_fraction]
    return [as_groups] if len(marks) > 1 else [as_groups, as_fraction]


def _fact(kind: Kind, match: re.Match[str], values: list[Value], is_vague: bool = False) -> Fact:
    text = match[0].rstrip(" ,\u00a0")
    if text[-3:-1].isalpha():  # the full stop ends a sentence, not an abbreviation
        text = text.rstrip(".")
    return Fact(kind, match.start(), match.start() + len(text), text, frozenset(values), is_vague)


def _at(kind: Kind, text: str, span: tuple[int, int], values: list[Value]) -> Fact:
    return Fact(kind, *span, text[slice(*span)], frozenset(values))


READERS = {
    "link": _read_plain,
    "address": _read_plain,
    "phone": _read_plain,
    "code": _read_plain,
    "weekday": _read_weekday,
    "clock": _read_clock,
    "noon": _read_clock,
    "amount": _read_number,
    "words": _read_words,
} | dict.fromkeys(("ymd", "dmy", "days", "day", "month", "ordinal"), _read_date)
