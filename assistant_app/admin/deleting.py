"""What nobody may change can be deleted all the same: then the list is shown again, filtered as it was."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.templatetags.admin_urls import add_preserved_filters
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse


class BackToTheList(admin.ModelAdmin):
    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: Any) -> HttpResponse:
        """Django leads whoever may not change to the index, where no list is."""
        super().response_delete(request, obj_display, obj_id)  # says that it is deleted
        address = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        kept: Any = {"preserved_filters": self.get_preserved_filters(request), "opts": self.opts}
        return HttpResponseRedirect(add_preserved_filters(kept, address))
