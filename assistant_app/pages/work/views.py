"""The page of one email in any state, and its actions."""

from __future__ import annotations

import uuid

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assistant_app import operations
from assistant_app.engine.forks import DRAFTING
from assistant_app.engine.runs import Run
from assistant_app.mail import reply
from assistant_app.models import Application
from assistant_app.operations import Repeat
from assistant_app.pages import carried, forms
from assistant_app.pages.access import PersonRequest, signed_in
from assistant_app.pages.work.email_page import EmailPage, Refusal
from assistant_app.workflow import drafts, steps
from emailassistant.pending import PendingResponse

NOTHING_NEW = 204  # htmx then leaves the page as it is


@signed_in
@require_safe
def email(request: PersonRequest, app_id: uuid.UUID) -> HttpResponse:
    """Show one email. A page that follows a run sends `unless=running` to fetch the page after the run."""
    row = own(request, app_id)
    if row.is_running and request.GET.get("unless") == "running":
        return HttpResponse(status=NOTHING_NEW)
    typed = carried.kept_for(request)
    page = EmailPage(
        row,
        Refusal(typed.step, typed.typed) if typed else None,
        wants_change="change" in request.GET,
        is_still="still" in request.GET,
        wants_again=request.GET.get("again", ""),
        wants_draft=forms.whole_number(request.GET.get("draft", "")) or 0,
    )
    return render(request, "work/email.html", {"page": page})


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def email_step(request: PersonRequest, app_id: uuid.UUID, step: str) -> HttpResponseBase:
    """Submit a human step. A `GET` redirects to the email's page."""
    human_step = carried.step_of(request)
    if human_step is None:
        raise Http404
    if request.method != "POST":
        return redirect("email", app_id)
    data = forms.read(human_step, request.POST)
    return send_step(request, app_id, human_step, data, posted_version(request))


def send_step(
    request: PersonRequest, app_id: uuid.UUID, step: steps.HumanStep, data: forms.Typed, version: int | None
) -> HttpResponseBase:
    """Submit a step, wait until it is stored, and redirect to the page."""
    sent = operations.submit(
        actor=request.user, app_id=app_id, step=step.action, data=data, expected_version=version
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
def email_retry(request: PersonRequest, app_id: uuid.UUID) -> HttpResponseBase:
    sent = operations.retry(actor=request.user, app_id=app_id, expected_version=posted_version(request))
    return when_stored(request, sent)


@signed_in
@require_POST
def email_skip_questions(request: PersonRequest, app_id: uuid.UUID) -> HttpResponseBase:
    """Go on to the draft without questions."""
    return when_stored(request, operations.skip_questions(actor=request.user, app_id=app_id))


@signed_in
@require_POST
def email_cancel(request: PersonRequest, app_id: uuid.UUID) -> HttpResponse:
    """Stop the run. Everything that was typed is kept."""
    operations.cancel(actor=request.user, app_id=app_id)
    return redirect(reverse("email", args=[app_id]) + "#notice")


@signed_in
@require_safe
def email_reply(request: PersonRequest, app_id: uuid.UUID) -> HttpResponse:
    """Return the accepted draft as a text file."""
    row = operations.finished(actor=request.user, app_id=app_id)
    name = reply.file_name(row.state["incoming_email"])
    return as_download(row.state["final_draft"], f"{name}.txt", "text/plain; charset=utf-8")


@signed_in
@require_safe
def email_reply_eml(request: PersonRequest, app_id: uuid.UUID) -> HttpResponse:
    """Return the accepted draft as a message that mail programs open as a draft."""
    file = operations.reply_file(actor=request.user, app_id=app_id)
    return as_download(file.message, f"{file.name}.eml", reply.CONTENT_TYPE)


def as_download(content: str | bytes, name: str, content_type: str) -> HttpResponse:
    disposition = content_disposition_header(as_attachment=True, filename=name)
    return HttpResponse(
        content, content_type=content_type, headers={"Content-Disposition": disposition or "attachment"}
    )


def own(request: PersonRequest, app_id: uuid.UUID) -> Application:
    """Return the user's application, with `owner` set to avoid a query."""
    row = operations.get(actor=request.user, app_id=app_id)
    row.owner = request.user
    return row


def posted_version(request: HttpRequest) -> int | None:
    """Return the version the form was shown with; None without one, -1 (never valid) for nonsense."""
    text = request.POST.get("version", "")
    if not text:
        return None
    number = forms.whole_number(text)
    return -1 if number is None else number


def posted_id(request: HttpRequest) -> uuid.UUID:
    try:
        return uuid.UUID(request.POST.get("app_id", ""))
    except ValueError:
        return uuid.uuid4()


def is_stored_already(
    row: Application, step: steps.HumanStep, inputs: forms.Typed, seen_draft: int | None = None
) -> bool:
    """Return whether this input was already stored, as after a double click.

    `seen_draft` is the draft that feedback is about, if known: the same text about another draft is new
    feedback.
    """
    if step == steps.PROCESS_FEEDBACK and not inputs["feedback"]:
        # The initial state has empty feedback too. Only the position tells that it was sent.
        return row.is_finished or (row.position == step.action and not row.state["feedback"])
    if step == steps.PROCESS_FEEDBACK and seen_draft is not None and seen_draft != _last_said_about(row):
        return False
    if step == steps.EDIT_DRAFT:
        # “Save and finish” continues with an empty feedback step.
        is_taken = row.position == step.action or is_stored_already(
            row, steps.PROCESS_FEEDBACK, {"feedback": ""}
        )
        return is_taken and row.state["current_draft"] == inputs["text"]
    if step.is_choice:
        return row.position == step.action and row.state.get("draft_number") == inputs.get(
            "draft", row.state.get("draft_number")
        )
    return row.version > 0 and forms.stored(step, row.state) == inputs


def _last_said_about(row: Application) -> int | None:
    """Return the draft that the last input was feedback about; None if the last input was something else."""
    if row.position == steps.PROCESS_FEEDBACK.action:  # no draft answers it yet
        return drafts.current_number(row.state)
    source = drafts.source_of_current(row.state)
    if source is None or source["by"] != drafts.MODEL or row.position != DRAFTING:
        return None
    return source["of"]
