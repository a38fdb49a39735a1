"""The pages of an email; see `pages.applications.door` for what each function is for."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse

from assistant_app import operations
from assistant_app.contract.workflow import ActionEntry
from assistant_app.engine import inputs
from assistant_app.errors import ApplicationNotFound, AssistantError
from assistant_app.events.log import Event
from assistant_app.models import Application
from assistant_app.operations.drafts import forking
from assistant_app.pages import carried, forms, posted
from assistant_app.pages.access import PersonRequest
from assistant_app.pages.forms import Refusal
from assistant_app.pages.work import envelope_page, list_row
from assistant_app.pages.work.email_page import EmailPage
from assistant_app.pages.work.obeyed import is_stored_already
from assistant_app.pages.work.stream import ShownInStream
from assistant_app.workflow import steps
from emailassistant.pending import PendingResponse

__all__ = ["fork", "list_row", "not_continued", "refused", "show", "shown_in_stream", "was_obeyed"]
TEMPLATE = "work/email.html"
ONCE_MORE = {"questions": steps.CLARIFY_INSTRUCTIONS.action, "input": steps.PROCESS_INPUT.action}


def show(request: HttpRequest, row: Application) -> HttpResponse:
    typed = carried.kept_for(request)
    page = EmailPage(
        row,
        Refusal(typed.step, typed.typed) if typed else None,
        wants_change="change" in request.GET,
        is_still="still" in request.GET,
        wants_again=request.GET.get("again", ""),
        wants_draft=forms.whole_number(request.GET.get("draft", "")) or 0,
    )
    return render(request, TEMPLATE, {"page": page})


def refused(request: HttpRequest, row: Application, step: ActionEntry, error: AssistantError) -> HttpResponse:
    typed = forms.typed_in(step, request.POST)
    if step == steps.CHANGE_ENVELOPE:
        return envelope_page.show(request, row, Refusal(step, typed, error))
    refusal = Refusal(step, typed, error, request.POST.get("draft", ""))
    page = EmailPage(row, refusal, wants_again=request.POST.get("again", ""))
    return render(request, TEMPLATE, {"page": page}, status=error.status)


def not_continued(request: HttpRequest, row: Application, error: AssistantError) -> HttpResponse:
    return render(request, TEMPLATE, {"page": EmailPage(row, not_continued=error)}, status=error.status)


def was_obeyed(request: HttpRequest, row: Application, step: ActionEntry) -> bool:
    seen_draft = forms.whole_number(request.POST.get("draft", ""))
    return is_stored_already(row, step, inputs.clean(step, forms.read(step, request.POST)), seen_draft)


def shown_in_stream(row: Application, *, has_sheet: bool) -> Callable[[Event], bytes]:
    return ShownInStream(row, has_sheet=has_sheet).as_html


def fork(request: PersonRequest, row: Application) -> HttpResponseBase:
    """Fork the email: at a draft, at a step, or to submit the answers or the initial input again.

    Text typed for the draft, or given again, is submitted to the fork; if it is rejected, no fork is created.
    """
    step = carried.step_of(request)
    typed = forms.typed_in(step, request.POST) if step else {}
    if step is None or not (forms.has_text(typed) or "again" in request.POST):
        fork, _ = _branch(request, row, posted.id_of_new(request))
    else:
        given = inputs.clean(step, typed)
        fork, is_new = _branch(request, row, posted.id_of_new(request))
        if not is_new and fork.version > 1 and not is_stored_already(fork, step, given):
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
    draft = posted.number(request, "draft")
    return operations.fork(
        actor=request.user,
        app_id=row.pk,
        at=None if draft is None else forking.at(draft),
        sequence_id=posted.number(request, "step"),
        new_id=new_id,
    )


def _send_along(
    request: PersonRequest, fork: Application, step: ActionEntry, typed: forms.Typed
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
