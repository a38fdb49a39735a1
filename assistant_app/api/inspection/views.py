"""The endpoints that show an application's steps and model calls, and the user's usage per day."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, cast

from django.contrib.auth.models import AbstractBaseUser
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from assistant_app.api.base import BaseView
from assistant_app.api.inspection import schema as schema
from assistant_app.api.inspection.serializers import (
    CallDetail,
    CallSummary,
    StepDetail,
    StepSummary,
    UsageShown,
)
from assistant_app.engine import budget
from assistant_app.errors import InvalidInput
from assistant_app.inspection import timeline, usage
from assistant_app.inspection.timeline import CallShown, History
from assistant_app.models import Application


class Inspection(GenericViewSet[Application]):
    """Viewset mixin: the endpoints for steps and model calls."""

    @schema.STEPS
    @action(detail=True, methods=["get"])
    def steps(self, request: Request, app_id: str) -> Response:
        history = self._history(app_id)
        page = history.shown(self._page_of(list(history.steps.values())))
        return self._pages(StepSummary, list(page))

    @schema.STEP
    @action(detail=True, methods=["get"], url_path="steps/(?P<number>[0-9]{1,9})")
    def step(self, request: Request, app_id: str, number: str) -> Response:
        shown = self._history(app_id).step(int(number))
        return Response(StepDetail(shown, context=self.get_serializer_context()).data)

    @schema.CALLS
    @action(detail=True, methods=["get"])
    def calls(self, request: Request, app_id: str) -> Response:
        history = self._history(app_id)
        numbered = [CallShown(number, call, 0) for number, call in enumerate(history.calls, start=1)]
        return self._pages(CallSummary, self._page_of(numbered))

    @schema.CALL
    @action(detail=True, methods=["get"], url_path="calls/(?P<number>[0-9]{1,9})")
    def call(self, request: Request, app_id: str, number: str) -> Response:
        shown = timeline.call_of(self._mine(app_id), int(number))
        return Response(CallDetail(shown, context=self.get_serializer_context()).data)

    def _history(self, app_id: str) -> History:
        return History(self._mine(app_id))

    if TYPE_CHECKING:

        def _mine(self, app_id: str) -> Application: ...

    def _page_of(self, items: list[Any]) -> list[Any]:
        return list(cast(Any, self).paginate_queryset(items))

    def _pages(self, serializer: type[serializers.Serializer], items: list[Any]) -> Response:
        shown = serializer(items, many=True, context=self.get_serializer_context())
        return self.get_paginated_response(shown.data)


class UsageView(BaseView):
    """Your model usage per day."""

    @schema.USAGE
    def get(self, request: Request) -> Response:
        period = _period(request.query_params)
        mine = usage.calls_of(cast(AbstractBaseUser, request.user).pk)
        return Response(UsageShown(usage.per_day(mine, period)).data)


def _period(params: Mapping[str, str]) -> usage.Period:
    """Return the requested period. Raise `InvalidInput` with a message for each bad parameter."""
    days, until = params.get("days", str(usage.DAYS)), params.get("until", budget.today().isoformat())
    problems = {}
    if not re.fullmatch("[1-9][0-9]{0,2}", days) or int(days) > usage.MOST_DAYS:
        problems["days"] = [f"Send a whole number from 1 to {usage.MOST_DAYS}."]
    try:
        if not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", until):  # Python reads other forms, too
            raise ValueError
        last = date.fromisoformat(until)
    except ValueError:
        problems["until"] = ["Send a day, such as 2026-01-31."]
    if problems:
        raise InvalidInput(fields=problems)
    return usage.Period.of_days(int(days), last)
