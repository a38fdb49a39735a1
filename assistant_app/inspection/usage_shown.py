"""What a page of usage shows, for people and for staff: a chart, a table of days, and the sum."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from assistant_app.engine import budget
from assistant_app.inspection import chart, usage
from assistant_app.inspection.usage import Period
from assistant_app.models import ModelCall

PERIODS = {"7": "7 days", "30": "30 days", "90": "90 days", "365": "A year"}


def in_period(asked: str, calls: QuerySet[ModelCall]) -> tuple[Period, dict[str, Any]]:
    """Return the period that was chosen, or 30 days, and what a template is given; one query."""
    chosen = asked if asked in PERIODS else "30"
    period = Period.of_days(int(chosen), budget.today())
    days = usage.per_day(calls, period)
    return period, {
        "periods": PERIODS,
        "chosen": chosen,
        "chart": chart.of_days(days),
        "total": usage.total(days.values()),
        "days": [(day, totals) for day, totals in reversed(days.items()) if totals.calls],
    }
