"""The body of a request to rename an email."""

from __future__ import annotations

from typing import ClassVar

from rest_framework import serializers

from assistant_app.api.serializers import Nothing
from assistant_app.contract.workflow import LONGEST_HEADLINE


class NewTitle(Nothing):
    """The new title of an email; an empty one brings back its own."""

    title = serializers.CharField(max_length=LONGEST_HEADLINE, allow_blank=True)

    def validate_title(self, value: str) -> str:
        if not isinstance(self.initial_data["title"], str):
            raise serializers.ValidationError("Send text.")
        return value

    patterns: ClassVar[dict[str, str]] = {"title": "^[^\\u0000]*$"}
