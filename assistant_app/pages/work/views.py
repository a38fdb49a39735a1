"""Views that only an email has: its envelope, its files, skipping questions. `door.show` shows its page."""

from __future__ import annotations

import uuid

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assistant_app import operations
from assistant_app.errors import ApplicationNotFound
from assistant_app.mail import reply_file
from assistant_app.models import Application
from assistant_app.operations.drafts import replies, skipping
from assistant_app.pages.access import PersonRequest, signed_in
from assistant_app.pages.applications.views import application_step, when_stored
from assistant_app.pages.work import envelope_page
from assistant_app.workflow import steps
from assistant_app.workflow.email import EMAIL

ENVELOPE = {"step": steps.CHANGE_ENVELOPE.action}  # what its address submits


@signed_in
@require_POST
def email_skip_questions(request: PersonRequest, app_id: uuid.UUID) -> HttpResponseBase:
    """Go on to the draft without questions."""
    return when_stored(request, skipping.skip_questions(actor=request.user, app_id=app_id))


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def email_envelope(request: PersonRequest, app_id: uuid.UUID, step: str) -> HttpResponseBase:
    """Show the form of the envelope, or save what was typed into it."""
    if request.method == "POST":
        return application_step(request, app_id, step)
    row = own(request, app_id)
    if not envelope_page.may_change(row):
        return redirect("email", app_id)
    return envelope_page.show(request, row)


@signed_in
@require_safe
def email_reply(request: PersonRequest, app_id: uuid.UUID) -> HttpResponse:
    """Return the accepted draft as a text file."""
    file = replies.reply_text(actor=request.user, app_id=app_id)
    return as_download(file.content, f"{file.name}.txt", "text/plain; charset=utf-8")


@signed_in
@require_safe
def email_reply_eml(request: PersonRequest, app_id: uuid.UUID) -> HttpResponse:
    """Return the accepted draft as a message that mail programs open as a draft."""
    file = replies.reply_message(actor=request.user, app_id=app_id)
    return as_download(file.content, f"{file.name}.eml", reply_file.CONTENT_TYPE)


def as_download(content: str | bytes, name: str, content_type: str) -> HttpResponse:
    disposition = content_disposition_header(as_attachment=True, filename=name)
    return HttpResponse(
        content, content_type=content_type, headers={"Content-Disposition": disposition or "attachment"}
    )


def own(request: PersonRequest, app_id: uuid.UUID) -> Application:
    """Return the user's email, with `owner` set to avoid a query. Applications of others are not found."""
    row = operations.get(actor=request.user, app_id=app_id)
    if row.workflow != EMAIL.name:
        raise ApplicationNotFound
    row.owner = request.user
    return row
