"""Lists of the admin that stay fast with a hundred thousand rows, and the way back to them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.templatetags.admin_urls import add_preserved_filters
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import cached_property

from assistant_app.engine import registry
from assistant_app.models import Application, ModelCall
from assistant_app.models.state_queries import counted_in

COUNTED = 10_000
CALLS = Coalesce(
    Subquery(
        ModelCall.objects.filter(application=OuterRef("pk"))
        .order_by()
        .values("application")
        .values_list(Count("pk"))
    ),
    0,
)


class LimitedPaginator(Paginator):
    """Count at most `COUNTED` rows. The pages end there, and the list says so."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return rows.order_by().values("pk")[:COUNTED].count()

    @property
    def has_more(self) -> bool:
        return self.count == COUNTED


class ApplicationList(ChangeList):
    """Add the numbers of drafts and model calls to the rows of a page with one query."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = rows = list(self.result_list)
        # A query of its own: in the list's query, some orderings would count them for every row of the table.
        counted = Application.objects.filter(pk__in=[row.pk for row in rows]).order_by()
        found = counted.values_list("pk", counted_in(registry.rounds()), CALLS)
        numbers = {pk: (made, calls) for pk, made, calls in found}
        for row in rows:
            row.drafts, row.calls = numbers.get(row.pk, (0, 0))


class BackToTheList(admin.ModelAdmin):
    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: Any) -> HttpResponse:
        """Redirect to the list. Django redirects users without the change permission to the index."""
        super().response_delete(request, obj_display, obj_id)  # adds the success message
        address = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        kept: Any = {"preserved_filters": self.get_preserved_filters(request), "opts": self.opts}
        return HttpResponseRedirect(add_preserved_filters(kept, address))
