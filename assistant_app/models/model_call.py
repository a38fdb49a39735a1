"""A call to a model."""

from __future__ import annotations

import uuid
from dataclasses import fields

from django.db import models
from django.utils import timezone

from assistant_app.llm.base import Call
from assistant_app.models.failure import KeepsError, error_columns, storable
from assistant_app.models.json import TextJSONField


class ModelCall(KeepsError):
    """One call to a model, failed ones included. Durations are in seconds."""

    application = models.ForeignKey("assistant_app.Application", models.CASCADE, related_name="model_calls")
    sequence_id = models.IntegerField()  # of the step that made it
    purpose = models.CharField(max_length=50)
    provider = models.CharField(max_length=100)
    model = models.CharField(max_length=200)
    messages = TextJSONField()
    parameters = TextJSONField(default=dict)
    reply = models.TextField(blank=True)
    tokens_in = models.PositiveIntegerField(null=True)
    tokens_out = models.PositiveIntegerField(null=True)
    time_to_first_token = models.FloatField(null=True)
    duration = models.FloatField()
    attempts = models.PositiveSmallIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)
    prompt_version = models.CharField(
        max_length=50, blank=True, default="", db_default=""
    )  # of the words of the messages

    class Meta:
        ordering = ["application", "id"]

    def __str__(self) -> str:
        return f"{self.purpose} by {self.model}"

    @classmethod
    def of(cls, application_id: uuid.UUID, sequence_id: int, call: Call) -> ModelCall:
        """Return the row of a call that a step made; not saved yet."""
        values = {field.name: storable(getattr(call, field.name)) for field in fields(call)}
        values |= error_columns(call.error_code, call.error_message)
        return cls(application_id=application_id, sequence_id=sequence_id, **values)
