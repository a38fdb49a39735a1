"""One shape for every error of the API: `{"code", "message", "fields"}`."""

from __future__ import annotations

import sys
from typing import Any

from django.core.exceptions import DisallowedHost, RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import exception_handler as rest_exception_handler

from assistant_app.engine.database_outage import outage
from assistant_app.errors import (
    ApplicationNotFound,
    AssistantError,
    BodyTooLarge,
    InternalError,
    InvalidInput,
)

# Our codes for DRF's errors. DRF's own codes depend on the reason.
CODES = {
    400: "invalid",
    401: "not_signed_in",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    415: "unsupported_media_type",
    429: "throttled",
}
Body = dict[str, Any]


def exception_handler(problem: Exception, context: dict[str, Any]) -> Response | None:
    """Return the response to an exception from a view; None for bugs, which Django answers with 500."""
    if isinstance(problem, RequestDataTooBig):
        problem = BodyTooLarge()
    elif isinstance(problem, SuspiciousOperation):
        problem = exceptions.ParseError(str(problem))
    elif (unavailable := outage(problem)) is not None:
        problem = unavailable
    if isinstance(problem, AssistantError):
        return Response(problem.as_json(), status=problem.status, headers=headers_of(problem))
    response = rest_exception_handler(problem, context)
    if response is not None:
        response.data = _translated(response)
    return response


def headers_of(error: AssistantError) -> dict[str, str]:
    return {} if error.retry_after is None else {"Retry-After": str(error.retry_after)}


def json_response(error: AssistantError) -> JsonResponse:
    """Return the response to an error outside DRF views: in middleware or for an unknown URL."""
    return JsonResponse(error.as_json(), status=error.status, headers=headers_of(error))


@csrf_exempt  # API clients with a token have no CSRF token
def not_found(request: HttpRequest, **kwargs: Any) -> JsonResponse:
    hint = "" if request.path.endswith("/") else " Addresses end with a slash."
    return json_response(ApplicationNotFound(f"There is no such address.{hint}"))


def bad_request(request: HttpRequest, exception: Exception) -> JsonResponse:
    """Respond to requests that Django rejected before any view, usually for a wrong Host header."""
    if isinstance(exception, DisallowedHost):
        wrong = {"Host": ["This name is not in ALLOWED_HOSTS."]}
        return json_response(InvalidInput(fields=wrong))
    return json_response(InvalidInput("The request cannot be read."))


def server_error(request: HttpRequest) -> JsonResponse:
    """Respond to an error outside of views, such as the database's when the session is stored."""
    return json_response(outage(sys.exception()) or InternalError("Something went wrong on our side."))


def _translated(response: Response) -> Body:
    data = response.data if isinstance(response.data, dict) else {"body": response.data}
    code = CODES.get(response.status_code, "error")
    if isinstance(data.get("detail"), str):  # a list here would be the errors of a field named "detail"
        if response.status_code != status.HTTP_400_BAD_REQUEST:
            return {"code": code, "message": data["detail"], "fields": {}}
        data = {"body": [data["detail"]]}
    fields = {_named(name): [str(text) for text in texts] for name, texts in data.items()}
    return {**InvalidInput(fields=fields).as_json(), "code": code}


def _named(name: str) -> str:
    return "body" if name == "non_field_errors" else name
