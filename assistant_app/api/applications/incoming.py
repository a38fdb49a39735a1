"""The email in a request: text, the source of a message, HTML, or a file (in a form, or the whole body)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone

from assistant_app.contract.workflow import ActionEntry
from assistant_app.engine import inputs
from assistant_app.errors import InvalidInput
from assistant_app.mail import eml, pasting

EMAIL = "email_to_respond"


def takes_email(step: ActionEntry) -> bool:
    return any(field.name == EMAIL for field in step.fields)


def with_text(step: ActionEntry, data: Any) -> tuple[Any, list[str]]:
    """Return a step's input with the text of its email, and notes on what was left out or guessed.

    Raise `InvalidInput` if a file cannot be read.
    """
    if not isinstance(data, Mapping) or EMAIL not in data:
        return data, []
    email, zone = data[EMAIL], timezone.get_current_timezone()
    if isinstance(email, UploadedFile):
        try:
            mail = eml.read(email.read(), zone)
        except eml.Unreadable as problem:
            raise InvalidInput(fields={EMAIL: [str(problem)], **_other_problems(step, data)}) from None
    elif isinstance(email, str):
        mail = pasting.read(email, zone)
    else:
        return data, []
    left_out = [f"Attachments were left out: {', '.join(mail.left_out)}."] if mail.left_out else []
    return {**data, EMAIL: mail.text}, [*mail.notes, *left_out]


def _other_problems(step: ActionEntry, data: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return what is wrong with the other fields, so that one answer names everything."""
    try:
        inputs.clean(step, {**data, EMAIL: "readable"})
    except InvalidInput as problem:
        return problem.fields
    return {}
