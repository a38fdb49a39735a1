"""Writes an invitation (iCalendar, RFC 5545) as text: what, when, where, and who invites."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

import icalendar

from assistant_app.mail.hidden import one_line

LONGEST = 200_000  # characters
MOST_EVENTS = 20
MOST_PEOPLE = 30
_KINDS = {
    "REQUEST": "Invitation",
    "CANCEL": "Cancelled",
    "REPLY": "Answer to an invitation",
    "COUNTER": "Another time is proposed",
    "PUBLISH": "Event",
}
_ANSWERS = {"ACCEPTED": "accepts", "DECLINED": "declines", "TENTATIVE": "accepts tentatively"}
_OFTEN = {"DAILY": "daily", "WEEKLY": "weekly", "MONTHLY": "monthly", "YEARLY": "yearly"}


def to_text(calendar: str, zone: tzinfo = UTC) -> str:
    """Return a calendar's events as text, with times in the person's time zone; "" if it cannot be read."""
    if len(calendar) > LONGEST:
        return ""
    try:
        found = icalendar.Calendar.from_ical(calendar)
        events = found.walk("VEVENT")[:MOST_EVENTS]
        method = str(found.get("METHOD", "")).upper()
        return "\n\n".join("\n".join(_lines(event, method, zone)) for event in events)
    except Exception:  # noqa: BLE001  # a damaged calendar raises nearly anything (ValueError, KeyError, AttributeError …)
        return ""


def _lines(event: Any, method: str, zone: tzinfo) -> Iterator[str]:
    kind = _KINDS.get("CANCEL" if event.get("STATUS") == "CANCELLED" else method, "Event")
    yield f"{kind}: {_text(event, 'SUMMARY') or 'without a title'}"
    if when := _when(event, zone):
        yield f"When: {when}"
    if repeated := _repeated(event):
        yield f"Repeated: {repeated}"
    if where := _text(event, "LOCATION"):
        yield f"Where: {where}"
    if organiser := _person(event.get("ORGANIZER")):
        yield f"Organiser: {organiser}"
    people = event.get("ATTENDEE") or []
    people = people if isinstance(people, list) else [people]
    if method in ("REPLY", "COUNTER"):
        for person in people[:MOST_PEOPLE]:
            answer = _ANSWERS.get(str(person.params.get("PARTSTAT", "")).upper(), "has not answered")
            yield f"{_person(person)} {answer}."
    elif people:
        names = [_person(person) for person in people[:MOST_PEOPLE]]
        yield f"Invited: {', '.join(filter(None, names))}{' and others' if len(people) > MOST_PEOPLE else ''}"
    if about := str(event.get("DESCRIPTION", "")).strip():
        yield f"\n{about}"


def _when(event: Any, zone: tzinfo) -> str:
    if "DTSTART" not in event:
        return ""
    start = event["DTSTART"].dt
    if "DTEND" in event:
        end = event["DTEND"].dt
    elif "DURATION" in event:
        end = start + event["DURATION"].dt
    else:
        end = start
    if not isinstance(start, datetime):
        last = (
            end - timedelta(days=1) if isinstance(end, date) and end > start else start
        )  # the end is not included
        return _day(start) if last == start else f"{_day(start)} to {_day(last)}"
    begin, finish = _local(start, zone), _local(end, zone)
    named = f" ({begin.tzname()})" if start.tzinfo else ""
    if begin == finish:
        return f"{_day(begin)}, {begin:%H:%M}{named}"
    to = f"{finish:%H:%M}" if begin.date() == finish.date() else f"{_day(finish)}, {finish:%H:%M}"
    return f"{_day(begin)}, {begin:%H:%M} to {to}{named}"


def _local(time: datetime, zone: tzinfo) -> datetime:
    return time.astimezone(zone) if time.tzinfo else time


def _day(day: date) -> str:
    return f"{day:%A}, {day.day} {day:%B %Y}"


def _repeated(event: Any) -> str:
    rule = event.get("RRULE")
    if not rule:
        return ""
    often = _OFTEN.get(str((rule.get("FREQ") or [""])[0]).upper(), "yes")
    every = (rule.get("INTERVAL") or [1])[0]
    until = (rule.get("UNTIL") or [None])[0]
    count = (rule.get("COUNT") or [None])[0]
    text = often if every == 1 else f"{often}, every {every}"
    if isinstance(until, date):
        return f"{text}, until {_day(until)}"
    return f"{text}, {count} times" if count else text


def _text(event: Any, name: str) -> str:
    return one_line(str(event.get(name, "")))


def _person(value: Any) -> str:
    if not value:
        return ""
    address = one_line(str(value)).removeprefix("mailto:").removeprefix("MAILTO:")
    name = one_line(str(value.params.get("CN", ""))) if hasattr(value, "params") else ""
    return f"{name} <{address}>" if name and name != address else address
