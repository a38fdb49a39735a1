"""A list that stays quick with a hundred thousand rows: it counts no further than anybody pages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property

from assistant_app.models import ModelCall, Step

COUNTED = 10_000


class LimitedPaginator(Paginator):
    """Counts up to `COUNTED` rows; the pages end there, and the list says so."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return rows.order_by().values("pk")[:COUNTED].count()

    @property
    def has_more(self) -> bool:
        return self.count == COUNTED


class ApplicationList(ChangeList):
    """The page's rows, each with its number of drafts and of model calls: two queries for the page."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = rows = list(self.result_list)
        ids = [row.pk for row in rows]
        completed = Step.objects.filter(status=Step.Status.COMPLETED, position="formulate_draft")
        drafts = _counts(completed.filter(application__in=ids))
        calls = _counts(ModelCall.objects.filter(application__in=ids))
        for row in rows:
            row.drafts, row.calls = drafts.get(row.pk, 0), calls.get(row.pk, 0)


def _counts(rows: QuerySet[Any]) -> dict[Any, int]:
    grouped: Iterable[Any] = rows.order_by().values_list("application").annotate(Count("pk"))
    return dict(grouped)
