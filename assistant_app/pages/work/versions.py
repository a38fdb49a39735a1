"""The pages to edit a draft by hand, compare two drafts, and fork an email."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assistant_app import operations
from assistant_app.errors import ApplicationNotFound, AssistantError
from assistant_app.models import Application
from assistant_app.operations import heavy
from assistant_app.pages import carried, forms
from assistant_app.pages.access import PersonRequest, signed_in
from assistant_app.pages.work.compare_page import ComparePage
from assistant_app.pages.work.email_page import EmailPage
from assistant_app.pages.work.views import (
    is_stored_already,
    own,
    posted_id,
    posted_version,
    send_step,
    when_stored,
)
from assistant_app.workflow import steps
from emailassistant.pending import PendingResponse

ONCE_MORE = {"questions": steps.CLARIFY_INSTRUCTIONS.action, "input": steps.PROCESS_INPUT.action}


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def email_edit(request: PersonRequest, app_id: uuid.UUID, draft: int) -> HttpResponseBase:
    """Show the current draft in the editor, or save the edited text as the next draft."""
    row = own(request, app_id)
    if request.method == "POST":
        return _save(request, row)
    page = EmailPage(row, wants_edit=True)
    if not page.is_editing or page.number != draft:
        return redirect("email", app_id)
    return render(request, "work/email.html", {"page": page})


def _save(request: PersonRequest, row: Application) -> HttpResponseBase:
    step, version = steps.EDIT_DRAFT, posted_version(request)
    data = forms.read(step, request.POST)
    finishes = bool(request.POST.get("accept"))
    if finishes and steps.is_current(step.clean(data)["text"], row.state):
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
    row = operations.get(actor=request.user, app_id=app_id)
    page = ComparePage.of(
        row, request.GET.get("a", ""), request.GET.get("b", ""), request.GET.get("view", "")
    )
    return render(request, "work/compare.html", {"page": page})


@signed_in
@require_POST
def email_fork(request: PersonRequest, app_id: uuid.UUID) -> HttpResponseBase:
    """Fork the email: at a draft, at a step, or to submit the answers or the initial input again.

    Text typed for the draft, or given again, is submitted to the fork; if it is rejected, no fork is created.
    A double click creates only one fork.
    """
    row = operations.get(actor=request.user, app_id=app_id)
    step = carried.step_of(request)
    typed = forms.typed_in(step, request.POST) if step else {}
    if step is None or not (forms.has_text(typed) or "again" in request.POST):
        fork, _ = _branch(request, row, posted_id(request))
    else:
        inputs = step.clean(typed)
        fork, is_new = _branch(request, row, posted_id(request))
        if not is_new and fork.version > 1 and not is_stored_already(fork, step, inputs):
            # The user went back to the form and changed a text that was already sent.
            fork, is_new = _branch(request, row, uuid.uuid4())
        if is_new:
            return _send_along(request, fork, step, typed)
    return redirect(reverse("email", args=[fork.pk]) + "#sent")


def _branch(request: PersonRequest, row: Application, new_id: uuid.UUID) -> tuple[Application, bool]:
    """Return the requested fork, and whether it is new."""
    if again := request.POST.get("again"):
        if again not in ONCE_MORE:
            raise ApplicationNotFound
        return operations.fork(actor=request.user, app_id=row.pk, before=ONCE_MORE[again], new_id=new_id)
    return operations.fork(
        actor=request.user,
        app_id=row.pk,
        draft=_number(request, "draft"),
        sequence_id=_number(request, "step"),
        new_id=new_id,
    )


def _send_along(
    request: PersonRequest, fork: Application, step: steps.HumanStep, typed: forms.Typed
) -> HttpResponseBase:
    with _deleted_if_refused(request, fork):
        sent = operations.submit(actor=request.user, app_id=fork.pk, step=step.action, data=typed)

    def show() -> HttpResponse:
        with _deleted_if_refused(request, fork):
            operations.when_claimed(sent)
        carried.drop_sent(request)
        return redirect(reverse("email", args=[fork.pk]) + "#sent")

    return PendingResponse(sent.claimed, show)


@contextmanager
def _deleted_if_refused(request: PersonRequest, fork: Application) -> Iterator[None]:
    try:
        yield
    except AssistantError:
        operations.delete(actor=request.user, app_id=fork.pk)
        raise


@signed_in
@require_POST
def email_aside(request: PersonRequest, app_id: uuid.UUID) -> HttpResponse:
    """Save the text typed for the draft without submitting it, or drop it. The page prefills its form."""
    operations.get(actor=request.user, app_id=app_id)
    if "drop" in request.POST:
        carried.drop(request)
        return redirect(reverse("email", args=[app_id]) + "#edit")
    if (typed := carried.from_page(request)) is not None:
        carried.keep(request, typed)
    return redirect("email", app_id)


def _number(request: HttpRequest, name: str) -> int | None:
    """Return a posted number, or None if it is empty. Raise `ApplicationNotFound` if it is not a number."""
    text = request.POST.get(name, "")
    if not text:
        return None
    if (number := forms.whole_number(text)) is None:
        raise ApplicationNotFound
    return number
