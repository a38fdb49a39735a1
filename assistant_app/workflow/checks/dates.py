"""Compares dates with the calendar: their years, weekdays that don't fit, days that follow from others.

The email's own date decides the year of "4 December", and the day of "next Tuesday".
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import islice, pairwise

from assistant_app.workflow.checks.facts import Fact, Value, facts

HEADER_LINES = 20
YEAR = re.compile(r"\d{4}|\d[./-]\s?\d\d?[./-]\s?\d\d")  # every way to write a full date has one of these
LONGEST_LINE = 200
FOLLOWING_DAYS = 21  # "Tuesday" in an email means a day within three weeks of it
# What may stand between a weekday and its date: "Friday, the 4th", "vendredi le 4", "4日(金)".
BETWEEN = re.compile(r"[\s,.(（]{0,3}(?:(?:the|der|den|dem|le|el|il|o|de|dnia|den)\s)?")


def sent_on(header: Iterable[tuple[str, str]]) -> date | None:
    """Return the day of an email's Date line, in whatever language the line is named."""
    for _, text in islice(header, HEADER_LINES):
        if not YEAR.search(text, 0, LONGEST_LINE):
            continue
        for fact in facts(text.strip()[:LONGEST_LINE]):
            for day in _days(fact.values):
                return day
    return None


def only_day(text: str) -> date | None:
    """Return the day that a short text names; None if it names none, or could mean several."""
    days = {day for fact in facts(text.strip()[:LONGEST_LINE]) for day in _days(fact.values)}
    return days.pop() if len(days) == 1 else None


def _days(values: Iterable[Value]) -> Iterator[date]:
    """Yield the full dates among the values of a fact."""
    for value in values:
        match value:
            case ("date", int(year), int(month), int(day)):
                if found := _date(year, month, day):
                    yield found


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def in_a_year(value: Value, sent: date | None) -> date | None:
    """Return the day that a date means: without a year, the one nearest to when the email was sent."""
    match value:
        case ("date", int(year), int(month), int(day)):
            return _date(year, month, day)
        case ("date", None, int(month), int(day)) if sent is not None:
            years = (_date(sent.year + by, month, day) for by in (-1, 0, 1))
            return min((each for each in years if each), key=lambda each: abs(each - sent), default=None)
    return None


def pairs(text: str, found: Sequence[Fact]) -> Iterator[tuple[Fact, int, Fact]]:
    """Yield each date that stands beside a weekday: the earlier fact, the weekday, and the later fact."""
    for before, after in pairwise(found):
        if not BETWEEN.fullmatch(text, before.end, after.start):
            continue
        for one, other in ((before, after), (after, before)):
            weekday = next((value[1] for value in one.values if value[0] == "weekday"), None)
            if isinstance(weekday, int) and any(value[0] == "date" for value in other.values):
                yield before, weekday, after


def _monthly(fact: Fact) -> set[Value]:
    return {value[2:] for value in fact.values if value[0] == "date" and None not in value[2:]}


class Calendar:
    """What the sources say about weekdays of dates, and when the email was sent."""

    def __init__(self, sent: date | None) -> None:
        self.sent = sent
        self._said: dict[Value, set[int]] = {}
        self._weekdays: set[int] = set()

    def add(self, text: str, found: Sequence[Fact]) -> None:
        for before, weekday, after in pairs(text, found):
            for day in _monthly(before) | _monthly(after):
                self._said.setdefault(day, set()).add(weekday)
        self._weekdays |= {
            value[1]
            for fact in found
            for value in fact.values
            if value[0] == "weekday" and type(value[1]) is int
        }

    def mismatches(self, text: str, found: Sequence[Fact]) -> Iterator[tuple[int, int]]:
        """Yield where a weekday stands beside a date of another one, unless a source has the same pair."""
        for before, weekday, after in pairs(text, found):
            values = [value for value in (*before.values, *after.values) if value[0] == "date"]
            monthly = _monthly(before) | _monthly(after)
            said = {each for day in monthly for each in self._said.get(day, ())}
            days = [day for value in values if (day := in_a_year(value, self.sent))]
            possible = {day.weekday() for day in days} if days else said
            if possible and weekday not in possible | said:
                yield before.start, after.end

    def follows(self, fact: Fact, counted: Collection[float]) -> bool:
        """Return whether a date follows from a weekday or a number of days that a source has."""
        if self.sent is None:
            return False
        for value in fact.values:
            match value:
                case ("date", None, None, int(number)):  # "the 7th"
                    days = [self.sent + timedelta(by) for by in range(FOLLOWING_DAYS)]
                    if any(day.day == number and day.weekday() in self._weekdays for day in days):
                        return True
                    continue
            day = in_a_year(value, self.sent)
            if day is None:
                continue
            after = (day - self.sent).days
            if 0 <= after <= FOLLOWING_DAYS and day.weekday() in self._weekdays:
                return True
            if after in (0, 1) or (after > 0 and float(after) in counted):
                return True
        return False
