"""The views of an application of any workflow. Its door says what they show."""

from __future__ import annotations

import uuid

from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assistant_app import operations
from assistant_app.contract.workflow import ActionEntry, Workflow
from assistant_app.engine import budget, inputs, registry
from assistant_app.engine.runs import Run
from assistant_app.errors import ApplicationNotFound, TooManyStreams, UnknownStep
from assistant_app.events import open_streams, server_sent
from assistant_app.events.following import follow, read
from assistant_app.models import Application
from assistant_app.operations import Repeat, shelves
from assistant_app.pages import carried, forms, posted, words
from assistant_app.pages.access import PersonRequest, signed_in
from assistant_app.pages.doors import door_of
from assistant_app.pages.forms import StepForm
from emailassistant.pending import PendingResponse

NOTHING_NEW = 204  # htmx then leaves the page as it is


@signed_in
@require_safe
def application(request: PersonRequest, app_id: uuid.UUID) -> HttpResponse:
    """Show one application. A page that follows a run sends `unless=running` to fetch the page after it."""
    row = own(request, app_id)
    if row.is_running and request.GET.get("unless") == "running":
        return HttpResponse(status=NOTHING_NEW)
    if request.method == "GET":
        shelves.note_seen(row)
    response: HttpResponse = door_of(row).show(request, row)
    return response


def own(request: PersonRequest, app_id: uuid.UUID) -> Application:
    """Return the user's application, with `owner` set to avoid a query."""
    row = operations.get(actor=request.user, app_id=app_id)
    row.owner = request.user
    return row


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def application_step(request: PersonRequest, app_id: uuid.UUID, step: str) -> HttpResponseBase:
    """Submit a human step. A `GET` redirects to the application's page."""
    human_step = carried.step_of(request)
    if human_step is None:
        raise _unknown(request, app_id)
    if request.method != "POST":
        return redirect("email", app_id)
    data = forms.read(human_step, request.POST)
    return send_step(request, app_id, human_step, data, posted.version(request))


def _unknown(request: PersonRequest, app_id: uuid.UUID) -> Exception:
    """Return the error for a step that this version does not know: a newer one may."""
    row = operations.get(actor=request.user, app_id=app_id)
    return Http404() if registry.is_known(row) else UnknownStep()


def send_step(
    request: PersonRequest, app_id: uuid.UUID, step: ActionEntry, data: forms.Typed, version: int | None
) -> HttpResponseBase:
    """Submit a step, wait until it is stored, and redirect to the page."""
    sent = operations.submit(
        actor=request.user,
        app_id=app_id,
        step=step.action,
        data=data,
        expected_version=version,
        workflow=carried.workflow_of(request).name,
    )
    return when_stored(request, sent)


def when_stored(request: PersonRequest, sent: Run | Repeat) -> HttpResponseBase:
    """Wait until the input is stored, forget what was kept of it, and redirect to the page."""

    def show() -> HttpResponse:
        row = operations.when_claimed(sent)
        carried.drop_sent(request)
        return redirect(reverse("email", args=[row.pk]) + "#sent")

    return PendingResponse(sent.claimed, show)


@signed_in
@require_POST
def application_retry(request: PersonRequest, app_id: uuid.UUID) -> HttpResponseBase:
    sent = operations.retry(actor=request.user, app_id=app_id, expected_version=posted.version(request))
    return when_stored(request, sent)


@signed_in
@require_POST
def application_cancel(request: PersonRequest, app_id: uuid.UUID) -> HttpResponseBase:
    """Stop the run. Everything that was typed is kept."""
    stopping = operations.cancel(actor=request.user, app_id=app_id)

    def show() -> HttpResponse:
        operations.when_stopped(stopping)
        return redirect(reverse("email", args=[app_id]) + "#notice")

    return PendingResponse(stopping.ended, show)


@signed_in
@require_POST
def application_fork(request: PersonRequest, app_id: uuid.UUID) -> HttpResponseBase:
    """Fork the application. A double click creates only one fork."""
    row = operations.get(actor=request.user, app_id=app_id)
    response: HttpResponseBase = door_of(row).fork(request, row)
    return response


# --- A new one --------------------------------------------------------------------------------------


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def application_new(request: PersonRequest, workflow: str) -> HttpResponseBase:
    """Show the form for a new application of a workflow, or create one; a double click creates only one."""
    made_by = registry.find(workflow)
    if made_by is None:
        raise Http404
    step = made_by.entry(made_by.entrypoint)
    if request.method != "POST":
        typed = carried.kept_for(request)
        return new_page(request, made_by, StepForm(step, {}, typed.typed if typed else {}), uuid.uuid4())
    data = forms.read(step, request.POST)
    given = inputs.clean(step, data)
    row, is_new = operations.create(
        actor=request.user, app_id=posted.id_of_new(request), workflow=made_by.name
    )
    if not is_new and row.version:
        if forms.stored(step, row.state) == given:
            return redirect("email", row.pk)
        # The user went back to the form and changed a text already sent.
        row, _ = operations.create(actor=request.user, workflow=made_by.name)
    return send_step(request, row.pk, step, data, row.version)


def new_page(
    request: HttpRequest,
    workflow: Workflow,
    form: StepForm,
    app_id: uuid.UUID,
    status: int = 200,
    **context: object,
) -> HttpResponse:
    context |= {"form": form, "workflow": workflow, "app_id": app_id}
    context["left_today"] = words.left_today(*budget.left_today(request.user.pk))
    return render(request, "applications/new.html", context, status=status)


# --- Live -------------------------------------------------------------------------------------------


async def application_stream(request: HttpRequest, app_id: uuid.UUID) -> HttpResponseBase:
    """Stream the events of the user's application until the run ends. Holds no thread while waiting."""
    if request.method != "GET":
        return HttpResponse(status=405, headers={"Allow": "GET"})
    try:
        row = await read(lambda: _read(request, app_id))
    except ApplicationNotFound:
        raise Http404 from None
    # A page that came with text of the draft names the event up to which it has it.
    last_event_id = request.headers.get("Last-Event-ID") or request.GET.get("after")
    shown = door_of(row).shown_in_stream(row, has_sheet=bool(last_event_id))
    try:
        return open_streams.count_in(
            row.owner_id, lambda: server_sent.respond(follow(row, last_event_id), shown)
        )
    except TooManyStreams as problem:
        return _plain(problem)


def _plain(problem: TooManyStreams) -> HttpResponse:
    """Return the error as plain text: a browser shows no page for a stream."""
    headers = {"Retry-After": str(problem.retry_after), "Cache-Control": "no-store"}
    return HttpResponse(problem.message, status=problem.status, content_type="text/plain", headers=headers)


def _read(request: HttpRequest, app_id: uuid.UUID) -> Application:
    if isinstance(request.user, AnonymousUser):
        raise ApplicationNotFound
    return operations.get(actor=request.user, app_id=app_id)
