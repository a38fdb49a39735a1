"""The pages to edit a draft by hand, compare two drafts, and fork an email."""

from __future__ import annotations

import uuid

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assistant_app import operations
from assistant_app.contract.workflow import ActionEntry
from assistant_app.engine import inputs
from assistant_app.models import Application
from assistant_app.operations import heavy
from assistant_app.pages import carried, forms, posted
from assistant_app.pages.access import PersonRequest, signed_in
from assistant_app.pages.applications.views import send_step, when_stored
from assistant_app.pages.work.compare_page import ComparePage
from assistant_app.pages.work.email_page import EmailPage
from assistant_app.pages.work.views import own
from assistant_app.workflow import steps
from emailassistant.pending import PendingResponse

# What their addresses submit:
EDIT = {"step": steps.EDIT_DRAFT.action}
WRITE = {"step": steps.WRITE_DRAFT.action}


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def email_edit(request: PersonRequest, app_id: uuid.UUID, draft: int, step: str) -> HttpResponseBase:
    """Show the current draft in the editor, or save the edited text as the next draft."""
    row = own(request, app_id)
    if request.method == "POST":
        return _save(request, row, steps.EDIT_DRAFT)
    page = EmailPage(row, wants_edit=True)
    if not page.is_editing or page.number != draft:
        return redirect("email", app_id)
    return render(request, "work/email.html", {"page": page})


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def email_write(request: PersonRequest, app_id: uuid.UUID, step: str) -> HttpResponseBase:
    """Show what was written before a draft stopped in the editor, or save the text as that draft."""
    row = own(request, app_id)
    if request.method == "POST":
        return _save(request, row, steps.WRITE_DRAFT)
    page = EmailPage(row, wants_to_finish=True)
    if not page.is_finishing:
        return redirect("email", app_id)
    return render(request, "work/email.html", {"page": page})


def _save(request: PersonRequest, row: Application, step: ActionEntry) -> HttpResponseBase:
    version = posted.version(request)
    data = forms.read(step, request.POST)
    finishes = bool(request.POST.get("accept"))
    is_edit = step == steps.EDIT_DRAFT
    if finishes and is_edit and steps.is_current(inputs.clean(step, data)["text"], row.state):
        return _accept(request, row, version)
    sent = operations.submit(
        actor=request.user, app_id=row.pk, step=step.action, data=data, expected_version=version
    )
    if not finishes:
        return when_stored(request, sent)
    return PendingResponse(
        sent.ended, lambda: _accept(request, row, operations.wait_until_ended(sent).version)
    )


def _accept(request: PersonRequest, row: Application, version: int | None) -> HttpResponseBase:
    return send_step(request, row.pk, steps.PROCESS_FEEDBACK, {"feedback": ""}, version)


@signed_in
@require_safe
def email_compare(request: PersonRequest, app_id: uuid.UUID) -> HttpResponse:
    """Show what changed between two drafts of this email or its forks."""
    heavy.check_pause(request.user.pk)
    row = own(request, app_id)
    page = ComparePage.of(
        row, request.GET.get("a", ""), request.GET.get("b", ""), request.GET.get("view", "")
    )
    return render(request, "work/compare.html", {"page": page})


@signed_in
@require_POST
def email_aside(request: PersonRequest, app_id: uuid.UUID) -> HttpResponse:
    """Save the text typed for the draft without submitting it, or drop it. The page prefills its form."""
    own(request, app_id)
    if "drop" in request.POST:
        carried.drop(request)
        return redirect(reverse("email", args=[app_id]) + "#edit")
    if (typed := carried.from_page(request)) is not None:
        carried.keep(request, typed)
    return redirect("email", app_id)
