"""The viewset for applications. `build_viewset` adds one action for each human step.

Views only translate HTTP. Operations decide, and the exception handler turns their errors into responses.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence
from typing import Any, cast

from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header
from rest_framework import serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings

from assistant_app import operations
from assistant_app.api import filters, schema
from assistant_app.api.applications import incoming
from assistant_app.api.base import BaseView
from assistant_app.api.conditions import (
    etag,
    expected_version,
    idempotency_key,
    is_unchanged,
    prefers_async,
)
from assistant_app.api.drafts import schema as versions_schema
from assistant_app.api.drafts.serializers import NewFork
from assistant_app.api.drafts.views import Versions
from assistant_app.api.inspection.views import Inspection
from assistant_app.api.parsers import MessageParser
from assistant_app.api.serializers import (
    UUID_PATTERN,
    ApplicationState,
    ApplicationSummary,
    NewApplication,
    Nothing,
    StepInput,
    inputs_of,
    payload_of,
    step_input,
)
from assistant_app.engine.runs import Run
from assistant_app.errors import InvalidInput
from assistant_app.mail import reply
from assistant_app.models import Application, ApplicationQuerySet, IdempotencyKey
from assistant_app.operations import Repeat
from assistant_app.workflow.steps import HumanStep

Names = list[str]  # in the class, `list` is an endpoint


class BaseApplicationViewSet(BaseView, Inspection, Versions, viewsets.GenericViewSet[Application]):
    """The emails that you are answering."""

    queryset = Application.objects.all()
    lookup_url_kwarg = "app_id"
    lookup_value_regex = UUID_PATTERN
    serializer_class: type[serializers.Serializer] = NewApplication
    row: Application | None = None  # rendered in the response
    sent: Any = None  # the submitted step input; a form shows it again if it was rejected
    key: IdempotencyKey | None = None  # of the request
    notes: Sequence[str] = ()  # on the email in the request

    @property
    def actor(self) -> AbstractBaseUser:
        return cast(AbstractBaseUser, self.request.user)

    def get_queryset(self) -> ApplicationQuerySet:
        return Application.objects.owned_by(self.request.user).newest_first()

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        """Return a serializer; the browsable API also uses it for its forms, which need prefilling."""
        serializer = super().get_serializer(*args, **kwargs)
        if isinstance(serializer, StepInput):
            row = self.row or self.get_queryset().filter(pk=self.kwargs["app_id"]).first()
            serializer.prefill(row.state if row else {}, {} if self.row else self.sent)
        return serializer

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """Ignore `Accept` for the reply, which has a single format. Its errors are JSON."""
        return super().perform_content_negotiation(request, force or self.action == "reply")

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Say whether the answer repeats an earlier one, and which version that request made."""
        if self.key is not None and self.key.is_stored:
            response["Idempotency-Version"] = str(self.key.version)
        if self.key is not None and self.key.is_repeat:
            response["Idempotency-Replayed"] = "true"
        return super().finalize_response(request, response, *args, **kwargs)

    # --- Without an application ------------------------------------------------------------------

    @schema.LIST
    def list(self, request: Request) -> Response:
        rows = filters.narrow(self.get_queryset().defer("state"), request.query_params)
        page = self.paginate_queryset(rows)
        shown = ApplicationSummary(page, many=True, context=self.get_serializer_context())
        return self.get_paginated_response(shown.data)

    @schema.CREATE
    def create(self, request: Request) -> Response:
        app_id = None
        if not self._is_repeat("create", payload_of(request.data)):
            wanted = NewApplication(data=request.data)
            wanted.is_valid(raise_exception=True)
            app_id = wanted.validated_data.get("app_id")
        return self._created(*operations.create(actor=self.actor, app_id=app_id, key=self.key))

    # --- With one --------------------------------------------------------------------------------

    @schema.RETRIEVE
    def retrieve(self, request: Request, app_id: str) -> Response:
        row = operations.get(actor=self.actor, app_id=app_id)
        if is_unchanged(request, row) and request.accepted_renderer.format == "json":
            return Response(status=status.HTTP_304_NOT_MODIFIED, headers={"ETag": etag(row)})
        return self._state_of(row)

    @schema.DELETE
    def destroy(self, request: Request, app_id: str) -> Response:
        version = None if self._is_repeat("delete", {}, app_id) else expected_version(request)
        operations.delete(actor=self.actor, app_id=app_id, expected_version=version, key=self.key)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @schema.STATE
    @action(detail=True, methods=["get"])
    def state(self, request: Request, app_id: str) -> Response:
        return self.retrieve(request, app_id)

    @schema.RETRY
    @action(detail=True, methods=["post"], serializer_class=Nothing)
    def retry(self, request: Request, app_id: str) -> HttpResponseBase:
        version = None
        if not self._is_repeat("retry", payload_of(request.data), app_id):
            self._require_empty_body(app_id)
            version = expected_version(request)
        return self._wait_for(
            operations.retry(actor=self.actor, app_id=app_id, expected_version=version, key=self.key)
        )

    @schema.SKIP_QUESTIONS
    @action(detail=True, methods=["post"], serializer_class=Nothing)
    def skip_questions(self, request: Request, app_id: str) -> HttpResponseBase:
        version = None
        if not self._is_repeat("skip_questions", payload_of(request.data), app_id):
            self._require_empty_body(app_id)
            version = expected_version(request)
        return self._wait_for(
            operations.skip_questions(actor=self.actor, app_id=app_id, expected_version=version, key=self.key)
        )

    @schema.CANCEL
    @action(detail=True, methods=["post"], serializer_class=Nothing)
    def cancel(self, request: Request, app_id: str) -> Response:
        if not self._is_repeat("cancel", payload_of(request.data), app_id):
            self._require_empty_body(app_id)
        return self._state_of(operations.cancel(actor=self.actor, app_id=app_id, key=self.key))

    @schema.REPLY
    @action(detail=True, methods=["get"])
    def reply(self, request: Request, app_id: str) -> HttpResponse:
        file = operations.reply_file(actor=self.actor, app_id=app_id)
        disposition = content_disposition_header(as_attachment=True, filename=f"{file.name}.eml")
        return HttpResponse(
            file.message,
            content_type=reply.CONTENT_TYPE,
            headers={"Content-Disposition": disposition or "attachment"},
        )

    @versions_schema.FORK
    @action(detail=True, methods=["post"], serializer_class=NewFork)
    def fork(self, request: Request, app_id: str) -> Response:
        where: dict[str, Any] = {}
        if not self._is_repeat("fork", payload_of(request.data), app_id):
            self._mine(app_id)  # 404 before any error about the body
            wanted = NewFork(data=request.data)
            wanted.is_valid(raise_exception=True)
            where = wanted.arguments()
        return self._created(*operations.fork(actor=self.actor, app_id=app_id, key=self.key, **where))

    @schema.HIDDEN
    def show(self, request: Request, app_id: str) -> Response:
        """Show a step's form in the browsable API. Programs get 405."""
        if not self._is_page:
            raise MethodNotAllowed("GET")
        return self.retrieve(request, app_id)

    @property
    def allowed_methods(self) -> Names:
        methods: Names = super().allowed_methods
        hidden = {"GET", "HEAD"} if self._shows_form and not self._is_page else set()
        return [name for name in methods if name not in hidden]

    @property
    def _shows_form(self) -> bool:
        return getattr(self, "action_map", {}).get("get") == "show"

    @property
    def _is_page(self) -> bool:
        renderer = getattr(self.request, "accepted_renderer", None)
        return getattr(renderer, "format", "") == "api"

    def _require_empty_body(self, app_id: str) -> None:
        if self.request.data:
            self._mine(app_id)  # 404 before any error about the body
            Nothing(data=self.request.data).is_valid(raise_exception=True)

    def _send(self, step: HumanStep, app_id: str) -> HttpResponseBase:
        self.sent = inputs_of(step, self.request.data)
        self.sent, self.notes = self._with_email_read(step, app_id)
        is_repeat = self._is_repeat(step.action, self.sent, app_id)
        return self._wait_for(
            operations.submit(
                actor=self.actor,
                app_id=app_id,
                step=step.action,
                data=self.sent,
                expected_version=None if is_repeat else expected_version(self.request),
                key=self.key,
            )
        )

    def _is_repeat(self, operation: str, payload: Any, app_id: str = "") -> bool:
        """Look up the `Idempotency-Key`, before anything else is checked; return whether it was stored."""
        key = idempotency_key(self.request)
        if key is None:
            return False
        wanted = uuid.UUID(app_id) if app_id else ""
        self.key = operations.key_for(
            actor=self.actor, key=key, operation=operation, app_id=wanted, payload=payload
        )
        return self.key.is_repeat

    def _with_email_read(self, step: HumanStep, app_id: str) -> tuple[Any, Names]:
        try:
            return incoming.with_text(step, self.sent)
        except InvalidInput:
            self._mine(app_id)  # 404 before any error about the body
            raise

    def _created(self, row: Application, is_new: bool) -> Response:
        answer = self._state_of(row, status.HTTP_201_CREATED if is_new else status.HTTP_200_OK)
        answer["Location"] = self.reverse_action("detail", args=[row.pk])
        return answer

    def _wait_for(self, sent: Run | Repeat) -> HttpResponseBase:
        """Respond when the run has ended; with `Prefer: respond-async` (RFC 7240), as soon as it started."""
        if prefers_async(self.request):
            return self.wait_for(sent.claimed, lambda: self._started(sent))
        return self.wait_for(sent.ended, lambda: self._ended(sent))

    def _ended(self, sent: Run | Repeat) -> HttpResponseBase:
        row = operations.when_ended(sent)
        return self._wait_for(row) if isinstance(row, Repeat) else self._state_of(row)

    def _started(self, sent: Run | Repeat) -> Response:
        row = operations.when_claimed(sent)
        if self.key is not None and self.key.is_repeat and not row.is_running:
            return self._state_of(row)
        answer = self._state_of(row, status.HTTP_202_ACCEPTED)
        answer["Location"] = self.reverse_action("events", args=[row.pk])
        answer["Preference-Applied"] = "respond-async"
        return answer

    def _state_of(self, row: Application, code: int = status.HTTP_200_OK) -> Response:
        self.row = row
        shown = ApplicationState(row, context={**self.get_serializer_context(), "notes": self.notes})
        # A plain dict: the browsable API would fill its forms from a `ReturnDict`.
        return Response(dict(shown.data), status=code, headers={"ETag": etag(row)})


def build_viewset(human_steps: Iterable[HumanStep]) -> type[BaseApplicationViewSet]:
    """Return a viewset class with one action for each of these steps."""
    actions = {step.endpoint: _action(step) for step in human_steps}
    return type("ApplicationViewSet", (BaseApplicationViewSet,), actions)


def _action(step: HumanStep) -> Callable[..., HttpResponseBase]:
    def send(self: BaseApplicationViewSet, request: Request, app_id: str) -> HttpResponseBase:
        return self._send(step, app_id)

    send.__name__ = step.endpoint
    send.__doc__ = step.title
    serializer = step_input(step)
    takes_file = any(field.name == incoming.EMAIL for field in step.fields)
    parsers = [*api_settings.DEFAULT_PARSER_CLASSES, *([MessageParser] if takes_file else [])]
    options: dict[str, Any] = {"serializer_class": serializer, "parser_classes": parsers}
    made = action(detail=True, methods=[step.method], **options)(send)
    made.mapping["get"] = "show"
    return schema.step(step, serializer)(made)
