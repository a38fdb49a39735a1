"""The endpoint that shows the user's limits and what is left of them."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from assistant_app import conf
from assistant_app.api import schema
from assistant_app.api.base import BaseView
from assistant_app.engine import budget


class Allowance(serializers.Serializer):
    """One limit and how much of it is used."""

    limit = serializers.IntegerField(allow_null=True, help_text="null: no limit")
    used = serializers.IntegerField(help_text="includes what active runs have reserved")
    left = serializers.IntegerField(allow_null=True, help_text="null: no limit")


class Limits(serializers.Serializer):
    """Your limits."""

    runs_at_once = Allowance()
    drafts_today = Allowance()
    tokens_today = Allowance(help_text="counted only while there is a limit")
    next_day_at = serializers.DateTimeField(help_text="when the daily limits reset")
    drafts_per_email = serializers.IntegerField(allow_null=True)
    drafts_characters = serializers.IntegerField(
        allow_null=True, help_text="for all drafts and feedback of an email"
    )
    email_characters = serializers.IntegerField()
    text_characters = serializers.IntegerField(help_text="for instructions, an answer or a piece of feedback")


class LimitsView(BaseView):
    """Your limits and what is left of them."""

    @schema.limits(Limits)
    def get(self, request: Request) -> Response:
        return Response(dict(Limits(_limits_of(cast(AbstractBaseUser, request.user).pk)).data))


def _limits_of(owner_id: int) -> dict[str, Any]:
    drafts, tokens = budget.drafts_and_tokens_today(owner_id)
    return {
        "runs_at_once": budget.runs_at_once(owner_id),
        "drafts_today": drafts,
        "tokens_today": tokens,
        "next_day_at": budget.next_midnight(timezone.now()),
        "drafts_per_email": conf.most("MAX_ROUNDS"),
        "drafts_characters": conf.most("MAX_DRAFTS_CHARACTERS"),
        "email_characters": conf.limit("MAX_EMAIL_CHARACTERS"),
        "text_characters": conf.limit("MAX_TEXT_CHARACTERS"),
    }
