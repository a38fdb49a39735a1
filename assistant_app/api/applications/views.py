"""The viewset for applications. `build_viewset` makes one for each workflow.

Views only translate HTTP. Operations decide, and the exception handler turns their errors into responses.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from django.contrib.auth.models import AbstractBaseUser
from django.http.response import HttpResponseBase
from django.utils.module_loading import import_string
from rest_framework import serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings

from assistant_app import operations
from assistant_app.api import filters, schema
from assistant_app.api.conditions import (
    etag,
    expected_version,
    is_unchanged,
    prefers_async,
)
from assistant_app.api.idempotency import Repeatable
from assistant_app.api.inspection.views import Inspection
from assistant_app.api.serializers import (
    UUID_PATTERN,
    ApplicationState,
    ApplicationSummary,
    NewApplication,
    NewFork,
    Nothing,
    StepInput,
    inputs_of,
    new_fork,
    payload_of,
    prefix_of,
    state_of,
    step_input,
)
from assistant_app.api.shelves import schema as shelves_schema
from assistant_app.api.shelves.serializers import NewTitle
from assistant_app.contract.workflow import ActionEntry, Workflow
from assistant_app.engine import registry
from assistant_app.engine.runs import Run
from assistant_app.errors import InvalidInput
from assistant_app.models import Application, ApplicationQuerySet
from assistant_app.operations import Repeat

Names = list[str]  # in the class, `list` is an endpoint


class BaseApplicationViewSet(Repeatable, Inspection, viewsets.GenericViewSet[Application]):
    """The applications of one workflow."""

    workflow: Workflow
    state_serializer: type[ApplicationState]
    fork_serializer: type[NewFork] = NewFork
    files: tuple[str, ...] = ()  # actions whose response is a file
    more_parsers: Mapping[str, Sequence[type[BaseParser]]] = {}  # by the action of a human step
    more_bodies: Mapping[str, schema.MoreBodies] = {}  # how the schema describes them
    has_notes = False  # whether the state has a field for the notes on an input
    queryset = Application.objects.all()
    lookup_url_kwarg = "app_id"
    lookup_value_regex = UUID_PATTERN
    serializer_class: type[serializers.Serializer] = NewApplication
    row: Application | None = None  # rendered in the response
    sent: Any = None  # the submitted step input; a form shows it again if it was rejected
    notes: Sequence[str] = ()  # on the input in the request

    @property
    def actor(self) -> AbstractBaseUser:
        return cast(AbstractBaseUser, self.request.user)

    def get_queryset(self) -> ApplicationQuerySet:
        mine = Application.objects.owned_by(self.request.user)
        return registry.served(self.workflow.name, mine).newest_first()

    def get_serializer_class(self) -> Any:
        """Return the fork's serializer with the places of this workflow; the browsable API shows them."""
        return self.fork_serializer if self.serializer_class is NewFork else super().get_serializer_class()

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        """Return a serializer; the browsable API also uses it for its forms, which need prefilling."""
        serializer = super().get_serializer(*args, **kwargs)
        if isinstance(serializer, StepInput):
            row = self.row or self.get_queryset().filter(pk=self.kwargs["app_id"]).first()
            serializer.prefill(row.state if row else {}, {} if self.row else self.sent)
        return serializer

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """Ignore `Accept` for files, which have a single format. Their errors are JSON."""
        return super().perform_content_negotiation(request, force or self.action in self.files)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Say which version a request with a key made, also if it was an earlier one."""
        if self.key is not None and self.key.is_stored:
            response["Idempotency-Version"] = str(self.key.version)
        return super().finalize_response(request, response, *args, **kwargs)

    # --- Without an application ------------------------------------------------------------------

    @schema.LIST
    def list(self, request: Request) -> Response:
        rows = filters.narrow(self.workflow, self.get_queryset().defer("state"), request.query_params)
        page = self.paginate_queryset(rows.with_parents())
        shown = ApplicationSummary(page, many=True, context=self.get_serializer_context())
        return self.get_paginated_response(shown.data)

    @schema.CREATE
    def create(self, request: Request) -> Response:
        app_id = None
        if not self._is_repeat("create", payload_of(request.data)):
            wanted = NewApplication(data=request.data)
            wanted.is_valid(raise_exception=True)
            app_id = wanted.validated_data.get("app_id")
        return self._created(*operations.create(actor=self.actor, app_id=app_id, **self._own))

    # --- With one --------------------------------------------------------------------------------

    @schema.RETRIEVE
    def retrieve(self, request: Request, app_id: str) -> Response:
        row = self._mine(app_id)
        if is_unchanged(request, row) and request.accepted_renderer.format == "json":
            return Response(status=status.HTTP_304_NOT_MODIFIED, headers={"ETag": etag(row)})
        return self._state_of(row)

    @schema.DELETE
    def destroy(self, request: Request, app_id: str) -> Response:
        version = None if self._is_repeat("delete", {}, app_id) else expected_version(request)
        operations.delete(actor=self.actor, app_id=app_id, expected_version=version, **self._own)
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
            operations.retry(actor=self.actor, app_id=app_id, expected_version=version, **self._own)
        )

    @schema.CANCEL
    @action(detail=True, methods=["post"], serializer_class=Nothing)
    def cancel(self, request: Request, app_id: str) -> HttpResponseBase:
        if not self._is_repeat("cancel", payload_of(request.data), app_id):
            self._require_empty_body(app_id)
        stopping = operations.cancel(actor=self.actor, app_id=app_id, **self._own)
        return self.wait_for(stopping.ended, lambda: self._state_of(operations.when_stopped(stopping)))

    @shelves_schema.ARCHIVE
    @action(detail=True, methods=["post"], serializer_class=Nothing)
    def archive(self, request: Request, app_id: str) -> Response:
        return self._shelve(operations.archive, app_id)

    @shelves_schema.UNARCHIVE
    @action(detail=True, methods=["post"], serializer_class=Nothing)
    def unarchive(self, request: Request, app_id: str) -> Response:
        return self._shelve(operations.unarchive, app_id)

    def _shelve(self, move: Callable[..., Application], app_id: str) -> Response:
        if not self._is_repeat(str(self.action), payload_of(self.request.data), app_id):
            self._require_empty_body(app_id)
        return self._state_of(move(actor=self.actor, app_id=app_id, **self._own))

    @shelves_schema.TITLE
    @action(detail=True, methods=["post"], serializer_class=NewTitle)
    def title(self, request: Request, app_id: str) -> Response:
        title = ""
        if not self._is_repeat("title", payload_of(request.data), app_id):
            self._mine(app_id)  # 404 before any error about the body
            wanted = NewTitle(data=request.data)
            wanted.is_valid(raise_exception=True)
            title = wanted.validated_data["title"]
        return self._state_of(operations.rename(actor=self.actor, app_id=app_id, title=title, **self._own))

    @schema.FORK
    @action(detail=True, methods=["post"], serializer_class=NewFork)
    def fork(self, request: Request, app_id: str) -> Response:
        where: dict[str, Any] = {}
        if not self._is_repeat("fork", payload_of(request.data), app_id):
            self._mine(app_id)  # 404 before any error about the body
            wanted = self.fork_serializer(data=request.data)
            wanted.is_valid(raise_exception=True)
            where = wanted.arguments()
        return self._created(*operations.fork(actor=self.actor, app_id=app_id, **self._own, **where))

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

    def _send(self, step: ActionEntry, app_id: str) -> HttpResponseBase:
        self.sent = inputs_of(step, self.request.data)
        try:
            self.sent, self.notes = self.read_input(step, self.sent)
        except InvalidInput:
            self._mine(app_id)  # 404 before any error about the body
            raise
        is_repeat = self._is_repeat(step.action, self.sent, app_id)
        return self._wait_for(
            operations.submit(
                actor=self.actor,
                app_id=app_id,
                step=step.action,
                data=self.sent,
                expected_version=None if is_repeat else expected_version(self.request),
                **self._own,
            )
        )

    def read_input(self, step: ActionEntry, data: Any) -> tuple[Any, Sequence[str]]:
        """Return a step's input as it was sent, and notes on it. Raise `InvalidInput`."""
        return data, ()

    def also_allowed(self, row: Application) -> Mapping[str, str]:
        """Return what else may be sent now, without a body: the title of each action by its name."""
        return {}

    @property
    def _own(self) -> dict[str, Any]:
        """The arguments that every operation takes from here: the workflow, and the key of the request."""
        return {"workflow": self.workflow.name, "key": self.key}

    def _mine(self, app_id: str) -> Application:
        return operations.get(actor=self.actor, app_id=app_id, workflow=self.workflow.name)

    def _is_repeat(self, operation: str, payload: Any, app_id: str = "") -> bool:
        return self.is_repeat(
            operation, payload, f"{self.workflow.name}/{uuid.UUID(app_id) if app_id else ''}"
        )

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
        context = {**self.get_serializer_context(), "notes": self.notes}
        shown = self.state_serializer(row, context=context)
        # A plain dict: the browsable API would fill its forms from a `ReturnDict`.
        return Response(dict(shown.data), status=code, headers={"ETag": etag(row)})


