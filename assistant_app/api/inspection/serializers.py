"""Serializers for steps, calls to the model, and usage per day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from rest_framework import serializers
from rest_framework.reverse import reverse

from assistant_app.api.serializers import WhyItStopped, basename_of
from assistant_app.inspection.costs import Totals
from assistant_app.inspection.timeline import CallShown, StepShown
from assistant_app.inspection.usage import total
from assistant_app.models import ModelCall, Step


class StepSummary(serializers.Serializer):
    """One executed step without its texts."""

    number = serializers.IntegerField()
    url = serializers.URLField()
    position = serializers.CharField(help_text="the name of the action")
    base = serializers.IntegerField(allow_null=True, help_text="the step it continues; null for the first")
    status = serializers.CharField(help_text="completed or failed")
    by_person = serializers.BooleanField(help_text="whether it took a person's input")
    on_the_way = serializers.BooleanField(
        help_text="whether it led to the current state; false if it failed or was undone"
    )
    started_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField()
    changed = serializers.ListField(child=serializers.CharField(), help_text="the state keys it changed")
    calls = serializers.ListField(child=serializers.IntegerField(), help_text="numbers of its model calls")
    error = WhyItStopped(allow_null=True)

    def to_representation(self, shown: StepShown) -> dict[str, Any]:
        step = shown.step
        return {
            "number": step.sequence_id,
            "url": _url(self, "step", step.application_id, step.sequence_id),
            "position": step.position,
            "base": step.base,
            "status": step.status,
            "by_person": shown.is_human,
            "on_the_way": shown.is_on_the_way,
            "started_at": step.started_at,
            "finished_at": step.finished_at,
            "changed": [change.key for change in shown.changes],
            "calls": [part.number for part in shown.calls],
            "error": _error(step),
        }


class ChangeShown(serializers.Serializer):
    key = serializers.CharField()
    before = serializers.JSONField(help_text="null for a list that grew")
    after = serializers.JSONField(help_text="null for a list that grew")
    appended = serializers.ListField(
        child=serializers.JSONField(), allow_null=True, help_text="the items added to a list; otherwise null"
    )


class StepDetail(StepSummary):
    """One executed step, its changes, and the state after it."""

    changes = ChangeShown(many=True)
    state = serializers.DictField(child=serializers.JSONField(), help_text="after the step")
    partial = serializers.CharField(  # type: ignore[assignment]
        allow_null=True, help_text="what a failed step had written of its draft; null if nothing"
    )

    def to_representation(self, shown: StepShown) -> dict[str, Any]:
        changes = [
            {"key": each.key, "before": each.before, "after": each.after, "appended": None}
            if each.appended is None
            else {"key": each.key, "before": None, "after": None, "appended": each.appended}
            for each in shown.changes
        ]
        return {
            **super().to_representation(shown),
            "changes": changes,
            "state": dict(shown.after),
            "partial": shown.step.partial,
        }


class CallSummary(serializers.Serializer):
    """One call to a model without its texts."""

    number = serializers.IntegerField(help_text="numbers the calls of this email from 1")
    url = serializers.URLField()
    step = serializers.IntegerField(help_text="the step that made it")
    purpose = serializers.CharField()
    provider = serializers.CharField(help_text="the server's host")
    model = serializers.CharField()
    tokens_in = serializers.IntegerField(allow_null=True, help_text="null if the server did not count them")
    tokens_out = serializers.IntegerField(allow_null=True, help_text="null if the server did not count them")
    time_to_first_token = serializers.FloatField(allow_null=True, help_text="seconds; null if none arrived")
    duration = serializers.FloatField(help_text="seconds")
    attempts = serializers.IntegerField()
    cost = serializers.CharField(
        allow_null=True, help_text="a decimal number; null if the model has no price"
    )
    currency = serializers.CharField()
    prompt_version = serializers.CharField(
        allow_null=True, help_text="version of the prompt's words; null before it was stored"
    )
    error = WhyItStopped(allow_null=True)
    created_at = serializers.DateTimeField()

    def to_representation(self, shown: CallShown) -> dict[str, Any]:
        call = shown.call
        copied = ("purpose", "provider", "model", "tokens_in", "tokens_out", "time_to_first_token")
        return {
            "number": shown.number,
            "url": _url(self, "call", call.application_id, shown.number),
            "step": call.sequence_id,
            **{name: getattr(call, name) for name in copied},
            "duration": call.duration,
            "attempts": call.attempts,
            "cost": _money(shown.cost),
            "currency": settings.MODEL_PRICES_CURRENCY,
            "prompt_version": call.prompt_version or None,
            "error": _error(call),
            "created_at": call.created_at,
        }


class MessageShown(serializers.Serializer):
    role = serializers.CharField()
    content = serializers.CharField()


class CallDetail(CallSummary):
    """One call to a model with the exact messages and the reply."""

    messages = MessageShown(many=True)
    parameters = serializers.DictField(child=serializers.JSONField())
    reply = serializers.CharField(allow_blank=True)
    curl = serializers.CharField(
        help_text="the same call as a curl command; it reads the key from $OPENAI_API_KEY"
    )

    def to_representation(self, shown: CallShown) -> dict[str, Any]:
        call = shown.call
        texts = {"messages": call.messages, "parameters": call.parameters, "reply": call.reply}
        return {**super().to_representation(shown), **texts, "curl": shown.command}


class TotalsShown(serializers.Serializer):
    calls = serializers.IntegerField(help_text="calls to models, including failed ones")
    failed_calls = serializers.IntegerField()
    tokens_in = serializers.IntegerField()
    tokens_out = serializers.IntegerField()
    duration = serializers.FloatField(help_text="total time of the calls in seconds")
    cost = serializers.CharField(allow_null=True, help_text="a decimal number; null if no cost is known")
    calls_without_cost = serializers.IntegerField(
        help_text="successful calls without a price or a token count"
    )

    def to_representation(self, totals: Totals) -> dict[str, Any]:
        return {
            "calls": totals.calls,
            "failed_calls": totals.failed,
            "tokens_in": totals.tokens_in,
            "tokens_out": totals.tokens_out,
            "duration": totals.seconds,
            "cost": _money(totals.cost),
            "calls_without_cost": totals.without_cost,
        }


class DayShown(TotalsShown):
    day = serializers.DateField()


class UsageShown(serializers.Serializer):
    """Your model usage per day."""

    first_day = serializers.DateField()
    last_day = serializers.DateField()
    currency = serializers.CharField()
    total = TotalsShown()
    days = DayShown(many=True, help_text="every day, oldest first")

    def to_representation(self, days: Mapping[date, Totals]) -> dict[str, Any]:
        shown = TotalsShown()
        return {
            "first_day": min(days),
            "last_day": max(days),
            "currency": settings.MODEL_PRICES_CURRENCY,
            "total": shown.to_representation(total(days.values())),
            "days": [{"day": day, **shown.to_representation(totals)} for day, totals in days.items()],
        }


def _url(serializer: serializers.Serializer, kind: str, app_id: Any, number: int) -> str:
    name = f"{basename_of(serializer.context['view'].workflow)}-{kind}"
    return reverse(name, args=[app_id, number], request=serializer.context["request"])


def _error(record: Step | ModelCall) -> dict[str, str] | None:
    if not record.error_code:
        return None
    return {"code": record.error_code, "message": record.error_message}


def _money(cost: Decimal | None) -> str | None:
    return None if cost is None else f"{cost:f}"
