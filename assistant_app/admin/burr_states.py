"""The admin of other Burr programs' states: what was saved and when. The states themselves are not shown."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from assistant_app.admin.lists import BackToTheList, LimitedPaginator
from assistant_app.admin.staff import StaffAdmin
from assistant_app.models import BurrState


@admin.register(BurrState)
class BurrStateAdmin(BackToTheList, StaffAdmin):
    list_display = ("app_id", "partition_key", "sequence_id", "position", "status", "created_at")
    list_per_page = 50
    list_max_show_all = 0
    show_full_result_count = False
    paginator = LimitedPaginator
    ordering = ("-id",)
    sortable_by = ()
    search_fields = ("app_id__exact", "partition_key__exact")
    search_help_text = gettext_lazy("A whole application id or partition key.")
    fields = ("partition_key", "app_id", "sequence_id", "position", "status", "created_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[BurrState]:
        return super().get_queryset(request).defer("state")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
