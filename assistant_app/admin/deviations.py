"""The admin of what model servers do otherwise than OpenAI's.

After a row is deleted, the server is asked in the usual way again.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from assistant_app.admin.lists import BackToTheList
from assistant_app.admin.staff import StaffAdmin
from assistant_app.llm.dialect import DEVIATIONS
from assistant_app.models import ServerDeviation
from assistant_app.models.server_deviation import REMEMBERED


@admin.register(ServerDeviation)
class ServerDeviationAdmin(BackToTheList, StaffAdmin):
    list_display = ("server", "model", "what", "instead", "learned_at", "forgotten_at")
    fields = list_display
    ordering = ("server", "model", "option")
    sortable_by = ()
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[ServerDeviation]:
        return ServerDeviation.objects.remembered().order_by(*self.ordering)

    @admin.display(description="what it does")
    def what(self, deviation: ServerDeviation) -> str:
        what, _ = DEVIATIONS.get(deviation.option, (f"takes no {deviation.option}", ""))
        return f"{what[0].upper()}{what[1:]}"

    @admin.display(description="so")
    def instead(self, deviation: ServerDeviation) -> str:
        return DEVIATIONS.get(deviation.option, ("", "it is left out"))[1]

    @admin.display(description="forgotten")
    def forgotten_at(self, deviation: ServerDeviation) -> Any:
        return deviation.learned_at + REMEMBERED

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
