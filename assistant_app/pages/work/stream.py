"""Live updates for the page of a running email: server-sent events that htmx swaps in."""

from __future__ import annotations

import uuid

from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.utils.html import escape

from assistant_app import operations
from assistant_app.errors import ApplicationNotFound, TooManyStreams
from assistant_app.events import open_streams, server_sent
from assistant_app.events.following import follow, read
from assistant_app.events.log import Event
from assistant_app.models import Application
from assistant_app.pages import words
from assistant_app.pages.work.email_page import DETERMINING
from assistant_app.templatetags.letters import paragraphs


async def email_stream(request: HttpRequest, app_id: uuid.UUID) -> HttpResponseBase:
    """Stream the events of the user's email until the run ends. Holds no thread while waiting."""
    if request.method != "GET":
        return HttpResponse(status=405, headers={"Allow": "GET"})
    try:
        row = await read(lambda: _own(request, app_id))
    except ApplicationNotFound:
        raise Http404 from None
    # A page that came with text of the draft names the event up to which it has it.
    last_event_id = request.headers.get("Last-Event-ID") or request.GET.get("after")
    shown = _Shown(row, has_sheet=bool(last_event_id))
    try:
        return open_streams.count_in(
            row.owner_id, lambda: server_sent.respond(follow(row, last_event_id), shown.as_html)
        )
    except TooManyStreams as problem:
        return _plain(problem)


def _plain(problem: TooManyStreams) -> HttpResponse:
    """Return the error as plain text: a browser shows no page for a stream."""
    headers = {"Retry-After": str(problem.retry_after), "Cache-Control": "no-store"}
    return HttpResponse(problem.message, status=problem.status, content_type="text/plain", headers=headers)


def _own(request: HttpRequest, app_id: uuid.UUID) -> Application:
    if isinstance(request.user, AnonymousUser):
        raise ApplicationNotFound
    return operations.get(actor=request.user, app_id=app_id)


class _Shown:
    """Render events as page fragments. `draft` replaces the paragraphs, and `token` is appended to them.

    An empty draft begins each further run, so what is appended is always of the run that wrote the sheet.
    Only these two and the last event have ids, so a client that reconnects with an id already has a sheet.
    """

    def __init__(self, row: Application, *, has_sheet: bool) -> None:
        self._drafts = len(row.state.get("draft_history", ()))
        self._has_sheet = has_sheet

    def as_html(self, event: Event) -> bytes:
        if event.kind == "step" and event.data["phase"] == "started":
            return self._step(event.data["position"])
        if event.kind in ("draft", "token"):
            return self._text(event)
        return server_sent.encode("state", "over", event.id) if event.is_last else b""

    def _step(self, position: str) -> bytes:
        progress = words.progress(position, self._drafts)
        shown = {"progress": progress, "may_skip": position == DETERMINING}
        return server_sent.encode(
            "run", render_to_string("work/_run_words.html", shown)
        ) + server_sent.encode("heading", progress)

    def _text(self, event: Event) -> bytes:
        text = event.data["text"]
        if event.kind == "token" and self._has_sheet:
            return server_sent.encode("token", escape(text), event.id)
        self._has_sheet = True
        return server_sent.encode("draft", paragraphs(text), event.id)
