"""The email in a request: text, the source of a message, HTML, or a file (in a form, or the whole body)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any
from urllib.parse import unquote_to_bytes

from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.utils import timezone
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from assistant_app.api.parsers import Context
from assistant_app.contract.workflow import ActionEntry
from assistant_app.engine import inputs
from assistant_app.errors import InvalidInput
from assistant_app.mail import eml, pasting

EMAIL = "email_to_respond"
INSTRUCTIONS = "response_instructions"


class MessageParser(BaseParser):
    """Take the body as the file of an email, and the instructions from the header `Response-Instructions`.

    They are percent-encoded UTF-8, as header fields are ASCII. A query would end up in logs.
    """

    media_type = "message/rfc822"

    def parse(self, stream: IO[Any], media_type: str | None = None, context: Context | None = None) -> Any:
        file = SimpleUploadedFile("message.eml", stream.read(), self.media_type)
        said = context["request"].headers.get("Response-Instructions") if context else None
        if said is None:
            return {EMAIL: file}
        try:
            instructions = unquote_to_bytes(said.encode("latin-1")).decode()
        except UnicodeError:
            raise ParseError("The header Response-Instructions is not percent-encoded UTF-8.") from None
        return {EMAIL: file, INSTRUCTIONS: instructions}


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
