"""Serializers for notes."""

from __future__ import annotations

from typing import ClassVar

from rest_framework import serializers

from assistant_app.api.serializers import SOME_TEXT, Nothing, Text, YesOrNo
from assistant_app.models import Note
from assistant_app.people.notes import Written


class NoteAsSent(Nothing):
    """A note to add, or to put in place of another one."""

    title = Text(max_length=Note._meta.get_field("title").max_length)
    text = Text(
        trim_whitespace=False,
        max_length=Note._meta.get_field("text").max_length,
        help_text="what drafts should know",
    )
    scope = serializers.ChoiceField(choices=Note.Scope.values, default="all")
    target = Text(allow_blank=True, default="", help_text="the domain or the email address; empty for all")
    is_verbatim = YesOrNo(default=False, help_text="drafts keep its wording")
    is_local_only = YesOrNo(default=False, help_text="only for models on our machine")

    patterns: ClassVar[dict[str, str]] = dict.fromkeys(("title", "text"), f"^{SOME_TEXT}$")

    def written(self) -> Written:
        return Written(**self.validated_data)


class NoteAsKept(serializers.Serializer):
    """One of your notes."""

    id = serializers.IntegerField(source="pk")
    title = serializers.CharField()
    text = serializers.CharField(trim_whitespace=False)
    scope = serializers.ChoiceField(choices=Note.Scope.values)
    target = serializers.CharField(allow_blank=True)
    is_verbatim = serializers.BooleanField()
    is_local_only = serializers.BooleanField()
    used_at = serializers.DateTimeField(allow_null=True, help_text="when the model was told it last")
    used_count = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
