"""Writes an invitation (iCalendar, RFC 5545) as text: what, when, where, and who invites.

Tasks, journal entries and questions about free time, which programs send in the same form, are read, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from quopri import decodestring
from typing import Any

import icalendar

from assistant_app.mail import html_text, repetition
from assistant_app.mail.hidden import one_line
from assistant_app.mail.repetition import day

LONGEST = 200_000  # characters, with short lines counted as full ones
FULL_LINE = 75  # characters (RFC 5545, section 3.1)
MOST_EVENTS = 20
MOST_PEOPLE = 30
MOST_DATES = 20  # that a series leaves out or adds
_KINDS = {
    "REQUEST": "Invitation",
    "CANCEL": "Cancelled",
    "REPLY": "Answer to an invitation",
    "COUNTER": "Another time is proposed",
    "DECLINECOUNTER": "The other time is declined",
    "REFRESH": "Asks for the latest version of an event",
    "ADD": "Another date of an event",
    "PUBLISH": "Event",
}
_OTHER_KINDS = {"VTODO": "Task", "VJOURNAL": "Note", "VFREEBUSY": "Free and busy times"}
_READ = ("VEVENT", *_OTHER_KINDS)
_STATES = {
    "TENTATIVE": "not certain yet",
    "NEEDS-ACTION": "to be done",
    "IN-PROCESS": "in progress",
    "COMPLETED": "done",
    "DRAFT": "draft",
}
_ANSWERS = {
    "ACCEPTED": "accepts",
    "DECLINED": "declines",
    "TENTATIVE": "accepts tentatively",
    "COMPLETED": "has done it",
    "IN-PROCESS": "has begun",
}
_ONLINE = ("X-GOOGLE-CONFERENCE", "X-MICROSOFT-SKYPETEAMSMEETINGURL", "CONFERENCE", "URL")
# "/mozilla.org/20050126_1/Europe/Berlin" for Europe/Berlin
_VENDORS_ZONE = re.compile(r"(?<=TZID[=:])\"?/[^:;\r\n\"]{1,100}/([A-Z]\w{1,30}/[\w+-]{1,30})\"?(?=[:;\r\n])")
_LINE_END = re.compile(r"\r+\n?")
_MARK = re.compile(r"^(BEGIN|END):(\w{1,40})", re.IGNORECASE | re.MULTILINE)
_MAILTO = re.compile(r"mailto:", re.IGNORECASE)
_TAG = re.compile(r"\s*<(?:!doctype|html|body|p|div|br|span|table)\b", re.IGNORECASE)


def size_of(calendar: str) -> int:
    """Return what counts of a calendar: its characters, or its lines if those are short."""
    return max(len(calendar), FULL_LINE * calendar.count("\n"))


def to_text(calendar: str, zone: tzinfo = UTC) -> str:
    """Return a calendar's events as text, with times in the person's time zone; "" if it cannot be read."""
    if size_of(calendar) > LONGEST:
        return ""
    calendar = _whole(calendar)
    try:
        found = _parsed(calendar) or _parsed(_without_zones(calendar))
        events = [
            (event, str(each.get("METHOD", "")).upper())
            for each in found
            for event in each.walk()
            if event.name in _READ
        ]
        html = html_text.Allowance()
        texts = [
            "\n".join(_Entry(event, method, zone, html).lines()) for event, method in events[:MOST_EVENTS]
        ]
    except Exception:  # noqa: BLE001  # a damaged calendar raises nearly anything (ValueError, KeyError, AttributeError …)
        return ""
    if (more := len(events) - MOST_EVENTS) > 0:
        texts.append(f"And {more} more.")
    return "\n\n".join(texts)


def _parsed(calendar: str) -> list[Any]:
    """Return the calendars in a text; none if a part of it, such as a time zone, cannot be read."""
    try:
        return list(icalendar.Calendar.from_ical(calendar, multiple=True))
    except Exception:  # noqa: BLE001  # see `to_text`
        return []


def _without_zones(calendar: str) -> str:
    """Return a calendar without what it says about time zones."""
    kept: list[str] = []
    is_inside = False
    for line in calendar.split("\n"):
        mark = line.upper()
        is_inside = is_inside or mark == "BEGIN:VTIMEZONE"
        if not is_inside:
            kept.append(line)
        is_inside = is_inside and mark != "END:VTIMEZONE"
    return "\n".join(kept)


def _whole(calendar: str) -> str:
    """Return a calendar with plain line ends, known names of zones, and the ends that were cut off."""
    lines = _LINE_END.sub("\n", calendar.lstrip("\ufeff \r\n")).split("\n")
    is_folded = [
        below[:1] in (" ", "\t") for below in [*lines[1:], ""]
    ]  # its last space is a part of its text
    kept = (line if goes_on else line.rstrip() for line, goes_on in zip(lines, is_folded, strict=True))
    calendar = _VENDORS_ZONE.sub(r"\1", "\n".join(kept))
    missing: list[str] = []
    for mark, name in _MARK.findall(calendar):
        if mark.upper() == "BEGIN":
            missing.append(name)
        elif missing:
            missing.pop()
    return "\n".join([calendar.rstrip("\n"), *(f"END:{name}" for name in reversed(missing)), ""])


class _Entry:
    """An event, a task or the like."""

    def __init__(self, event: Any, method: str, zone: tzinfo, html: html_text.Allowance) -> None:
        self._event, self._method, self._zone, self._html = event, method, zone, html
        self._status = self._text("STATUS").upper()

    def lines(self) -> Iterator[str]:
        yield f"{self._kind}: {self._text('SUMMARY') or 'without a title'}"
        yield from self._times()
        if where := self._text("LOCATION"):
            yield f"Where: {where}"
        for address in list(dict.fromkeys(filter(None, map(self._text, _ONLINE))))[:2]:
            yield f"Online: {address}"
        if organiser := _person(self._first("ORGANIZER")):
            yield f"Organiser: {organiser}"
        yield from self._people()
        if state := _STATES.get(self._status):
            yield f"State: {state}"
        if comment := "\n".join(filter(None, (_said(each) for each in self._all("COMMENT")[:3]))):
            yield f"Comment: {comment}"
        if about := self._about():
            yield f"\n{about}"

    @property
    def _kind(self) -> str:
        if self._method == "CANCEL" or self._status == "CANCELLED":
            return _KINDS["CANCEL"]
        other = _OTHER_KINDS.get(self._event.name)
        if other and self._method in ("REPLY", "COUNTER"):
            return f"Answer ({other.lower()})"
        return other or _KINDS.get(self._method, "Event")

    # --- When -------------------------------------------------------------------------------------

    def _times(self) -> Iterator[str]:
        is_task = self._event.name == "VTODO"
        if when := self._span("DTSTART", "DTSTART" if is_task else "DTEND"):
            yield f"{'Begins' if is_task else 'When'}: {when}"
        if is_task and (due := self._span("DUE", "DUE")):
            yield f"Due: {due}"
        if one := self._span("RECURRENCE-ID", "RECURRENCE-ID"):
            yield f"Only this date of a series: {one}"
        for rule in self._all("RRULE")[:3]:
            yield f"Repeated: {_repeated(rule, self._zone)}"
        for name, word in (("RDATE", "Also"), ("EXDATE", "Except")):
            if dates := list(self._dates(name))[:MOST_DATES]:
                yield f"{word}: {'; '.join(dates)}"
        for busy in self._all("FREEBUSY")[:MOST_DATES]:
            if isinstance(period := getattr(busy, "dt", None), tuple):
                yield f"{str(busy.params.get('FBTYPE', 'BUSY')).title()}: {self._between(*period)}"

    def _span(self, first: str, last: str) -> str:
        """Return the time between two properties; what they say if that is no time."""
        start = self._moment(first)
        if start is None:
            return _said(self._first(first))
        end = self._moment(last)
        duration = self._moment("DURATION") if end is None else None
        if isinstance(duration, timedelta):
            end = start + duration
        return self._between(start, end, self._zone_of(first))

    def _between(self, start: date, end: date | timedelta | None, zone: str = "") -> str:
        if isinstance(end, timedelta):
            end = start + end
        if end is None or isinstance(start, datetime) != isinstance(end, datetime):
            end = start
        if isinstance(start, datetime) and isinstance(end, datetime):
            if not self._takes_whole_days(start, end):
                return self._clock(start, end, zone)
            start, end = start.date(), end.date()
        last = end - timedelta(days=1) if end > start else start  # the end is not included
        return f"{day(start)}, all day" if last == start else f"{day(start)} to {day(last)}, all day"

    def _takes_whole_days(self, start: datetime, end: datetime) -> bool:
        is_said = self._text("X-MICROSOFT-CDO-ALLDAYEVENT").upper() == "TRUE"
        return is_said and end > start and start.time() == end.time() == time()

    def _clock(self, start: datetime, end: datetime, zone: str) -> str:
        begin, finish = _local(start, self._zone), _local(end, self._zone)
        named = begin.tzname() if start.tzinfo else zone or "no time zone is said"
        if finish <= begin:
            return f"{day(begin)}, {begin:%H:%M} ({named})"
        to = f"{finish:%H:%M}" if begin.date() == finish.date() else f"{day(finish)}, {finish:%H:%M}"
        return f"{day(begin)}, {begin:%H:%M} to {to} ({named})"

    def _dates(self, name: str) -> Iterator[str]:
        for value in self._all(name):
            for each in _safely(value, "dts") or []:
                moment = _safely(each, "dt")
                first = moment[0] if isinstance(moment, tuple) else moment
                if isinstance(first, date):
                    yield self._between(first, None)

    def _moment(self, name: str) -> Any:
        """Return the time or duration of a property; None without one, or if it is damaged."""
        return _safely(self._first(name), "dt") if name in self._event else None

    def _zone_of(self, name: str) -> str:
        """Return the time zone that a property names, for one that is not known."""
        params = _safely(self._first(name), "params") or {}
        return one_line(str(params.get("TZID", "")))[:60]

    # --- Who and what -----------------------------------------------------------------------------

    def _people(self) -> Iterator[str]:
        people = self._all("ATTENDEE")
        if self._method in ("REPLY", "COUNTER"):
            for person in people[:MOST_PEOPLE]:
                yield f"{_person(person)} {_answer(person)}."
        elif people:
            names = ", ".join(filter(None, map(_person, people[:MOST_PEOPLE])))
            yield f"Invited: {names}{' and others' if len(people) > MOST_PEOPLE else ''}"

    def _about(self) -> str:
        text = "\n".join(str(each) for each in self._all("DESCRIPTION")).strip()
        html = text if _TAG.match(text) else str(self._first("X-ALT-DESC") or "") if not text else ""
        if not html:
            return text
        try:
            return html_text.read(html, self._html).text.strip()
        except html_text.TooMuch:
            return ""

    def _all(self, name: str) -> list[Any]:
        found = self._event.get(name, [])
        return found if isinstance(found, list) else [found]

    def _first(self, name: str) -> Any:
        return next(iter(self._all(name)), None)

    def _text(self, name: str) -> str:
        return _said(self._first(name))


def _said(value: Any) -> str:
    if value is None:
        return ""
    params = _safely(value, "params") or {}
    text = str(value)
    if str(params.get("ENCODING", "")).upper() == "QUOTED-PRINTABLE":  # as version 1 of the format has it
        text = decodestring(text.encode()).decode("utf-8", "replace")
    return one_line(text)


def _safely(value: Any, name: str) -> Any:
    """Return an attribute of a property; None if it is damaged."""
    try:
        return getattr(value, name, None)
    except Exception:  # noqa: BLE001  # `icalendar` raises for each use of a damaged property
        return None


def _repeated(rule: Any, zone: tzinfo) -> str:
    try:
        return repetition.in_words(rule, zone)
    except Exception:  # noqa: BLE001  # a damaged rule, see `_safely`
        return _said(rule)


def _local(moment: datetime, zone: tzinfo) -> datetime:
    return moment.astimezone(zone) if moment.tzinfo else moment


def _answer(person: Any) -> str:
    params = _safely(person, "params") or {}
    said = str(params.get("PARTSTAT", "")).upper()
    if said == "DELEGATED":
        others = params.get("DELEGATED-TO", "")
        names = others if isinstance(others, Iterable) and not isinstance(others, str) else [others]
        return (
            f"sends {', '.join(_MAILTO.sub('', one_line(str(each))) for each in names) or 'another'} instead"
        )
    return _ANSWERS.get(said, "has not answered")


def _person(value: Any) -> str:
    if not value:
        return ""
    address = _MAILTO.sub("", one_line(str(value)), count=1)
    name = one_line(str((_safely(value, "params") or {}).get("CN", "")))
    return f"{name} <{address}>" if name and name != address else address
