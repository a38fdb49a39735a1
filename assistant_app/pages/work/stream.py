"""Live updates for the page of a running email: server-sent events that htmx swaps in."""

from __future__ import annotations

from django.template.loader import render_to_string
from django.utils.html import escape

from assistant_app.events import server_sent
from assistant_app.events.log import Event
from assistant_app.models import Application
from assistant_app.pages import words
from assistant_app.pages.work.email_page import DETERMINING
from assistant_app.templatetags.letters import paragraphs


class ShownInStream:
    """Render events as page fragments. `draft` replaces the paragraphs, and `token` is appended to them.

    An empty draft begins each further run, so what is appended is always of the run that wrote the sheet.
    Only these two and the last event have ids, so a client that reconnects with an id already has a sheet.
    """

    def __init__(self, row: Application, *, has_sheet: bool) -> None:
        self._row = row
        self._drafts = len(row.state.get("draft_history", ()))
        self._has_sheet = has_sheet

    def as_html(self, event: Event) -> bytes:
        if event.kind == "step" and event.data["phase"] == "started":
            return self._step(event.data["position"])
        if event.kind in ("draft", "token"):
            return self._text(event)
        return server_sent.encode("state", "over", event.id) if event.is_last else b""

    def _step(self, position: str) -> bytes:
        progress = words.progress(self._row, position, {"drafts": self._drafts})
        shown = {"progress": progress, "may_skip": position == DETERMINING}
        return server_sent.encode(
            "run", render_to_string("work/_run_words.html", shown)
        ) + server_sent.encode("heading", escape(progress))

    def _text(self, event: Event) -> bytes:
        text = event.data["text"]
        if event.kind == "token" and self._has_sheet:
            return server_sent.encode("token", escape(text), event.id)
        self._has_sheet = True
        return server_sent.encode("draft", paragraphs(text), event.id)
