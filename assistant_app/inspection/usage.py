"""Model usage per day, per user and per email, summed by the database.

Calls of deleted emails are not counted. A day is a calendar day in TIME_ZONE.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from assistant_app.engine import budget
from assistant_app.inspection import chart, costs
from assistant_app.inspection.costs import NO_FAILURE, Totals
from assistant_app.llm import recorded
from assistant_app.models import ModelCall
from assistant_app.phrases import gettext_noop
from assistant_app.translation import translated

DAYS = 30  # unless asked for another number
MOST_DAYS = 366  # in one request
MOST_ENTRIES = 10  # emails or users in a ranking
# No call is outside of these days. Databases cannot compare with the first and last days that Python has.
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(9000, 1, 1)
COUNTED = ~Q(tokens_in=None, tokens_out=None)


@dataclass(frozen=True, slots=True)
class Period:
    """A range of days, including the last one."""

    first: date
    last: date

    @classmethod
    def of_days(cls, days: int, last: date) -> Period:
        earliest = min(days - 1, (last - date.min).days)
        return cls(last - timedelta(days=earliest), last)

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]

    def calls(self, calls: QuerySet[ModelCall]) -> QuerySet[ModelCall]:
        """Return the calls made on these days. The sample email's were not made."""
        zone = timezone.get_default_timezone()
        begin = datetime.combine(max(self.first, FIRST_DAY), time.min, zone)
        end = datetime.combine(min(self.last, LAST_DAY) + timedelta(days=1), time.min, zone)
        return calls.filter(created_at__gte=begin, created_at__lt=end).exclude(provider=recorded.PROVIDER)


def calls_of(owner_id: int | None) -> QuerySet[ModelCall]:
    return ModelCall.objects.filter(application__owner_id=owner_id)


def per_day(calls: QuerySet[ModelCall], period: Period) -> dict[date, Totals]:
    """Return the totals of every day of the period, oldest first; one query."""
    zone = timezone.get_default_timezone()
    dated = period.calls(calls).annotate(key=TruncDate("created_at", tzinfo=zone))
    return dict.fromkeys(period.days, Totals()) | _sums(dated)


def per_email(calls: QuerySet[ModelCall], period: Period) -> dict[tuple[Any, str], Totals]:
    """Return the emails that used the most tokens, as (id, title) -> totals, highest first; two queries."""
    shown = calls.filter(application__deleted_at__isnull=True)
    titles, sums = _most(period.calls(shown), "application_id", "application__title")
    return {(key, titles[key]): totals for key, totals in sums.items()}


def per_person(calls: QuerySet[ModelCall], period: Period) -> dict[str, Totals]:
    """Return the users who used the most tokens, as name -> totals, highest first; two queries."""
    names, sums = _most(period.calls(calls), "application__owner_id", "application__owner__username")
    return {names[key]: totals for key, totals in sums.items()}


def total(totals: Iterable[Totals]) -> Totals:
    return sum(totals, Totals())


def _most(calls: QuerySet[ModelCall], key: str, name: str) -> tuple[dict[Any, str], dict[Any, Totals]]:
    tokens = Sum("tokens_in", default=0) + Sum("tokens_out", default=0)
    most = calls.order_by().values_list(key, name).annotate(tokens=tokens).order_by("-tokens", key)
    names = {value: text for value, text, _ in most[:MOST_ENTRIES]}
    sums = _sums(calls.filter(**{f"{key}__in": list(names)}), key)
    return names, {value: sums[value] for value in names if value in sums}


def _sums(calls: QuerySet[ModelCall], key: str = "key") -> dict[Any, Totals]:
    """Return the totals by key. The query also groups by model, because prices differ."""
    rows = (
        calls.order_by()
        .values_list(key, "model")
        .annotate(
            number=Count("id"),
            failed=Count("id", filter=~Q(error_code__in=NO_FAILURE)),
            well=Count("id", filter=Q(error_code="")),
            counted=Count("id", filter=Q(error_code="") & COUNTED),
            tokens_in=Sum("tokens_in"),
            tokens_out=Sum("tokens_out"),
            seconds=Sum("duration"),
        )
    )
    sums: dict[Any, Totals] = {}
    for value, model, number, failed, well, counted, tokens_in, tokens_out, seconds in rows:
        cost = costs.of_tokens(model, tokens_in, tokens_out)
        sums[value] = sums.get(value, Totals()) + Totals(
            calls=number,
            failed=failed,
            tokens_in=tokens_in or 0,
            tokens_out=tokens_out or 0,
            seconds=seconds,
            cost=cost,
            without_cost=well - counted if cost is not None else well,
        )
    return sums


PERIODS = {
    "7": gettext_noop("7 days"),
    "30": gettext_noop("30 days"),
    "90": gettext_noop("90 days"),
    "365": gettext_noop("A year"),
}


def in_period(asked: str, calls: QuerySet[ModelCall]) -> tuple[Period, dict[str, Any]]:
    """Return the chosen period (30 days by default) and the template context; one query."""
    chosen = asked if asked in PERIODS else "30"
    period = Period.of_days(int(chosen), budget.today())
    days = per_day(calls, period)
    return period, {
        "periods": {days: translated(label) for days, label in PERIODS.items()},
        "chosen": chosen,
        "chart": chart.of_days(days),
        "total": total(days.values()),
        "days": [(day, totals) for day, totals in reversed(days.items()) if totals.calls],
    }
