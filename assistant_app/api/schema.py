"""OpenAPI descriptions of the endpoints: every status code, and an example for each error."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import build_bearer_security_scheme_object
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.serializers import Serializer

from assistant_app import errors
from assistant_app.api import filters
from assistant_app.api.serializers import (
    ApplicationState,
    ApplicationSummary,
    Error,
    NewApplication,
    StepInput,
)
from assistant_app.errors import AssistantError
from assistant_app.models import Application
from assistant_app.workflow import steps
from assistant_app.workflow.steps import HumanStep

Example = tuple[str, str]  # code, message


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = "assistant_app.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return build_bearer_security_scheme_object(header_name="Authorization", token_prefix="Token")  # noqa: S106


class _NotSignedIn(AssistantError):
    """Authentication credentials were not provided."""

    code, status = "not_signed_in", 401


class _Forbidden(AssistantError):
    """CSRF Failed: CSRF token missing."""

    code, status = "forbidden", 403


class _UnsupportedMediaType(AssistantError):
    """Unsupported media type "text/plain" in request."""

    code, status = "unsupported_media_type", 415


class _Throttled(AssistantError):
    """Request was throttled. Expected available in 12 seconds."""

    code, status = "throttled", 429


ErrorClass = type[AssistantError]
ALWAYS: list[ErrorClass] = [_NotSignedIn, _Throttled, errors.InternalError, errors.DatabaseUnavailable]
WRITING: list[ErrorClass] = [*ALWAYS, _Forbidden, errors.InvalidInput]
WITH_BODY: list[ErrorClass] = [*WRITING, errors.BodyTooLarge, _UnsupportedMediaType]
ONE: list[ErrorClass] = [errors.ApplicationNotFound]
NOT_AT_THE_END: list[ErrorClass] = [errors.Finished, errors.NothingToRegenerate]
OVER_LIMIT: list[ErrorClass] = [errors.BudgetSpent, errors.TooManyRuns, errors.TooManyRounds]
RUN: list[ErrorClass] = [
    errors.AlreadyRunning,
    errors.StaleVersion,
    errors.Superseded,
    errors.Cancelled,
    errors.ModelFailed,
    errors.ModelUnavailable,
    errors.ModelTimeout,
    errors.Interrupted,
    errors.ShuttingDown,
    *OVER_LIMIT,
]

# All examples describe the same email.
FIRST_DRAFT = "Hello, 60 sensors ship on Thursday. You get a credit note within 14 days.\n\n[Your name]"
SECOND_DRAFT = "Hello, 60 sensors ship on Thursday, the others on 10 December."
STATE_EXAMPLE = OpenApiExample(
    "A draft to review",
    response_only=True,
    status_codes=["200"],
    value={
        "app_id": "0b6f2b5e-3c60-4c0e-9d5e-5a3f1f6d8f10",
        "email_to_respond": "Subject: Late delivery\n\nWhere are my 96 sensors?",
        "response_instructions": "60 ship on Thursday.",
        "questions": ["When do the others ship?"],
        "question_reasons": ["She asks about all 96; your instructions name 60."],
        "answers": ["On 10 December."],
        "drafts": [FIRST_DRAFT],
        "draft_number": 1,
        "assumptions": [],
        "feedback_history": [],
        "final_draft": None,
        "next_step": "process_feedback",
        "next_url": "http://127.0.0.1:8000/api/applications/0b6f2b5e-3c60-4c0e-9d5e-5a3f1f6d8f10/process_feedback/",
        "status": "waiting",
        "version": 4,
        "title": "Late delivery",
        "error": None,
        "parent": None,
        "created_at": "2026-01-05T09:00:00Z",
        "updated_at": "2026-01-05T09:01:30Z",
    },
)
ETAG = OpenApiParameter(
    "ETag",
    str,
    OpenApiParameter.HEADER,
    response=[200, 201, 202, 304],
    description='The version, such as `"4"`.',
)
LOCATION = OpenApiParameter(
    "Location", str, OpenApiParameter.HEADER, response=[200, 201], description="The URL of the email."
)
EVENTS_AT = OpenApiParameter(
    "Location", str, OpenApiParameter.HEADER, response=[202], description="The URL of the run's event stream."
)
IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description="The ETag you expect; any other version answers 412.",
)
IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match",
    str,
    OpenApiParameter.HEADER,
    description="The ETag you have; answers 304 if it is still current.",
)


def answers(success: dict[Any, Any], failures: Iterable[ErrorClass]) -> dict[Any, Any]:
    """Return the `responses` of an operation: its success and one entry per error status."""
    by_status: dict[int, list[ErrorClass]] = {}
    for error in failures:
        by_status.setdefault(error.status, []).append(error)
    return success | {code: _failure(by_status[code]) for code in sorted(by_status)}


def _failure(classes: list[ErrorClass]) -> OpenApiResponse:
    examples = [OpenApiExample(error.code, value=_example(error)) for error in classes]
    return OpenApiResponse(Error, " / ".join(f"`{error.code}`" for error in classes), examples)


def _example(error: ErrorClass) -> dict[str, Any]:
    fields = {"feedback": ["This field is needed."]} if error is errors.InvalidInput else {}
    return {"code": error.code, "message": error().message, "fields": fields}


def _query(name: str, description: str, **options: Any) -> OpenApiParameter:
    return OpenApiParameter(name, OpenApiTypes.STR, description=description, **options)


LIST = extend_schema(
    operation_id="list_applications",
    summary="List your emails, newest change first",
    parameters=[
        _query("status", "Only emails with this status.", enum=Application.Status.values),
        _query("next_step", "Only emails that wait for this step.", enum=steps.may_be_due()),
        _query("q", f"Words in title or sender; up to {filters.MAX_QUERY_CHARACTERS} characters."),
    ],
    responses=answers({200: ApplicationSummary(many=True)}, [*ALWAYS, errors.InvalidInput, *ONE]),
)
CREATE = extend_schema(
    operation_id="create_application",
    summary="Start to answer an email",
    description="Send your own `app_id` to make the request safe to repeat: a repeat answers 200, not 201.",
    parameters=[ETAG, LOCATION],
    request=NewApplication,
    responses=answers({201: ApplicationState, 200: ApplicationState}, [*WITH_BODY, errors.IdTaken]),
    examples=[
        OpenApiExample(
            "Your own id", request_only=True, value={"app_id": "0b6f2b5e-3c60-4c0e-9d5e-5a3f1f6d8f10"}
        )
    ],
)
NOT_MODIFIED = OpenApiResponse(None, "Not modified.")
READING: dict[str, Any] = {
    "parameters": [ETAG, IF_NONE_MATCH],
    "responses": answers({200: ApplicationState, 304: NOT_MODIFIED}, [*ALWAYS, *ONE]),
    "examples": [STATE_EXAMPLE],
}
RETRIEVE = extend_schema(operation_id="get_application", summary="Show the full state", **READING)
STATE = extend_schema(operation_id="get_state", summary="Show the full state", **READING)
DELETE = extend_schema(
    operation_id="delete_application",
    summary="Delete an email with all its drafts, steps and model calls",
    parameters=[IF_MATCH],
    responses=answers({204: OpenApiResponse(None, "Deleted.")}, [*WRITING, *ONE, errors.StaleVersion]),
)
REPLY = extend_schema(
    operation_id="get_reply",
    summary="Download the accepted draft as a message (RFC 5322)",
    description="A mail program opens it as a draft in the thread of the original email.",
    responses=answers({(200, "message/rfc822"): OpenApiTypes.BINARY}, [*ALWAYS, *ONE]),
)
PREFER = OpenApiParameter(
    "Prefer",
    str,
    OpenApiParameter.HEADER,
    description="`respond-async` answers 202 at once; `Location` is the run's event stream.",
)
STARTED = OpenApiResponse(ApplicationState, "The run has started and the input is stored.")
RETRY = extend_schema(
    operation_id="retry",
    summary="Retry a run that stopped, with the stored input",
    parameters=[ETAG, EVENTS_AT, IF_MATCH, PREFER],
    request=None,
    responses=answers({200: ApplicationState, 202: STARTED}, [*WITH_BODY, *ONE, errors.NothingToRetry, *RUN]),
    examples=[STATE_EXAMPLE],
)
CANCEL = extend_schema(
    operation_id="cancel",
    summary="Stop the current run; your input is kept",
    parameters=[ETAG],
    request=None,
    responses=answers({200: ApplicationState}, [*WITH_BODY, *ONE, errors.NothingToCancel]),
    examples=[STATE_EXAMPLE],
)


def _plain_failure(error: ErrorClass) -> dict[str, Any]:
    """Return one error as raw OpenAPI, for an operation that is not a DRF view."""
    media = {
        "schema": {"$ref": "#/components/schemas/Error"},
        "examples": {error.code: {"value": _example(error)}},
    }
    return {"description": f"`{error.code}`", "content": {"application/json": media}}


_EVENT_ERRORS: list[ErrorClass] = [_NotSignedIn, *ONE, _Throttled, errors.DatabaseUnavailable]
EVENTS = {
    "operationId": "events",
    "summary": "Follow a run live",
    "description": (
        "Server-sent events with JSON data: `step` `{position, phase}`, `token` `{text}`, `draft` `{text}`"
        " (the whole text so far, which replaces what you have; empty when another run begins), `error`"
        " `{code, message}`, `state` `{version, status, next_step}`, and `end`. Each event has the id"
        " `<version>-<n>`. Reconnect with `Last-Event-ID` to continue without gaps or repeats."
    ),
    "tags": ["applications"],
    "parameters": [
        {"in": "path", "name": "app_id", "required": True, "schema": {"type": "string", "format": "uuid"}},
        {"in": "header", "name": "Last-Event-ID", "schema": {"type": "string"}},
    ],
    "security": [{"token": []}, {"cookieAuth": []}],
    "responses": {
        "200": {
            "description": "The stream; it ends when the run ends.",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        },
        **{str(error.status): _plain_failure(error) for error in _EVENT_ERRORS},
    },
}


def with_events(result: dict[str, Any], **options: Any) -> dict[str, Any]:
    """Add the event stream, which is not a DRF view, to the finished schema."""
    result["paths"]["/api/applications/{app_id}/events/"] = {"get": EVENTS}
    return result


def example(name: str, value: Any) -> list[OpenApiExample]:
    """Return an example of a 200 response."""
    return [OpenApiExample(name, response_only=True, status_codes=["200"], value=value)]


def limits(serializer: type[Serializer]) -> Callable[[Any], Any]:
    """Return the `extend_schema` decorator for the limits endpoint."""
    shown = {
        "runs_at_once": {"limit": 5, "used": 1, "left": 4},
        "drafts_today": {"limit": 50, "used": 19, "left": 31},
        "tokens_today": {"limit": None, "used": 0, "left": None},
        "next_day_at": "2026-01-06T00:00:00Z",
        "drafts_per_email": 100,
        "email_characters": 200_000,
        "text_characters": 20_000,
    }
    return extend_schema(
        operation_id="get_limits",
        summary="Show your limits and what is left of them",
        responses=answers({200: serializer}, ALWAYS),
        examples=example("31 drafts left", shown),
    )


HIDDEN = extend_schema(exclude=True)


def step(human_step: HumanStep, serializer: type[StepInput]) -> Callable[[Any], Any]:
    """Return the `extend_schema` decorator for the endpoint of a human step."""
    return extend_schema(
        operation_id=human_step.endpoint,
        summary=human_step.title,
        description="Waits until the model is done and returns the full state.",
        parameters=[ETAG, EVENTS_AT, IF_MATCH, PREFER],
        request=serializer if human_step.fields else None,
        responses=answers(
            {200: ApplicationState, 202: STARTED},
            [*WITH_BODY, *ONE, errors.WrongStep, *(() if human_step.when_finished else NOT_AT_THE_END), *RUN],
        ),
        examples=[STATE_EXAMPLE],
    )
