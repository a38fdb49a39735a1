"""The data of the usage pages, for users and for staff: a chart, a table of days, and totals."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from assistant_app.engine import budget
from assistant_app.inspection import chart, usage
from assistant_app.inspection.usage import Period
from assistant_app.models import ModelCall

PERIODS = {"7": "7 days", "30": "30 days", "90": "90 days", "365": "A year"}


def in_period(asked: str, calls: QuerySet[ModelCall]) -> tuple[Period, dict[str, Any]]:
    """Return the chosen period (30 days by default) and the template context; one query."""
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
