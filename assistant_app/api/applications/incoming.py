"""The email in a request: text, the source of a message, HTML, or a file in a multipart form."""

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


def with_text(step: ActionEntry, data: Any) -> Any:
    """Return a step's input with the text of its email. Raise `InvalidInput` if a file cannot be read."""
    if not isinstance(data, Mapping) or EMAIL not in data:
        return data
    email, zone = data[EMAIL], timezone.get_current_timezone()
    if isinstance(email, UploadedFile):
        try:
            text = eml.read(email.read(), zone).text
        except eml.Unreadable as problem:
            raise InvalidInput(fields={EMAIL: [str(problem)], **_other_problems(step, data)}) from None
    elif isinstance(email, str):
        text = pasting.as_text(email, zone)
    else:
        return data
    return {**data, EMAIL: text}


def _other_problems(step: ActionEntry, data: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return what is wrong with the other fields, so that one answer names everything."""
    try:
        inputs.clean(step, {**data, EMAIL: "readable"})
    except InvalidInput as problem:
        return problem.fields
    return {}