def build_viewset(workflow: Workflow) -> type[BaseApplicationViewSet]:
    """Return a viewset class for a workflow, with an action for each human step and the door of its own."""
    own = [import_string(path) for path in [workflow.doors.get("api")] if path]
    more: Mapping[str, Any] = getattr(own[0], "more_parsers", {}) if own else {}
    bodies: Mapping[str, Any] = getattr(own[0], "more_bodies", {}) if own else {}
    actions = {
        step.endpoint: _action(workflow, step, more.get(step.action, ()), bodies.get(step.action))
        for step in workflow.human_steps
    }
    name = f"{prefix_of(workflow)}ApplicationViewSet"
    viewset: Any = type(name, (*own, BaseApplicationViewSet), {**actions, "workflow": workflow})
    viewset.__doc__ = f"Your {workflow.noun}s."
    viewset.state_serializer = state_of(workflow, has_notes=viewset.has_notes)
    viewset.fork_serializer = new_fork(workflow, viewset.fork_serializer)
    serializers = {ApplicationState: viewset.state_serializer, NewFork: viewset.fork_serializer}
    schema.of_workflow(viewset, workflow, serializers)
    return cast(type[BaseApplicationViewSet], viewset)


def _action(
    workflow: Workflow,
    step: ActionEntry,
    more_parsers: Sequence[type[BaseParser]],
    more_bodies: schema.MoreBodies | None,
) -> Callable[..., HttpResponseBase]:
    def send(self: BaseApplicationViewSet, request: Request, app_id: str) -> HttpResponseBase:
        return self._send(step, app_id)

    send.__name__ = step.endpoint
    send.__doc__ = step.title
    serializer = step_input(workflow, step)
    parsers = [*api_settings.DEFAULT_PARSER_CLASSES, *more_parsers]
    options: dict[str, Any] = {"serializer_class": serializer, "parser_classes": parsers}
    made = action(detail=True, methods=[step.method], **options)(send)
    made.mapping["get"] = "show"
    return schema.step(step, serializer, more_bodies)(made)
