"""The admin of API tokens: who has one and when it expires. Deleting a token revokes it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from assistant_app.admin.lists import BackToTheList
from assistant_app.admin.staff import StaffAdmin
from assistant_app.models import ApiToken


@admin.register(ApiToken)
class ApiTokenAdmin(BackToTheList, StaffAdmin):
    list_display = ("label", "user", "token_key", "scope", "created", "last_used_at", "expiry")
    list_select_related = ("user",)
    search_fields = ("name", "user__username", "token_key")
    ordering = ("-created",)
    fields = ("label", "user", "token_key", "scope", "created", "last_used_at", "expiry")
    show_full_result_count = False

    @admin.display(description="name", ordering="name")
    def label(self, token: ApiToken) -> str:
        return token.name or "Untitled token"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
