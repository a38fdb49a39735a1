"""Compares dates with the calendar: their years, weekdays that don't fit, days that follow from others.

The email's own date decides the year of "4 December", and the day of "next Tuesday".
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice, pairwise

from assistant_app.workflow.checks.facts import Fact, Value, facts

HEADER_LINES = 20
YEAR = re.compile(r"\d{4}|\d[./-]\s?\d\d?[./-]\s?\d\d")  # every way to write a full date has one of these
LONGEST_LINE = 200
FOLLOWING_DAYS = 13  # "Tuesday" in an email is the next or the second one after it
MOST_COUNTED = 7  # days until a weekday that needs no date
DAYS_BEFORE, DAYS_BEHIND = 10, 62  # "the 12th" is at most so far from the day of the email
# What may stand between a weekday and its date: "Friday, the 4th", "vendredi le 4", "4日(金)".
BETWEEN = re.compile(r"[\s,.(（]{0,3}(?:(?:the|der|den|dem|le|el|il|o|de|dia|día|dnia|den)\s)?")
JOINED = re.compile(r"[\s,.(（]{0,3}")  # between a date and its weekday


def sent_on(header: Iterable[tuple[str, str]]) -> date | None:
    """Return the day of an email's Date line, in whatever language the line is named."""
    for _, text in islice(header, HEADER_LINES):
        if not YEAR.search(text, 0, LONGEST_LINE):
            continue
        found = facts(text.strip()[:LONGEST_LINE])
        for fact in found:
            if day := _with_its_weekday(set(_days(fact.values)), found):
                return day
    return None


def _with_its_weekday(days: set[date], found: Sequence[Fact]) -> date | None:
    """Return the only day that "3/11/2026" can mean, by the weekday in the same line if it needs one."""
    weekdays = {value[1] for fact in found for value in fact.values if value[0] == "weekday"}
    if len(days) > 1:
        days = {day for day in days if day.weekday() in weekdays}
    return days.pop() if len(days) == 1 else None


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


@dataclass(frozen=True, slots=True)
class Pair:
    """A date that stands beside a weekday."""

    weekday: int
    named: Fact  # the fact that is the weekday
    day: Fact

    @property
    def span(self) -> tuple[int, int]:
        return min(self.named.start, self.day.start), max(self.named.end, self.day.end)


def pairs(text: str, found: Sequence[Fact]) -> Iterator[Pair]:
    """Yield each date that stands beside a weekday."""
    for before, after in pairwise(found):
        if not before.kind == after.kind == "date" or not BETWEEN.fullmatch(text, before.end, after.start):
            continue
        # In Italian, "o" is no article but "or": "14 ottobre o giovedì".
        is_close = JOINED.fullmatch(text, before.end, after.start) is not None
        for named, day in ((before, after), (after, before)) if is_close else ((before, after),):
            weekday = next((value[1] for value in named.values if value[0] == "weekday"), None)
            if isinstance(weekday, int) and _monthly(day):
                yield Pair(weekday, named, day)


def _monthly(fact: Fact) -> set[Value]:
    """Return the month, if it is said, and the day of each date that a fact may mean."""
    return {value[2:] for value in fact.values if value[0] == "date" and value[3] is not None}


def _months(found: Iterable[Fact]) -> set[int]:
    return {
        value[2]
        for fact in found
        for value in fact.values
        if value[0] == "date" and isinstance(value[2], int)
    }


class Calendar:
    """What the sources say about weekdays of dates, and when the email was sent."""

    def __init__(self, sent: date | None) -> None:
        self.sent = sent
        self._said: dict[Value, set[int]] = {}
        self._weekdays: set[int] = set()
        self._months: set[int] = set()

    def add(self, text: str, found: Sequence[Fact]) -> None:
        for pair in pairs(text, found):
            for day in _monthly(pair.day):
                self._said.setdefault(day, set()).add(pair.weekday)
        self._months |= _months(found)
        self._weekdays |= {
            value[1]
            for fact in found
            for value in fact.values
            if value[0] == "weekday" and type(value[1]) is int
        }

    def beside(self, text: str, found: Sequence[Fact]) -> list[tuple[Pair, bool]]:
        """Return each date beside a weekday, and whether it is its own. Not those that could be any day.

        What a source says counts, also if the calendar says otherwise.
        """
        months = self._months | _months(found)
        known = [(pair, self._weekdays_of(pair.day, months)) for pair in pairs(text, found)]
        return [(pair, pair.weekday in possible) for pair, possible in known if possible]

    def _weekdays_of(self, fact: Fact, months: set[int]) -> set[int]:
        """Return the weekdays that a date may have, by the calendar and by what the sources say."""
        said = {each for day in _monthly(fact) for each in self._said.get(day, ())}
        days: set[date] = set()
        for value in fact.values:
            match value:
                case ("date", None, None, int(number)):  # "the 12th"
                    days.update(self._near(number, months))
                case _:
                    days.update(filter(None, [in_a_year(value, self.sent)]))
        return {day.weekday() for day in days} | said

    def _near(self, number: int, months: set[int]) -> Iterator[date]:
        """Yield the days of that number around the email's, and in the months that are named."""
        if self.sent is None:
            return
        for by in range(-DAYS_BEFORE, DAYS_BEHIND):
            if (day := self.sent + timedelta(by)).day == number:
                yield day
        for month in months:
            if found := in_a_year(("date", None, month, number), self.sent):
                yield found

    def follows(self, fact: Fact, counted: Collection[float], numbered: Collection[float]) -> bool:
        """Return whether a date follows from what a source has: a weekday, a number of days, a bare day.

        `numbered` are the days that are said without a month ("dia 22"), which is one near the email's day.
        """
        if self.sent is None:
            return False
        for value in fact.values:
            match value:
                case ("weekday", int(weekday)):  # of "in three days"
                    days = [self.sent + timedelta(by) for by in counted if by < MOST_COUNTED]
                    if any(day.weekday() == weekday for day in days):
                        return True
                    continue
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
            if float(day.day) in numbered and -DAYS_BEFORE <= after < DAYS_BEHIND:
                return True
            if after in (0, 1) or (after > 0 and float(after) in counted):
                return True
        return False
