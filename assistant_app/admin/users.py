"""The admin of accounts and groups: Django's own, with a guard for the last administrator."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import Model
from django.http import HttpRequest, HttpResponse

from assistant_app.admin.staff import StaffAdmin
from assistant_app.models import ApiToken, Application
from assistant_app.people import erasure, hashing

LAST = "one administrator must remain. Make another user an administrator first."
admin.site.unregister([User, Group])


@admin.register(User)
class AccountAdmin(StaffAdmin, UserAdmin):
    lookups = frozenset(
        {"is_staff__exact", "is_superuser__exact", "is_active__exact", "groups__id__exact", "groups__isnull"}
    )
    readonly_fields = ("last_login", "date_joined")

    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Wait for a turn to hash before Django opens the transaction that it hashes in."""
        if request.method != "POST":
            return super().add_view(request, *args, **kwargs)
        with hashing.turn():
            return super().add_view(request, *args, **kwargs)

    def get_deleted_objects(self, objs: Iterable[Any], request: HttpRequest) -> Any:
        """Show counts of related objects, which would fill pages. Protect the last administrator."""
        users = list(objs)
        counts: dict[type[Model], int] = {
            User: len(users),
            Application: Application.objects.filter(owner__in=users).count(),
            ApiToken: ApiToken.objects.filter(user__in=users).count(),
        }
        lacking = {
            str(model._meta.verbose_name)
            for model, number in counts.items()
            if number and not self.admin_site.get_model_admin(model).has_delete_permission(request)
        }
        names = [f"{user}, with all their emails and tokens" for user in users]
        kept = [f"{user}: {LAST}" for user in users if user.is_superuser]
        summary = {model._meta.verbose_name_plural: number for model, number in counts.items()}
        return names, summary, lacking, kept if erasure.is_last_administrator(*users) else []


@admin.register(Group)
class RoleAdmin(StaffAdmin, GroupAdmin):
    """The admin of groups of permissions."""
