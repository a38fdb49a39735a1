"""The pages of an application of any workflow. A workflow's own door has the same functions."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import escape

from assistant_app import operations
from assistant_app.contract.workflow import ActionEntry
from assistant_app.engine import inputs, registry
from assistant_app.errors import AssistantError
from assistant_app.events import server_sent
from assistant_app.events.log import Event
from assistant_app.models import Application
from assistant_app.pages import carried, forms, posted, words
from assistant_app.pages.access import PersonRequest
from assistant_app.pages.applications import list_row
from assistant_app.pages.applications.page import ApplicationPage
from assistant_app.pages.forms import Refusal
from assistant_app.templatetags.letters import paragraphs

__all__ = ["fork", "list_row", "not_continued", "refused", "show", "shown_in_stream", "was_obeyed"]
TEMPLATE = "applications/application.html"


def show(request: HttpRequest, row: Application) -> HttpResponse:
    """Return the page of the application as it is now."""
    typed = carried.kept_for(request)
    page = ApplicationPage(
        row,
        Refusal(typed.step, typed.typed) if typed else None,
        wants_change="change" in request.GET,
        is_still="still" in request.GET,
    )
    return render(request, TEMPLATE, {"page": page})


def refused(request: HttpRequest, row: Application, step: ActionEntry, error: AssistantError) -> HttpResponse:
    """Return the page with the text that was not sent."""
    page = ApplicationPage(row, Refusal(step, forms.typed_in(step, request.POST), error))
    return render(request, TEMPLATE, {"page": page}, status=error.status)


def not_continued(request: HttpRequest, row: Application, error: AssistantError) -> HttpResponse:
    """Return the page of a stopped run that could not be tried again."""
    return render(request, TEMPLATE, {"page": ApplicationPage(row, not_continued=error)}, status=error.status)


def was_obeyed(request: HttpRequest, row: Application, step: ActionEntry) -> bool:
    """Return whether this input is stored already, as after a double click."""
    given = inputs.clean(step, forms.read(step, request.POST))
    return row.version > 0 and bool(given) and forms.stored(step, row.state) == given


def fork(request: PersonRequest, row: Application) -> HttpResponse:
    """Fork at a step, or before one that is taken only once."""
    made, _ = operations.fork(
        actor=request.user,
        app_id=row.pk,
        before=request.POST.get("before", ""),
        sequence_id=posted.number(request, "step"),
        new_id=posted.id_of_new(request),
    )
    return redirect(reverse("email", args=[made.pk]) + "#sent")


def shown_in_stream(row: Application, *, has_sheet: bool) -> Callable[[Event], bytes]:
    """Return what renders events as page fragments: `heading`, `token`, and `draft`, for the text so far."""
    has_text = has_sheet
    workflow = registry.find(row.workflow)
    numbers = workflow.numbers(row.state) if workflow else {}

    def as_html(event: Event) -> bytes:
        nonlocal has_text
        if event.kind == "step" and event.data["phase"] == "started":
            return server_sent.encode("heading", escape(words.progress(row, event.data["position"], numbers)))
        if event.kind == "token" and has_text:
            return server_sent.encode("token", escape(event.data["text"]), event.id)
        if event.kind in ("draft", "token"):
            has_text = True
            return server_sent.encode("draft", paragraphs(event.data["text"]), event.id)
        return server_sent.encode("state", "over", event.id) if event.is_last else b""

    return as_html
