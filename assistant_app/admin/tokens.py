"""The admin of API tokens: who has one and when it expires. Deleting a token revokes it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext, gettext_lazy

from assistant_app.admin.lists import BackToTheList
from assistant_app.admin.staff import StaffAdmin
from assistant_app.models import ApiToken


@admin.register(ApiToken)
class ApiTokenAdmin(BackToTheList, StaffAdmin):
    list_display = ("label", "user", "begins_with", "scope", "made_at", "last_used_at", "expires_at")
    list_select_related = ("user",)
    search_fields = ("name", "user__username", "token_key")
    ordering = ("-created",)
    fields = list_display
    show_full_result_count = False

    @admin.display(description=gettext_lazy("name"), ordering="name")
    def label(self, token: ApiToken) -> str:
        return token.name or gettext("Untitled token")

    @admin.display(description=gettext_lazy("begins with"), ordering="token_key")
    def begins_with(self, token: ApiToken) -> str:
        return token.token_key

    @admin.display(description=gettext_lazy("created"), ordering="created")
    def made_at(self, token: ApiToken) -> datetime:
        return token.created

    @admin.display(description=gettext_lazy("expires"), ordering="expiry")
    def expires_at(self, token: ApiToken) -> datetime | None:
        return token.expiry

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
