"""Stream an application's live events to API clients as server-sent events with JSON data."""

from __future__ import annotations

from typing import cast

from django.contrib.auth.models import AbstractBaseUser
from django.db import InterfaceError, InternalError, OperationalError
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt
from rest_framework.exceptions import APIException, AuthenticationFailed, MethodNotAllowed, NotAuthenticated
from rest_framework.views import APIView

from assistant_app import operations
from assistant_app.api.errors import exception_handler
from assistant_app.errors import AssistantError, TooManyStreams
from assistant_app.events import open_streams, server_sent
from assistant_app.events.following import follow, read
from assistant_app.models import Application


@csrf_exempt  # DRF's session authentication checks the token itself
async def application_events(request: HttpRequest, app_id: str, workflow: str) -> HttpResponseBase:
    """Stream `step`, `token`, `draft`, `error` and `state` events until the run ends.

    DRF views are synchronous. This view is async, so a reader holds no thread and no database connection.
    """
    door = _Door()
    try:
        row = await read(lambda: door.let_in(request, app_id, workflow))
    except (AssistantError, APIException, OperationalError, InterfaceError, InternalError) as problem:
        return door.refuse(problem, request)
    last_event_id = request.headers.get("Last-Event-ID")
    try:
        return open_streams.count_in(
            row.owner_id, lambda: server_sent.respond(follow(row, last_event_id), server_sent.as_json)
        )
    except TooManyStreams as problem:
        return door.refuse(problem, request)


class _Door(APIView):
    """DRF's authentication, permissions and throttles for a plain Django view."""

    def let_in(self, request: HttpRequest, app_id: str, workflow: str) -> Application:
        rest_request = self.initialize_request(request)
        self.perform_authentication(rest_request)
        self.check_permissions(rest_request)
        self.check_throttles(rest_request)
        if request.method != "GET":
            raise MethodNotAllowed(str(request.method))
        actor = cast(AbstractBaseUser, rest_request.user)
        return operations.get(actor=actor, app_id=app_id, workflow=workflow)

    def refuse(self, problem: Exception, request: HttpRequest) -> JsonResponse:
        if isinstance(problem, NotAuthenticated | AuthenticationFailed):
            problem.auth_header = self.get_authenticate_header(self.initialize_request(request))  # type: ignore[union-attr]
        response = exception_handler(problem, {})
        if response is None:
            raise problem
        headers = {name: value for name, value in response.items() if name != "Content-Type"}
        return JsonResponse(response.data, status=response.status_code, headers={"Allow": "GET"} | headers)
