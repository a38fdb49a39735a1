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
from assistant_app.api.schema import (
    ALWAYS,
    FIRST_DRAFT,
    ONE,
    STATE_EXAMPLE,
    answers,
    example,
    number_in_path,
)
from assistant_app.inspection import usage

BASE = "http://127.0.0.1:8000/api/applications/0b6f2b5e-3c60-4c0e-9d5e-5a3f1f6d8f10"
STEP_EXAMPLE: dict[str, Any] = {
    "number": 3,
    "url": f"{BASE}/steps/3/",
    "position": "formulate_draft",
    "base": 2,
    "status": "completed",
    "by_person": False,
    "on_the_way": True,
    "started_at": "2026-01-05T09:01:24Z",
    "finished_at": "2026-01-05T09:01:30Z",
    "changed": ["draft_history", "draft_sources", "current_draft", "draft_number"],
    "calls": [2],
    "error": None,
}
CALL_EXAMPLE: dict[str, Any] = {
    "number": 2,
    "url": f"{BASE}/calls/2/",
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
SOURCE = {"by": "model", "of": None, "feedback": 0}
STEP_IN_FULL = STEP_EXAMPLE | {
    "changes": [
        {"key": "draft_history", "before": None, "after": None, "appended": [FIRST_DRAFT]},
        {"key": "draft_sources", "before": None, "after": None, "appended": [SOURCE]},
        {"key": "current_draft", "before": None, "after": FIRST_DRAFT, "appended": None},
        {"key": "draft_number", "before": None, "after": 1, "appended": None},
    ],
    "state": {
        "incoming_email": STATE_EXAMPLE.value["email_to_respond"],
        "response_instructions": STATE_EXAMPLE.value["response_instructions"],
        "clarification_questions": STATE_EXAMPLE.value["questions"],
        "clarification_reasons": STATE_EXAMPLE.value["question_reasons"],
        "clarification_choices": STATE_EXAMPLE.value["question_choices"],
        "clarification_answers": STATE_EXAMPLE.value["answers"],
        "clarification_error": None,
        "draft_history": [FIRST_DRAFT],
        "draft_sources": [SOURCE],
        "current_draft": FIRST_DRAFT,
        "draft_number": 1,
        "assumptions": [],
        "feedback": "",
        "feedback_history": [],
        "final_draft": None,
        "said_on": {"instructions": "2026-01-05", "answers": "2026-01-05"},
    },
}
CALL_IN_FULL = CALL_EXAMPLE | {
    "messages": [{"role": "system", "content": "You write …"}, {"role": "user", "content": "The email: …"}],
    "parameters": {"max_tokens": 4000, "stream": True},
    "reply": FIRST_DRAFT,
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
    examples=example("A draft was written", STEP_EXAMPLE),
)
STEP = extend_schema(
    operation_id="get_step",
    summary="Show a step, its changes, and the state after it",
    parameters=[number_in_path("number", "Number of the step.", digits=9)],
    responses=answers({200: StepDetail}, [*ALWAYS, *ONE]),
    examples=example("A draft was written", STEP_IN_FULL),
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
