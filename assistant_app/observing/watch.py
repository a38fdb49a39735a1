"""What an operator sees of runs: a log line for each, and Prometheus metrics.

The metrics are in memory; nothing here queries the database or blocks. Under gunicorn, each process writes
its own to files, and `/metrics` adds them up (`emailassistant/metrics.py`).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from burr.lifecycle.base import LifecycleAdapter
from prometheus_client import Counter, Gauge, Histogram

from assistant_app.engine.runs import RunListener
from assistant_app.errors import Cancelled, Superseded
from assistant_app.llm.base import Call
from assistant_app.observing import tracing
from assistant_app.observing.logs import Context, current, request_id

if TYPE_CHECKING:
    from assistant_app.engine.runs import Outcome, Run

logger = logging.getLogger(__name__)

# Seconds: a model may take one or a hundred.
LONG = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 160, 320)

RUNS_STARTED = Counter("emailassistant_runs_started", "Runs that took a lease.")
RUNS_ENDED = Counter(
    "emailassistant_runs_ended",
    "Runs by outcome: waiting, finished, failed, stopped by their owner, superseded, refused before.",
    ["outcome", "code"],
)
RUN_SECONDS = Histogram("emailassistant_run_seconds", "How long runs took.", ["outcome"], buckets=LONG)
LEASES_HELD = Gauge("emailassistant_leases_held", "Runs under way.", multiprocess_mode="livesum")
STREAMS_OPEN = Gauge("emailassistant_event_streams_open", "Open event streams.", multiprocess_mode="livesum")
CALLS = Counter("emailassistant_model_calls", "Model calls by purpose and error code.", ["purpose", "code"])
CALL_SECONDS = Histogram(
    "emailassistant_model_call_seconds", "How long model calls took.", ["purpose"], buckets=LONG
)
FIRST_TOKEN_SECONDS = Histogram(
    "emailassistant_model_first_token_seconds", "Time until the first token.", ["purpose"], buckets=LONG
)
TOKENS = Counter("emailassistant_tokens", "Tokens, as the model's server counts them.", ["direction"])


class Watch(RunListener):
    """Watches one run from the start of its task."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._began = time.monotonic()
        row = run.row
        current.set(Context(request_id(), str(row.pk), row.owner_id))  # in the run's own task
        self._otel = tracing.on()
        self._span = self._otel.begin(run) if self._otel else None

    def hooks(self) -> Sequence[LifecycleAdapter]:
        return tracing.hooks()

    def claimed(self) -> None:
        RUNS_STARTED.inc()
        LEASES_HELD.inc()

    def ended(self, outcome: Outcome) -> None:
        """Count and log how the run ended."""
        seconds = time.monotonic() - self._began
        name, code = self._name(outcome), outcome.error.code if outcome.error else ""
        if self._run.claimed.done():
            LEASES_HELD.dec()
            RUN_SECONDS.labels(name).observe(seconds)
        RUNS_ENDED.labels(name, code).inc()
        details = {"outcome": name, "code": code, "step": self._run.step or "", "seconds": round(seconds, 3)}
        logger.info("A run ended: %s.", name, extra={"details": details})
        if self._otel:
            self._otel.end(self._span, name, code)

    def call_made(self, call: Call) -> None:
        if otel := tracing.on():
            otel.call_made(call)
        CALLS.labels(call.purpose, call.error_code).inc()
        CALL_SECONDS.labels(call.purpose).observe(call.duration)
        if call.time_to_first_token is not None:
            FIRST_TOKEN_SECONDS.labels(call.purpose).observe(call.time_to_first_token)
        for direction, tokens in (("in", call.tokens_in), ("out", call.tokens_out)):
            if tokens:
                TOKENS.labels(direction).inc(tokens)

    def _name(self, outcome: Outcome) -> str:
        if not self._run.claimed.done():
            return "refused"
        if isinstance(outcome.error, Superseded):
            return "superseded"
        if isinstance(outcome.error, Cancelled):
            return "stopped"
        if outcome.error or outcome.row is None:
            return "failed"
        is_aside = outcome.row.has_stopped  # it changed something about a run that stopped before
        return "waiting" if is_aside else str(outcome.row.status)


@contextmanager
def stream_open() -> Iterator[None]:
    """Count one event stream for as long as the block lasts."""
    STREAMS_OPEN.inc()
    try:
        yield
    finally:
        STREAMS_OPEN.dec()
