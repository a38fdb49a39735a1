"""What hears of a run while it runs: metrics, traces, live events.

The engine knows only this class. `AssistantConfig.ready` says who listens, so that nothing here imports them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from burr.lifecycle.base import LifecycleAdapter

from assistant_app.llm.base import Call
from assistant_app.models import Application

if TYPE_CHECKING:
    from assistant_app.engine.runs import Outcome, Run


class RunListener:
    """Hears of one run, on the event loop of the runs; override what matters. Must not block."""

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


# Called in the run's own task as it begins; None: this run is not listened to.
MakeListener = Callable[["Run"], RunListener | None]
