"""One run: its input, how it is stopped, and its outcome for the threads that wait for it."""

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

from assistant_app.engine.database_outage import outage
from assistant_app.engine.writer import Writer
from assistant_app.errors import AssistantError, InternalError, Interrupted
from assistant_app.llm.base import Call, ModelClient
from assistant_app.models import Application, IdempotencyKey

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run or its claim ended: the row as stored at that time, and the error if it failed."""

    row: Application | None
    error: AssistantError | None = None


class RunListener:
    """Receives the events of one run, for metrics, traces and live events.

    It is called on the event loop of the runs and must not block. The engine knows only this class;
    `AssistantConfig.ready` registers the listeners.
    """

    def hooks(self) -> Sequence[LifecycleAdapter]:
        """Return Burr hooks to run the application with."""
        return ()

    def step_started(self, position: str) -> None:
        """An action starts."""

    def token(self, text: str) -> None:
        """A streaming action yielded a piece of text; a `Replacement` replaces those before it."""

    def call_made(self, call: Call) -> None:
        """A model was called."""

    def committed(self, row: Application) -> None:
        """A step or the claim was saved; `row` is the saved row."""

    def claimed(self) -> None:
        """The run has its lease. Called once, after the first `committed`."""

    def ended(self, outcome: Outcome) -> None:
        """The run is over, or was refused. Called before the waiting threads are woken."""


@dataclass(eq=False, slots=True)
class Run:
    """A run under way. `claimed` is set after its first transaction, `ended` when the run is over."""

    row: Application
    step: str | None = None  # the human step that was sent; None to continue from the stored state
    inputs: dict[str, Any] | None = None
    expected_version: int | None = None
    key: IdempotencyKey | None = None  # stored with the claim
    extra: dict[str, Any] = field(default_factory=dict)  # inputs for any action that names them
    claimed: Future[Outcome] = field(default_factory=Future)
    ended: Future[Outcome] = field(default_factory=Future)
    task: asyncio.Task[None] | None = None
    writer: Writer | None = None  # set when the run starts
    listeners: list[RunListener] = field(default_factory=list)
    stop_reason: AssistantError | None = None  # set if the run was cancelled
    client: ModelClient | None = None  # instead of the model's: a recorded run, outside every budget
    skipped: asyncio.Event = field(default_factory=asyncio.Event)  # set if the owner wants no questions

    @property
    def lease(self) -> uuid.UUID | None:
        return self.writer.token if self.writer else None

    def has_claimed(self, row: Application) -> None:
        """Tell the listeners and set `claimed`, on the first call only."""
        if self.claimed.done():
            return
        for listener in self.listeners:
            listener.claimed()
        self.claimed.set_result(Outcome(row))

    def finish(self, outcome: Outcome) -> None:
        for future in (self.claimed, self.ended):
            if not future.done():
                future.set_result(outcome)

    def stop(self, reason: AssistantError, key: IdempotencyKey | None = None) -> None:
        """Cancel the run, once: a second cancellation would hit the save that the first one caused.

        Store `key`, of the request to stop it, with that save.
        """
        if self.stop_reason is None and self.task is not None:
            self.stop_reason = reason
            if self.writer is not None:
                self.writer.error = reason
                self.writer.stop_key = key
            self.task.cancel()


# Called in the run's own task when it starts; None if it does not listen to this run.
MakeListener = Callable[[Run], RunListener | None]


@asynccontextmanager
async def read_to_its_end(pieces: Any) -> AsyncIterator[None]:
    """Close the action's generator with the block, or the model works on until it is collected."""
    try:
        yield
    finally:
        await pieces.streaming_result_generator.aclose()


def as_error(problem: BaseException) -> AssistantError:
    """Return the error to show for an exception. For a bug, log only type and place, never its text."""
    if isinstance(problem, AssistantError):
        return problem
    if isinstance(problem, asyncio.CancelledError):
        return Interrupted()
    if (unavailable := outage(problem)) is not None:
        return unavailable
    frame = problem.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    where = f"{frame.tb_frame.f_code.co_filename}:{frame.tb_lineno}" if frame else "nowhere"
    logger.error("A step failed with %s at %s", type(problem).__name__, where)
    return InternalError()
