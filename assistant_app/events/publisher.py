"""Tells what a run does, as it does it. Never waits, never fails: a run does not depend on its readers."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

from assistant_app.events.log import Event, Kind, Log
from assistant_app.events.shared import SharedLogs
from assistant_app.models import Application

GATHER_SECONDS = 1 / 60  # text that comes faster is told in one piece: a reader's screen is no faster
KEEP_SECONDS = 60.0  # how long a run's events can be read after its end


class Publisher:
    """The logs of this process's runs. Used on the runs' event loop only, but for `log_of`."""

    def __init__(self, shared: SharedLogs | None = None) -> None:
        self._logs: dict[uuid.UUID, Log] = {}
        self._shared = shared

    def log_of(self, application_id: uuid.UUID) -> Log | None:
        """Return the log of the run that this process has or lately had; safe from any thread."""
        return self._logs.get(application_id)

    def open(self, row: Application) -> Narrator:
        """Begin the log of a run that was just claimed."""
        if (old := self._logs.get(row.pk)) is not None:
            old.close()
        log = self._logs[row.pk] = Log()
        return Narrator(self, row.pk, log)

    def tell(self, application_id: uuid.UUID, log: Log, event: Event) -> None:
        log.append(event)
        if self._shared is not None:
            self._shared.add(application_id, log, event)

    def close(self, application_id: uuid.UUID, log: Log) -> None:
        log.close()
        asyncio.get_running_loop().call_later(KEEP_SECONDS, self._forget, application_id, log)

    def _forget(self, application_id: uuid.UUID, log: Log) -> None:
        if self._logs.get(application_id) is log:
            del self._logs[application_id]

    async def aclose(self) -> None:
        """End every log, so that its readers go elsewhere; send what Redis has not had yet."""
        for log in list(self._logs.values()):
            log.close()
        if self._shared is not None:
            await self._shared.aclose()


class Narrator:
    """Numbers and tells the events of one run."""

    def __init__(self, publisher: Publisher, application_id: uuid.UUID, log: Log) -> None:
        self._publisher, self._application_id, self._log = publisher, application_id, log
        self._version, self._n = 0, 0
        self._text: list[str] = []
        self._text_told_at = 0.0  # by the loop's clock
        self._timer: asyncio.TimerHandle | None = None

    def step_started(self, position: str) -> None:
        self._tell("step", {"position": position, "phase": "started"})

    def token(self, text: str) -> None:
        """Tell a piece at once, or together with those that come within a moment of the one before."""
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
        """Tell what was stored: the step that is done, why it failed if it did, and how it stands."""
        self._send_text()
        self._version, self._n = row.version, 0
        if row.error_code:
            self._tell("error", {"code": row.error_code, "message": row.error_message})
        else:
            self._tell("step", {"position": row.position, "phase": "done"})
        self._tell("state", {"version": row.version, "status": row.status, "next_step": row.due_step})

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._publisher.close(self._application_id, self._log)

    def _tell(self, kind: Kind, data: dict[str, Any]) -> None:
        self._send_text()
        self._number_and_tell(kind, data)

    def _number_and_tell(self, kind: Kind, data: dict[str, Any]) -> None:
        self._n += 1
        event = Event(self._version, self._n, kind, data)
        self._publisher.tell(self._application_id, self._log, event)
