"""Traces of runs for OpenTelemetry, with Burr's bridge but without any mail text.

Imported only with `OTEL=1`; needs the packages of requirements-otel.txt. OpenTelemetry's own variables,
e.g. `OTEL_EXPORTER_OTLP_ENDPOINT`, say where the traces go.
"""

from __future__ import annotations

import time
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from burr.integrations.opentelemetry import OpenTelemetryBridge
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, Status, StatusCode, Tracer

from assistant_app.errors import AssistantError
from assistant_app.llm.base import Call
from assistant_app.observing.logs import request_id

if TYPE_CHECKING:
    from assistant_app.engine.runs import Run

NAME = "emailassistant"


@lru_cache(maxsize=1)
def tracer() -> Tracer:
    """Return a tracer of the configured provider, or of a new one that exports over OTLP."""
    if not isinstance(trace.get_tracer_provider(), TracerProvider):
        provider = TracerProvider(resource=Resource.create({"service.name": NAME}))
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        trace.set_tracer_provider(provider)
    return trace.get_tracer(NAME)


class Bridge(OpenTelemetryBridge):
    """Burr's bridge for steps. Exceptions are reduced to code or type: their text may repeat mail."""

    def pre_run_execute_call(self, **future_kwargs: Any) -> None:
        """Do nothing: the run has its own span, which is longer."""

    def post_run_execute_call(self, **future_kwargs: Any) -> None:
        """Do nothing, as in `pre_run_execute_call`."""

    def do_log_attributes(self, **future_kwargs: Any) -> None:
        """Do nothing: attributes that an action logs may hold mail text."""

    def pre_run_step(self, *, action: Any, **future_kwargs: Any) -> None:
        super().pre_run_step(action=action)
        trace.get_current_span().set_attribute(f"{NAME}.sequence_id", future_kwargs["sequence_id"])

    def post_run_step(self, *, exception: BaseException | None = None, **future_kwargs: Any) -> None:
        told: Any = Exception(_code(exception)) if exception else None
        super().post_run_step(exception=told)


def begin(run: Run) -> Span:
    """Start the span of a run and make it the current span of its task."""
    names = {"application": str(run.row.pk), "user": run.row.owner_id, "request": request_id()}
    attributes: dict[str, Any] = {f"{NAME}.{name}": value for name, value in names.items()}
    span = tracer().start_span(f"run {run.step or 'retry'}", attributes=attributes)
    trace.context_api.attach(trace.set_span_in_context(span))
    return span


def end(span: Span, outcome: str, code: str) -> None:
    span.set_attribute(f"{NAME}.outcome", outcome)
    is_error = code and outcome != "stopped"
    span.set_status(Status(StatusCode.ERROR, code) if is_error else Status(StatusCode.OK))
    span.end()


def call_made(call: Call) -> None:
    """Add the span of a model call that has just ended to the span of its step."""
    now = time.time_ns()
    known = {
        "gen_ai.request.model": call.model,
        "gen_ai.usage.input_tokens": call.tokens_in,
        "gen_ai.usage.output_tokens": call.tokens_out,
        f"{NAME}.time_to_first_token": call.time_to_first_token,
        f"{NAME}.attempts": call.attempts,
    }
    attributes = {name: value for name, value in known.items() if value is not None}
    begun = now - int(call.duration * 1e9)
    span = tracer().start_span(f"model {call.purpose}", start_time=begun, attributes=attributes)
    span.set_status(Status(StatusCode.ERROR, call.error_code) if call.error_code else Status(StatusCode.OK))
    span.end(now)


def hook() -> Bridge:
    return Bridge(tracer=tracer())


def _code(problem: BaseException) -> str:
    return problem.code if isinstance(problem, AssistantError) else type(problem).__name__
