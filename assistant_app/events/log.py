"""The events of a run, in order, in the memory of the process that runs it.

Written on the event loop of the runs, read on any event loop.
"""

from __future__ import annotations

import asyncio
import re
import threading
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from assistant_app.models import Application

Kind = Literal["step", "token", "draft", "state", "error"]
EventId = tuple[int, int]

_ID = re.compile("([0-9]{1,18})-([0-9]{1,18})")  # bounded, as `int` raises for thousands of digits


@dataclass(frozen=True, slots=True)
class Event:
    """One event. Its id is `<version>-<n>`: the n-th event since that version was saved.

    Data by kind: `step` `{position, phase: started | done}`, `token` `{text}`, `draft` `{text}` (the whole
    text so far, which replaces earlier text), `state` `{version, status, next_step}`, `error`
    `{code, message}`.

    `run` names the run that it belongs to; None if an older server wrote it to Redis.
    """

    version: int
    n: int
    kind: Kind
    data: dict[str, Any] = field(default_factory=dict)
    run: str | None = field(default=None, compare=False)

    @property
    def key(self) -> EventId:
        return self.version, self.n

    @property
    def id(self) -> str:
        return f"{self.version}-{self.n}"

    @property
    def is_last(self) -> bool:
        """Return whether this event ends the run."""
        return self.kind == "state" and self.data["status"] != "running"

    @property
    def email(self) -> str | None:
        """The email that it belongs to, as `email_of` names it; None if an older server wrote it."""
        return self.run.partition(" ")[0] if self.run else None


def email_of(row: Application) -> str:
    """Return a name that differs from that of an email that was deleted and had the same id."""
    return row.created_at.isoformat()


def run_of(row: Application) -> str | None:
    """Return the name of the run that holds the row's lease, or None."""
    return name_run(row, row.lease_token) if row.lease_token else None


def name_run(row: Application, lease: uuid.UUID) -> str:
    return f"{email_of(row)} {lease}"


def parse_id(text: str | None) -> EventId | None:
    """Return the two numbers of a `Last-Event-ID`; None if it has another format."""
    found = _ID.fullmatch(text or "")
    return (int(found[1]), int(found[2])) if found else None


def catch_up(events: Iterable[Event], after: EventId | None) -> list[Event]:
    """Return the events of the latest run that a reader has not seen, given the id of the last one it saw.

    A reader that saw an event of this run gets all later ones. Any other reader gets a summary: the current
    step, the text so far as one `draft` event, and the state.
    """
    events = latest_run(events)
    for position, event in enumerate(events):
        if event.key == after:
            return events[position + 1 :]
    return _summary(events)


def latest_run(events: Iterable[Event]) -> list[Event]:
    """Return the events of the latest run. Redis keeps those of earlier runs before them."""
    run: list[Event] = []
    started = ""
    for event in events:
        if run and (begins_run(run[-1], event) or _is_claim(event, started)):
            run, started = [], ""
        run.append(event)
        if event.kind == "step" and event.data["phase"] == "started":
            started = event.data["position"]
    return run


def are_current(events: list[Event], row: Application) -> bool:
    """Return whether the events are of this very email, and their latest run is as new as the row."""
    if not events or events[-1].version < row.version:
        return False
    return events[-1].email in (None, email_of(row))


def begins_run(before: Event, event: Event) -> bool:
    """Return whether an event belongs to a later run than the one before it.

    Only the holder of the lease can save a version, so events of one version belong to one run.
    """
    if before.version == event.version:
        return False
    if before.run or event.run:
        return before.run != event.run
    return before.is_last or event.version < before.version


def _is_claim(event: Event, started: str) -> bool:
    """Return whether an older server took over a run: a step is `done` that was not the one `started`."""
    return (
        event.run is None
        and event.kind == "step"
        and event.data["phase"] == "done"
        and started not in ("", event.data["position"])
    )


def _summary(events: list[Event]) -> list[Event]:
    latest: dict[str, Event] = {}
    text: list[str] = []
    for event in events:
        if event.kind == "step" and event.data["phase"] == "started":
            text.clear()
            latest.clear()
        elif event.kind == "draft":
            text[:] = [event.data["text"]]
        elif event.kind == "token":
            text.append(event.data["text"])
        latest.pop(event.kind, None)
        latest[event.kind] = event
    latest.pop("token", None)
    latest.pop("draft", None)
    short = list(latest.values())
    if text:
        newest = max(event.key for event in events if event.kind in ("token", "draft"))
        short.append(Event(*newest, "draft", {"text": "".join(text)}, events[-1].run))
    return sorted(short, key=lambda event: event.key)


class Log:
    """The events of one run, and the readers that wait for the next one."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.closed = False  # no more events will come, even if the run has not ended
        self._waiting: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()
        self._lock = threading.Lock()

    def append(self, event: Event) -> None:
        self.events.append(event)
        self._wake()

    def close(self) -> None:
        self.closed = True
        self._wake()

    def _wake(self) -> None:
        with self._lock:
            waiting, self._waiting = self._waiting, set()
        for loop, signal in waiting:
            if not loop.is_closed():
                loop.call_soon_threadsafe(signal.set)

    async def wait(self, seen: int, seconds: float) -> None:
        """Wait until there are more than `seen` events, the log is closed, or `seconds` have passed."""
        entry = (asyncio.get_running_loop(), asyncio.Event())
        with self._lock:
            if len(self.events) > seen or self.closed:
                return
            self._waiting.add(entry)
        try:
            await asyncio.wait_for(entry[1].wait(), seconds)
        except TimeoutError:
            pass
        finally:
            with self._lock:
                self._waiting.discard(entry)
