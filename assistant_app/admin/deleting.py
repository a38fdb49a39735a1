"""Deleting from a read-only admin: return to the list with its filters."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.templatetags.admin_urls import add_preserved_filters
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse


class BackToTheList(admin.ModelAdmin):
    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: Any) -> HttpResponse:
        """Redirect to the list. Django redirects users without the change permission to the index."""
        super().response_delete(request, obj_display, obj_id)  # adds the success message
        address = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        kept: Any = {"preserved_filters": self.get_preserved_filters(request), "opts": self.opts}
        return HttpResponseRedirect(add_preserved_filters(kept, address))
