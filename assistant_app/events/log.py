"""The events of a run, in order, in the memory of the process that runs it.

Written on the event loop of the runs, read on any event loop.
"""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["step", "token", "draft", "state", "error"]
EventId = tuple[int, int]

_ID = re.compile("([0-9]{1,18})-([0-9]{1,18})")  # bounded, as `int` raises for thousands of digits


@dataclass(frozen=True, slots=True)
class Event:
    """One event. Its id is `<version>-<n>`: the n-th event since that version was saved.

    Data by kind: `step` `{position, phase: started | done}`, `token` `{text}`, `draft` `{text}` (the whole
    text so far, which replaces earlier text), `state` `{version, status, next_step}`, `error`
    `{code, message}`.
    """

    version: int
    n: int
    kind: Kind
    data: dict[str, Any] = field(default_factory=dict)

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


def parse_id(text: str | None) -> EventId | None:
    """Return the two numbers of a `Last-Event-ID`; None if it has another format."""
    found = _ID.fullmatch(text or "")
    return (int(found[1]), int(found[2])) if found else None


def catch_up(events: Iterable[Event], after: EventId | None) -> list[Event]:
    """Return the events that a reader has not seen, given the id of the last one that it saw.

    A reader that saw an event of this run gets all later ones. Any other reader gets a summary: the current
    step, the text so far as one `draft` event, and the state.
    """
    events = list(events)
    for position, event in enumerate(events):
        if event.key == after:
            return events[position + 1 :]
    return _summary(events)


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
        short.append(Event(*newest, "draft", {"text": "".join(text)}))
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
