"""OpenAPI descriptions of the endpoints: every status code, and an example for each error."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from drf_spectacular.drainage import get_view_method_names, isolate_view_method
from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import build_bearer_security_scheme_object
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    Direction,
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
)
from rest_framework.serializers import Serializer

from assistant_app import errors
from assistant_app.api import filters
from assistant_app.api.serializers import (
    ApplicationState,
    ApplicationSummary,
    Error,
    NewApplication,
    NewFork,
    StepInput,
    address_of,
    prefix_of,
)
from assistant_app.contract.workflow import ActionEntry, Workflow
from assistant_app.engine import registry
from assistant_app.errors import AssistantError
from assistant_app.models import Application
from assistant_app.workflow import examples

Example = tuple[str, str]  # code, message


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = "assistant_app.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return build_bearer_security_scheme_object(header_name="Authorization", token_prefix="Token")  # noqa: S106


class StrictInput(OpenApiSerializerExtension):
    """Say that unknown fields are refused, and what else a serializer declares in `rules`."""

    target_class = "assistant_app.api.serializers.Input"
    match_subclasses = True

    def map_serializer(self, auto_schema: AutoSchema, direction: Direction) -> dict[str, Any]:
        mapped: dict[str, Any] = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        for name, pattern in self.target.patterns.items():
            described = mapped["properties"][name]
            described.get("items", described)["pattern"] = pattern
        return mapped | {"additionalProperties": False, **self.target.rules}


class _NotSignedIn(AssistantError):
    """Authentication credentials were not provided."""

    code, status = "not_signed_in", 401


class _Forbidden(AssistantError):
    """CSRF Failed: CSRF token missing."""

    code, status = "forbidden", 403


class _NotAcceptable(AssistantError):
    """Could not satisfy the request Accept header."""

    code, status = "not_acceptable", 406


class _UnsupportedMediaType(AssistantError):
    """Unsupported media type "text/plain" in request."""

    code, status = "unsupported_media_type", 415


class _Throttled(AssistantError):
    """Request was throttled. Expected available in 12 seconds."""

    code, status = "throttled", 429


# Forms are taken, too, for the browsable API. What is not a text has no type there.
JSON = "application/json"
ErrorClass = type[AssistantError]
# `InvalidInput` also answers a wrong Host header.
ALWAYS: list[ErrorClass] = [
    errors.InvalidInput,
    _NotSignedIn,
    _NotAcceptable,
    _Throttled,
    errors.InternalError,
    errors.DatabaseUnavailable,
]
WRITING: list[ErrorClass] = [*ALWAYS, _Forbidden, errors.KeyReused]
WITH_BODY: list[ErrorClass] = [*WRITING, errors.BodyTooLarge, _UnsupportedMediaType]
ONE: list[ErrorClass] = [errors.ApplicationNotFound]
WRITE_ONE: list[ErrorClass] = [*ONE, errors.UnknownStep]
NOT_AT_THE_END: list[ErrorClass] = [errors.Finished, errors.NothingToRegenerate]
OVER_LIMIT: list[ErrorClass] = [
    errors.BudgetSpent,
    errors.TooManyRuns,
    errors.TooManyRounds,
    errors.DraftsTooLong,
]
RUN: list[ErrorClass] = [
    errors.UnknownStep,
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

STATE_EXAMPLE = OpenApiExample(
    "A draft to review", response_only=True, status_codes=["200"], value=examples.STATE
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
# `If-Match` is described in words: docs/decisions/if-match-in-words.md.
ONLY_IF = (
    "With the header `If-Match` and the ETag that you know, it changes that version only; any other version"
    " answers 412."
)
# In words for the same reason: a made-up key may be that of another request.
ONCE = (
    "With a new `Idempotency-Key` (1 to 255 visible ASCII characters) for each new request, you may send the"
    " same request again if its answer was lost: it is stored once. Another request with the same key answers"
    " 422."
)
REPLAYED = OpenApiParameter(
    "Idempotency-Replayed",
    str,
    OpenApiParameter.HEADER,
    response=True,
    description="`true` if an earlier request with this `Idempotency-Key` was stored.",
)
STORED_VERSION = OpenApiParameter(
    "Idempotency-Version",
    int,
    OpenApiParameter.HEADER,
    response=True,
    description="The version that the request with this `Idempotency-Key` made when it was stored.",
)
REPEATABLE = [REPLAYED, STORED_VERSION]
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
    fields = {examples.FIELD: ["This field is needed."]} if error is errors.InvalidInput else {}
    return {"code": error.code, "message": error().message, "fields": fields}


def _query(name: str, description: str, **options: Any) -> OpenApiParameter:
    return OpenApiParameter(name, OpenApiTypes.STR, description=description, **options)


def number_in_path(name: str, description: str, digits: int) -> OpenApiParameter:
    """Return the parameter of a URL with a number of so many digits."""
    shape = {"type": "integer", "minimum": 0, "maximum": 10**digits - 1}
    return OpenApiParameter(name, shape, OpenApiParameter.PATH, description=description)


LIST = extend_schema(
    operation_id="list_applications",
    summary="List your emails, newest change first",
    parameters=[
        _query("status", "Only emails with this status.", enum=Application.Status.values),
        _query("next_step", "Only emails that wait for this step.", enum=registry.default().may_be_due()),
        _query("archived", "Only archived emails, or only others.", enum=list(filters.YES_OR_NO)),
        OpenApiParameter(
            "q",
            {"type": "string", "maxLength": filters.MAX_QUERY_CHARACTERS, "pattern": "^[^\\u0000]*$"},
            description="Words in title or sender.",
        ),
    ],
    responses=answers({200: ApplicationSummary(many=True)}, [*ALWAYS, *ONE]),
)
CREATE = extend_schema(
    operation_id="create_application",
    summary="Start to answer an email",
    description=(
        f"{ONCE} Your own `app_id` makes the request safe to repeat as well: a repeat answers 200, not 201."
    ),
    parameters=[ETAG, LOCATION, *REPEATABLE],
    request={JSON: NewApplication},
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
    description=f"{ONLY_IF} {ONCE}",
    parameters=REPEATABLE,
    responses=answers({204: OpenApiResponse(None, "Deleted.")}, [*WRITING, *WRITE_ONE, errors.StaleVersion]),
)
PREFER = OpenApiParameter(
    "Prefer",
    str,
    OpenApiParameter.HEADER,
    description="`respond-async` answers 202 at once; `Location` is the run's event stream.",
)
STARTED = OpenApiResponse(ApplicationState, "The run has started and the input is stored.")
FORK = extend_schema(
    operation_id="fork",
    summary="Fork: continue from a step or a draft in a new email",
    description=(
        "The fork waits for you at the nearest point, at or before that step, where it was your turn. It has"
        f" everything the email had then. {ONCE} Your own `app_id` makes the request safe to repeat as well:"
        " a repeat answers 200 with the same fork."
    ),
    parameters=[ETAG, LOCATION, *REPEATABLE],
    request={JSON: NewFork},
    responses=answers(
        {201: ApplicationState, 200: ApplicationState},
        [*WITH_BODY, *WRITE_ONE, errors.IdTaken, errors.DoesNotFit],
    ),
    examples=[
        OpenApiExample("From the first draft", request_only=True, value={"draft": 1}),
        OpenApiExample("Other answers", request_only=True, value={"before": examples.BEFORE}),
    ],
)
RETRY = extend_schema(
    operation_id="retry",
    summary="Retry a run that stopped, with the stored input",
    description=f"{ONLY_IF} {ONCE}",
    parameters=[ETAG, EVENTS_AT, PREFER, *REPEATABLE],
    request=None,
    responses=answers({200: ApplicationState, 202: STARTED}, [*WITH_BODY, *ONE, errors.NothingToRetry, *RUN]),
    examples=[STATE_EXAMPLE],
)
CANCEL = extend_schema(
    operation_id="cancel",
    summary="Stop the current run; your input is kept",
    description=ONCE,
    parameters=[ETAG, *REPEATABLE],
    request=None,
    responses=answers({200: ApplicationState}, [*WITH_BODY, *WRITE_ONE, errors.NothingToCancel]),
    examples=[STATE_EXAMPLE],
)


def _plain_failure(error: ErrorClass) -> dict[str, Any]:
    """Return one error as raw OpenAPI, for an operation that is not a DRF view."""
    media = {
        "schema": {"$ref": "#/components/schemas/Error"},
        "examples": {error.code: {"value": _example(error)}},
    }
    return {"description": f"`{error.code}`", "content": {"application/json": media}}


_EVENT_ERRORS: list[ErrorClass] = [
    errors.InvalidInput,
    _NotSignedIn,
    *ONE,
    _Throttled,
    errors.InternalError,
    errors.DatabaseUnavailable,
]
EVENTS = {
    "operationId": "events",
    "summary": "Follow a run live",
    "description": (
        "Server-sent events with JSON data. The schema of the answer describes one event. Reconnect with"
        " `Last-Event-ID` to continue without gaps or repeats."
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
            "content": {"text/event-stream": {"schema": {"$ref": "#/components/schemas/Event"}}},
        },
        **{str(error.status): _plain_failure(error) for error in _EVENT_ERRORS},
    },
}
_TEXT = {"type": "string"}
_NAME_OR_NULL = {"type": ["string", "null"]}
_EVENT_DATA: dict[str, tuple[str, dict[str, Any]]] = {
    "step": (
        "An action has started or is done.",
        {"position": _TEXT, "phase": {"type": "string", "enum": ["started", "done"]}},
    ),
    "token": ("More of the draft: append it.", {"text": _TEXT}),
    "draft": (
        "The whole draft so far: replace what you have. Empty when another run begins.",
        {"text": _TEXT},
    ),
    "error": ("Why the run stopped.", {"code": _TEXT, "message": _TEXT}),
    "state": (
        "The state as it is stored.",
        {
            "version": {"type": "integer"},
            "status": {"type": "string", "enum": list(Application.Status.values)},
            "next_step": _NAME_OR_NULL,
        },
    ),
    "end": ("The run is over. If the stream ends without this event, connect again.", {}),
}


def _event_schemas() -> dict[str, dict[str, Any]]:
    """Return the components for the event stream: one for each event, and `Event`, which is any of them.

    `data` is JSON in a text, as OpenAPI describes it for server-sent events.
    """
    schemas = {f"{name.title()}Event": _event(name, *said) for name, said in _EVENT_DATA.items()}
    names = {name: f"#/components/schemas/{name.title()}Event" for name in _EVENT_DATA}
    schemas["Event"] = {
        "oneOf": [{"$ref": reference} for reference in names.values()],
        "discriminator": {"propertyName": "event", "mapping": names},
    }
    return schemas


def _event(name: str, description: str, data: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "description": description,
        "required": ["event", "data", "id"],
        "properties": {
            "event": {"type": "string", "const": name},
            "id": {"type": "string", "pattern": "^[0-9]+-[0-9]+$", "description": "`<version>-<n>`"},
            "data": {
                "type": "string",
                "contentMediaType": "application/json",
                "contentSchema": {"type": "object", "required": list(data), "properties": data},
            },
        },
    }


_RETRY_AFTER = {"schema": {"type": "integer", "minimum": 0}, "description": "Seconds to wait."}
_HEADERS_OF_ERRORS = {
    "401": {"WWW-Authenticate": {"schema": {"type": "string"}, "description": "`Token`"}},
    "429": {"Retry-After": _RETRY_AFTER},
    "503": {"Retry-After": _RETRY_AFTER},
}


def finish(result: dict[str, Any], **options: Any) -> dict[str, Any]:
    """Add the event stream, which is not a DRF view, and the headers of errors to the finished schema."""
    for workflow in registry.workflows().values():
        address = address_of(workflow)
        path = f"/api/{address}/{{app_id}}/events/"
        operation = f"{_operation_prefix(workflow)}{EVENTS['operationId']}"
        result["paths"][path] = {"get": EVENTS | {"operationId": operation, "tags": [address]}}
    result["components"]["schemas"] |= _event_schemas()
    for operation in (operation for methods in result["paths"].values() for operation in methods.values()):
        for status in _HEADERS_OF_ERRORS.keys() & operation["responses"].keys():
            response = operation["responses"][status]
            response["headers"] = response.get("headers", {}) | _HEADERS_OF_ERRORS[status]
        if len(operation.get("requestBody", {}).get("content", ())) > 1:  # a step, in whichever form
            operation["requestBody"]["required"] = True
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
        "drafts_characters": 1_000_000,
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


@dataclass(frozen=True, slots=True)
class MoreBodies:
    """Bodies that a step takes beside JSON, by content type, and the parameters that go with them."""

    by_type: Mapping[str, Any] = field(default_factory=dict)
    parameters: Sequence[OpenApiParameter] = ()


def step(
    human_step: ActionEntry, serializer: type[StepInput], more: MoreBodies | None = None
) -> Callable[[Any], Any]:
    """Return the `extend_schema` decorator for the endpoint of a human step, with `more` kinds of bodies."""
    bodies = more or MoreBodies()
    return extend_schema(
        operation_id=human_step.endpoint,
        summary=human_step.title,
        description=f"Waits until the model is done and returns the full state. {ONLY_IF} {ONCE}",
        parameters=[ETAG, EVENTS_AT, PREFER, *REPEATABLE, *bodies.parameters],
        request={JSON: serializer, **bodies.by_type} if human_step.fields else None,
        responses=answers(
            {200: ApplicationState, 202: STARTED},
            [*WITH_BODY, *ONE, errors.WrongStep, *_of_the_state(human_step), *RUN],
        ),
        examples=[STATE_EXAMPLE],
    )


def _of_the_state(human_step: ActionEntry) -> list[ErrorClass]:
    depends = human_step.fits is not None or any(field.one_per for field in human_step.fields)
    at_the_end = [] if human_step.when_finished or human_step.at_any_time else NOT_AT_THE_END
    return [*at_the_end, *([errors.DoesNotFit] if depends and human_step.fields else [])]


# --- The same endpoints for every workflow --------------------------------------------------------

_SUMMARIES = {  # of workflows other than the default one
    "list_applications": "List your applications, newest change first",
    "create_application": "Start an application",
    "delete_application": "Delete an application with all its steps and model calls",
    "fork": "Fork: continue from a step in a new application",
}


class _OfWorkflow:
    """Mixin for the schema of an endpoint: the workflow's own serializers, and its name in what is named."""

    workflow: Workflow
    serializers: Mapping[Any, Any]

    def get_operation_id(self) -> str:
        return _operation_prefix(self.workflow) + super().get_operation_id()  # type: ignore[misc]

    def get_summary(self) -> str | None:
        summary = super().get_summary()  # type: ignore[misc]
        return summary if self._is_default else _SUMMARIES.get(super().get_operation_id(), summary)  # type: ignore[misc]

    def get_examples(self) -> list[OpenApiExample]:
        return super().get_examples() if self._is_default else []  # type: ignore[misc]

    def get_override_parameters(self) -> list[Any]:
        found = super().get_override_parameters()  # type: ignore[misc]
        return [self._with_own_steps(each) for each in found]

    def get_request_serializer(self) -> Any:
        return self._own(super().get_request_serializer())  # type: ignore[misc]

    def get_response_serializers(self) -> Any:
        found = super().get_response_serializers()  # type: ignore[misc]
        return self._own(found)

    @property
    def _is_default(self) -> bool:
        return self.workflow.name == registry.default().name

    def _own(self, shown: Any) -> Any:
        if isinstance(shown, dict):  # by media type
            return {media: self._own(each) for media, each in shown.items()}
        if isinstance(shown, OpenApiResponse):
            return OpenApiResponse(self._own(shown.response), shown.description, shown.examples)
        return self.serializers.get(shown, shown) if isinstance(shown, type) else shown

    def _with_own_steps(self, parameter: Any) -> Any:
        if isinstance(parameter, OpenApiParameter) and parameter.name == "next_step":
            steps = self.workflow.may_be_due()
            return _query("next_step", f"Only {self.workflow.noun}s that wait for this step.", enum=steps)
        return parameter


def of_workflow(viewset: Any, workflow: Workflow, own: Mapping[Any, Any]) -> None:
    """Describe a viewset's endpoints as a workflow's; `own` has its serializers by their base class."""
    for name in get_view_method_names(viewset):
        method = isolate_view_method(viewset, name)
        described = getattr(method, "kwargs", {}).get("schema")
        if described is not None:
            made = type(
                "WorkflowSchema", (_OfWorkflow, described), {"workflow": workflow, "serializers": own}
            )
            method.kwargs["schema"] = made


def _operation_prefix(workflow: Workflow) -> str:
    return f"{workflow.name}_" if prefix_of(workflow) else ""
