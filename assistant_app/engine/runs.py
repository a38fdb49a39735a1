"""One run: what it was asked to do, how it is stopped, and how it ended, for whoever waits."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import Future
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from burr.lifecycle.base import LifecycleAdapter
from django.db import InterfaceError, OperationalError

from assistant_app.engine.writer import Writer
from assistant_app.errors import AssistantError, DatabaseUnavailable, InternalError, Interrupted
from assistant_app.llm.base import Call
from assistant_app.models import Application

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended, or how its claim did: the row as it was stored then, and what went wrong."""

    row: Application | None
    error: AssistantError | None = None


class RunListener:
    """Hears of one run, on the event loop of the runs: metrics, traces, live events. Must not block.

    The engine knows only this class; `AssistantConfig.ready` says who listens.
    """

    def hooks(self) -> Sequence[LifecycleAdapter]:
        """Return Burr hooks to run the application with."""
        return ()

    def step_started(self, position: str) -> None:
        """An action begins."""

    def token(self, text: str) -> None:
        """A streaming action let out a piece of text."""

    def call_made(self, call: Call) -> None:
        """A model was called."""

    def committed(self, row: Application) -> None:
        """A step, or the claim, was stored: `row` as it is now."""

    def claimed(self) -> None:
        """The run has its lease; comes once, after the first `committed`."""

    def ended(self, outcome: Outcome) -> None:
        """The run is over, or was refused; comes before anyone who waits for it is told."""


@dataclass(eq=False, slots=True)
class Run:
    """A run under way. `claimed` is done once its first transaction is, `ended` when it is over."""

    row: Application
    step: str | None = None  # the human step that is sent; none to go on with what is stored
    inputs: dict[str, Any] | None = None
    expected_version: int | None = None
    claimed: Future[Outcome] = field(default_factory=Future)
    ended: Future[Outcome] = field(default_factory=Future)
    task: asyncio.Task[None] | None = None
    writer: Writer | None = None  # once it has begun
    listeners: list[RunListener] = field(default_factory=list)
    stop_reason: AssistantError | None = None  # why it was cancelled, if it was

    @property
    def lease(self) -> uuid.UUID | None:
        return self.writer.token if self.writer else None

    def has_claimed(self, row: Application) -> None:
        """Say so to whoever waits, with the row as it was stored; once."""
        if self.claimed.done():
            return
        for listener in self.listeners:
            listener.claimed()
        self.claimed.set_result(Outcome(row))

    def finish(self, outcome: Outcome) -> None:
        for future in (self.claimed, self.ended):
            if not future.done():
                future.set_result(outcome)

    def stop(self, reason: AssistantError) -> None:
        """Cancel it, once: a second cancellation would hit the save of the first."""
        if self.stop_reason is None and self.task is not None:
            self.stop_reason = reason
            if self.writer is not None:
                self.writer.error = reason
            self.task.cancel()


# Called in the run's own task as it begins; None: this run is not listened to.
MakeListener = Callable[[Run], RunListener | None]


@asynccontextmanager
async def read_to_its_end(pieces: Any) -> AsyncIterator[None]:
    """Close the action's own generator with the block, or the model goes on until it is dropped."""
    try:
        yield
    finally:
        await pieces.streaming_result_generator.aclose()


def as_error(problem: BaseException) -> AssistantError:
    """Return what a person is told of an exception; of a mistake only type and place are logged, no text."""
    if isinstance(problem, AssistantError):
        return problem
    if isinstance(problem, asyncio.CancelledError):
        return Interrupted()
    if isinstance(problem, OperationalError | InterfaceError):
        return DatabaseUnavailable(retry_after=5)
    frame = problem.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    where = f"{frame.tb_frame.f_code.co_filename}:{frame.tb_lineno}" if frame else "nowhere"
    logger.error("A step failed with %s at %s", type(problem).__name__, where)
    return InternalError()
