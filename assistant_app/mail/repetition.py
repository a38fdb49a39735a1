"""Says in words how often an event is repeated (RFC 5545, section 3.3.10)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, tzinfo

MOST_VALUES = 12  # of one part of a rule

_OFTEN = {
    "SECONDLY": ("every second", "seconds"),
    "MINUTELY": ("every minute", "minutes"),
    "HOURLY": ("hourly", "hours"),
    "DAILY": ("daily", "days"),
    "WEEKLY": ("weekly", "weeks"),
    "MONTHLY": ("monthly", "months"),
    "YEARLY": ("yearly", "years"),
}
_DAYS = {
    "MO": "Monday",
    "TU": "Tuesday",
    "WE": "Wednesday",
    "TH": "Thursday",
    "FR": "Friday",
    "SA": "Saturday",
    "SU": "Sunday",
}
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_PLACES = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", -1: "last", -2: "second last"}
_DAY = re.compile(r"([+-]?\d{1,2})?([A-Z]{2})")
_SAID = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS"}


def in_words(rule: Mapping[str, object], zone: tzinfo = UTC) -> str:
    """Return a rule in words, such as "every 2 weeks on Monday, 4 times". Unknown parts are named.

    Its last day is that of the person's time zone.
    """
    often, several = _OFTEN.get(_first(rule, "FREQ").upper(), ("repeatedly", "times"))
    every = _first(rule, "INTERVAL") or "1"
    text = often if every == "1" else f"every {every} {several}"
    text = " ".join([text, *_on(rule)])
    until, count = _values(rule, "UNTIL"), _first(rule, "COUNT")
    if until:
        last = until[0]
        if isinstance(last, datetime) and last.tzinfo:
            last = last.astimezone(zone)
        text += f", until {day(last) if isinstance(last, date) else last}"
    if count:
        text += ", once" if count == "1" else f", {count} times"
    return text


def day(moment: date) -> str:
    return f"{moment:%A}, {moment.day} {moment:%B %Y}"


def _on(rule: Mapping[str, object]) -> Iterator[str]:
    """Yield on which days and in which months."""
    if days := [_day(str(each)) for each in _values(rule, "BYDAY")]:
        is_each = any(each.startswith("the ") for each in days)
        place = [_place(int(str(each))) for each in _values(rule, "BYSETPOS")]
        if place and not is_each:
            yield f"on the {_listed(place)} {_listed(days, 'or')}"
        else:
            yield f"on {_listed(days)}"
    if days := [_of_month(int(str(each))) for each in _values(rule, "BYMONTHDAY")]:
        yield f"on {_listed(days)}"
    months = [int(str(each)) for each in _values(rule, "BYMONTH")]
    if months := [_MONTHS[month - 1] for month in months if 0 < month < 13]:  # type: ignore[misc]
        yield f"in {_listed(map(str, months))}"
    for name in rule:
        if name.upper() not in _SAID:
            yield f"({name.upper()}: {', '.join(str(each) for each in _values(rule, name))})"


def _day(said: str) -> str:
    found = _DAY.fullmatch(said.upper())
    if found is None or found[2] not in _DAYS:
        return said
    return f"the {_place(int(found[1]))} {_DAYS[found[2]]}" if found[1] else _DAYS[found[2]]


def _place(number: int) -> str:
    return _PLACES.get(number, f"{abs(number)}th{' last' if number < 0 else ''}")


def _of_month(number: int) -> str:
    return f"day {number}" if number > 0 else f"the {_place(number)} day"


def _listed(texts: object, word: str = "and") -> str:
    *others, last = list(texts)  # type: ignore[call-overload]
    return f"{', '.join(others)} {word} {last}" if others else str(last)


def _values(rule: Mapping[str, object], name: str) -> list[object]:
    found = rule.get(name) or []
    return list(found)[:MOST_VALUES] if isinstance(found, list) else [found]


def _first(rule: Mapping[str, object], name: str) -> str:
    return str(next(iter(_values(rule, name)), ""))
