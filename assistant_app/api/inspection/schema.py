"""OpenAPI descriptions of the endpoints for steps, calls and usage."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema

from assistant_app.api.inspection.serializers import (
    CallDetail,
    CallSummary,
    StepDetail,
    StepSummary,
    UsageShown,
)
from assistant_app.api.schema import ALWAYS, ONE, answers, example, number_in_path
from assistant_app.inspection import usage
from assistant_app.workflow import examples

CALL_EXAMPLE: dict[str, Any] = {
    "number": 2,
    "url": f"{examples.BASE}/calls/2/",
    "step": 3,
    "purpose": "draft",
    "provider": "api.openai.com",
    "model": "gpt-5-mini",
    "tokens_in": 2118,
    "tokens_out": 196,
    "time_to_first_token": 0.61,
    "duration": 6.4,
    "attempts": 1,
    "cost": "0.0009215",
    "currency": "$",
    "prompt_version": "2",
    "error": None,
    "created_at": "2026-01-05T09:01:30Z",
}
TOTALS = {
    "calls": 2,
    "failed_calls": 0,
    "tokens_in": 3322,
    "tokens_out": 257,
    "duration": 8.3,
    "cost": "0.0013445",
    "calls_without_cost": 0,
}
CALL_IN_FULL = CALL_EXAMPLE | {
    "messages": [{"role": "system", "content": "You write …"}, {"role": "user", "content": "The email: …"}],
    "parameters": {"max_tokens": 4000, "stream": True},
    "reply": examples.FIRST_DRAFT,
    "curl": "curl -sS -N https://api.openai.com/v1/chat/completions …",
}
USED = {
    "first_day": "2026-01-05",
    "last_day": "2026-01-05",
    "currency": "$",
    "total": TOTALS,
    "days": [{"day": "2026-01-05", **TOTALS}],
}


STEPS = extend_schema(
    operation_id="list_steps",
    summary="List the steps, oldest first",
    responses=answers({200: StepSummary(many=True)}, [*ALWAYS, *ONE]),
    examples=example("A draft was written", examples.STEP),
)
STEP = extend_schema(
    operation_id="get_step",
    summary="Show a step, its changes, and the state after it",
    parameters=[number_in_path("number", "Number of the step.", digits=9)],
    responses=answers({200: StepDetail}, [*ALWAYS, *ONE]),
    examples=example("A draft was written", examples.STEP_IN_FULL),
)
CALLS = extend_schema(
    operation_id="list_calls",
    summary="List the calls to the model, oldest first",
    responses=answers({200: CallSummary(many=True)}, [*ALWAYS, *ONE]),
    examples=example("A draft", CALL_EXAMPLE),
)
CALL = extend_schema(
    operation_id="get_call",
    summary="Show a call to the model in full",
    parameters=[number_in_path("number", "Number of the call.", digits=9)],
    responses=answers({200: CallDetail}, [*ALWAYS, *ONE]),
    examples=example("A draft", CALL_IN_FULL),
)
USAGE = extend_schema(
    operation_id="get_usage",
    summary="Show your model usage per day",
    parameters=[
        OpenApiParameter(
            "days",
            {"type": "integer", "minimum": 1, "maximum": usage.MOST_DAYS, "default": usage.DAYS},
            description="How many days.",
        ),
        OpenApiParameter("until", OpenApiTypes.DATE, description="The last day; today by default."),
    ],
    responses=answers({200: UsageShown}, ALWAYS),
    examples=example("One day", USED),
)
