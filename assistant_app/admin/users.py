"""Accounts, as Django's own admin has them; when somebody came is a record, which nobody edits."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User

admin.site.unregister(User)


@admin.register(User)
class AccountAdmin(UserAdmin):
    readonly_fields = ("last_login", "date_joined")
