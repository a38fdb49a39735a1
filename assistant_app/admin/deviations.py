"""The admin of what model servers do otherwise than OpenAI's.

After a row is deleted, the server is asked in the usual way again.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext, gettext_lazy

from assistant_app.admin.lists import BackToTheList
from assistant_app.admin.staff import StaffAdmin
from assistant_app.contract.wording import sentence
from assistant_app.llm.dialect import DEVIATIONS
from assistant_app.models import ServerDeviation
from assistant_app.models.server_deviation import REMEMBERED
from assistant_app.phrases import gettext_noop
from assistant_app.translation import translated


@admin.register(ServerDeviation)
class ServerDeviationAdmin(BackToTheList, StaffAdmin):
    list_display = ("server", "model", "what", "instead", "learned_at", "forgotten_at")
    fields = list_display
    ordering = ("server", "model", "option")
    sortable_by = ()
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[ServerDeviation]:
        return ServerDeviation.objects.remembered().order_by(*self.ordering)

    @admin.display(description=gettext_lazy("what it does"))
    def what(self, deviation: ServerDeviation) -> str:
        if deviation.option not in DEVIATIONS:
            return gettext("Takes no %(option)s") % {"option": deviation.option}
        return sentence(translated(DEVIATIONS[deviation.option][0]))

    @admin.display(description=gettext_lazy("so"))
    def instead(self, deviation: ServerDeviation) -> str:
        return translated(DEVIATIONS.get(deviation.option, ("", gettext_noop("it is left out")))[1])

    @admin.display(description=gettext_lazy("forgotten"))
    def forgotten_at(self, deviation: ServerDeviation) -> Any:
        return deviation.learned_at + REMEMBERED

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
