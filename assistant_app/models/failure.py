"""Why something failed: a stable code, the message in English, and what it needs to be translated."""

from __future__ import annotations

from typing import Any

from django.db import models

from assistant_app.models.json import TextJSONField
from assistant_app.phrases import Phrase, restored


class KeepsError(models.Model):
    error_code = models.CharField(max_length=50, blank=True)
    error_message = models.TextField(blank=True)
    error_values = TextJSONField(null=True)  # what the message was made of, to make it in another language

    class Meta:
        abstract = True

    @property
    def error_said(self) -> str:
        """The message as it was raised: English, but pages can translate it."""
        return restored(self.error_message, self.error_values)


def error_columns(code: str = "", message: str = "") -> dict[str, Any]:
    """Return the values of the columns; those of no error without arguments."""
    stored = storable(message)
    values = message.parts() if isinstance(message, Phrase) and stored == message else None
    return {"error_code": code, "error_message": stored, "error_values": values}


def storable(value: Any) -> Any:
    """Strip NUL and lone surrogates from text: PostgreSQL rejects them, and a model may write both."""
    if not isinstance(value, str):
        return value
    return value.replace("\x00", "").encode(errors="replace").decode()
