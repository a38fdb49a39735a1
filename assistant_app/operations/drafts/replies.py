"""The reply of a finished email, as a text and as a message."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractBaseUser

from assistant_app.errors import ApplicationNotFound
from assistant_app.mail import reply_file
from assistant_app.models import Application
from assistant_app.models.people import quoting_of
from assistant_app.operations.drafts.envelopes import envelope_of
from assistant_app.workflow.email import EMAIL


def finished(*, actor: AbstractBaseUser, app_id: Any) -> Application:
    """Return the actor's finished email. Raise `ApplicationNotFound` until it is finished."""
    row = Application.find(app_id, owner_id=actor.pk)
    if row is None or row.workflow != EMAIL.name or not row.is_finished:
        raise ApplicationNotFound
    if not row.state.get("final_draft"):  # finished by a step that only a newer version knows
        raise ApplicationNotFound
    return row


def reply_text(*, actor: AbstractBaseUser, app_id: Any) -> reply_file.ReplyFile:
    """Return the reply as a text. Raise `ApplicationNotFound` until it is finished."""
    row = finished(actor=actor, app_id=app_id)
    found = envelope_of(row)
    text = reply_file.with_signature(row.state["final_draft"], found.signature)
    return reply_file.ReplyFile(reply_file.file_name(found.envelope.subject), text.encode())


def reply_message(*, actor: AbstractBaseUser, app_id: Any) -> reply_file.ReplyFile:
    """Return the reply as an RFC 5322 message. Raise `ApplicationNotFound` until it is finished."""
    row = finished(actor=actor, app_id=app_id)
    found = envelope_of(row)
    message = reply_file.as_message(
        row.state.get("incoming_email") or "",
        row.state["final_draft"],
        row.updated_at,
        found.quote or quoting_of(row.owner_id),
        found.envelope,
        found.sender,
        found.signature,
    )
    return reply_file.ReplyFile(reply_file.file_name(found.envelope.subject), message)
