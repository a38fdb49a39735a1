"""Publishes a run's events; never blocks or raises, so a run does not depend on its readers."""

from __future__ import annotations

import asyncio
import os
import uuid
from typing import TYPE_CHECKING, Any

from django.conf import settings

from assistant_app.engine.runs import RunListener
from assistant_app.events.log import Event, Kind, Log, name_run
from assistant_app.events.shared import SharedLogs
from assistant_app.llm.base import Replacement
from assistant_app.models import Application

if TYPE_CHECKING:
    from assistant_app.engine.runs import Outcome, Run

GATHER_SECONDS = 1 / 60  # join tokens that come faster than a screen can show them
KEEP_SECONDS = 60.0  # how long events stay readable after the run's end


class Publisher:
    """The logs of this process's runs. Use it on the event loop of the runs only, except `log_of`."""

    def __init__(self) -> None:
        self._pid: int | None = None  # processes must not share a Redis client after `os.fork`
        self._logs: dict[uuid.UUID, Log] = {}
        self._shared: SharedLogs | None = None

    def narrator(self, run: Run) -> Narrator:
        if self._pid != os.getpid():
            self._logs = {}
            self._shared = SharedLogs(settings.REDIS_URL) if settings.REDIS_URL else None
            self._pid = os.getpid()
        return Narrator(self, run.row.pk)

    def log_of(self, application_id: uuid.UUID) -> Log | None:
        """Return the log of this process's current or recent run, or None. Thread-safe."""
        return self._logs.get(application_id) if self._pid == os.getpid() else None

    def open(self, application_id: uuid.UUID) -> Log:
        """Start the log of a run that was just claimed."""
        if (old := self._logs.get(application_id)) is not None:
            old.close()
        log = self._logs[application_id] = Log()
        return log

    def tell(self, application_id: uuid.UUID, log: Log, event: Event) -> None:
        log.append(event)
        is_latest = self._logs.get(application_id) is log  # not of a run that was taken over here
        if self._shared is not None and is_latest:
            self._shared.add(application_id, log, event)

    def close(self, application_id: uuid.UUID, log: Log) -> None:
        log.close()
        asyncio.get_running_loop().call_later(KEEP_SECONDS, self._forget, application_id, log)

    def _forget(self, application_id: uuid.UUID, log: Log) -> None:
        if self._logs.get(application_id) is log:
            del self._logs[application_id]

    async def aclose(self) -> None:
        """Close every log, so that its readers switch to another source; send the rest to Redis."""
        for log in list(self._logs.values()):
            log.close()
        shared, self._shared, self._pid = self._shared, None, None
        if shared is not None:
            await shared.aclose()


class Narrator(RunListener):
    """Numbers and publishes the events of one run, from its claim on."""

    def __init__(self, publisher: Publisher, application_id: uuid.UUID) -> None:
        self._publisher, self._application_id = publisher, application_id
        self._log: Log | None = None
        self._run = ""  # its name in events
        self._version, self._n = 0, 0
        self._text: list[str] = []
        self._text_told_at = 0.0  # by the loop's clock
        self._timer: asyncio.TimerHandle | None = None

    def step_started(self, position: str) -> None:
        if self._log is not None:
            self._tell("step", {"position": position, "phase": "started"})

    def token(self, text: str) -> None:
        """Publish a piece of text, at most once per `GATHER_SECONDS`; join the pieces in between."""
        if isinstance(text, Replacement):
            self._text.clear()
            self._number_and_tell("draft", {"text": str(text)})
            return
        self._text.append(text)
        if self._timer is None:
            loop = asyncio.get_running_loop()
            told_again_at = self._text_told_at + GATHER_SECONDS
            if loop.time() >= told_again_at:
                self._text_is_due()
            else:
                self._timer = loop.call_at(told_again_at, self._text_is_due)

    def _text_is_due(self) -> None:
        self._timer, self._text_told_at = None, asyncio.get_running_loop().time()
        self._send_text()

    def _send_text(self) -> None:
        text, self._text = "".join(self._text), []
        if text:
            self._number_and_tell("token", {"text": text})

    def committed(self, row: Application) -> None:
        """Publish what was saved: the completed step or its error, and the state."""
        if self._log is None:
            self._log = self._publisher.open(self._application_id)
            # A claim that also ends the run takes no lease.
            self._run = name_run(row, row.lease_token or uuid.uuid4())
        self._send_text()
        self._version, self._n = row.version, 0
        if row.error_code:
            self._tell("error", {"code": row.error_code, "message": row.error_message})
        else:
            self._tell("step", {"position": row.position, "phase": "done"})
        self._tell("state", {"version": row.version, "status": row.status, "next_step": row.due_step})

    def ended(self, outcome: Outcome) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._log is not None:
            self._publisher.close(self._application_id, self._log)

    def _tell(self, kind: Kind, data: dict[str, Any]) -> None:
        self._send_text()
        self._number_and_tell(kind, data)

    def _number_and_tell(self, kind: Kind, data: dict[str, Any]) -> None:
        self._n += 1
        event = Event(self._version, self._n, kind, data, self._run)
        if self._log is not None:
            self._publisher.tell(self._application_id, self._log, event)


publisher = Publisher()
