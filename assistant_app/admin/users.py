"""The admin of accounts and groups: Django's own, with a guard for the last administrator."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, gettext_lazy

from assistant_app.admin.staff import StaffAdmin
from assistant_app.models import ApiToken, Application
from assistant_app.people import erasure, hashing

# Django's names of some fields, in plain words, with what each means.
IN_WORDS = {
    "is_active": (
        gettext_lazy("May sign in"),
        gettext_lazy("Clear it to lock the account and keep its emails."),
    ),
    "is_staff": (
        gettext_lazy("May open these pages"),
        gettext_lazy("What it shows depends on the permissions of the account."),
    ),
    "is_superuser": (
        gettext_lazy("Administrator"),
        gettext_lazy("May do everything, without further permissions."),
    ),
    "groups": (gettext_lazy("Groups"), gettext_lazy("The account has all permissions of its groups.")),
    "user_permissions": (gettext_lazy("Further permissions"), gettext_lazy("Besides those of its groups.")),
}
LAST = gettext_lazy("%(user)s: one administrator must remain. Make another user an administrator first.")
admin.site.unregister([User, Group])


class InWords(admin.BooleanFieldListFilter):
    """A filter with the words of `IN_WORDS`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title, _ = IN_WORDS[self.field_path]


@admin.register(User)
class AccountAdmin(StaffAdmin, UserAdmin):
    lookups = frozenset(
        {"is_staff__exact", "is_superuser__exact", "is_active__exact", "groups__id__exact", "groups__isnull"}
    )
    list_filter = (("is_active", InWords), ("is_staff", InWords), ("is_superuser", InWords), "groups")
    readonly_fields = ("last_login", "date_joined")
    list_display = ("username", "email", "first_name", "last_name", "opens_admin", "is_administrator")

    @admin.display(description=gettext_lazy("may open these pages"), boolean=True, ordering="is_staff")
    def opens_admin(self, user: User) -> bool:
        return user.is_staff

    @admin.display(description=gettext_lazy("administrator"), boolean=True, ordering="is_superuser")
    def is_administrator(self, user: User) -> bool:
        return user.is_superuser

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and db_field.name in IN_WORDS:
            field.label, field.help_text = IN_WORDS[db_field.name]
        return field

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
        names = [gettext("%(user)s, with all their emails and tokens") % {"user": user} for user in users]
        kept = [LAST % {"user": user} for user in users if user.is_superuser]
        summary = {model._meta.verbose_name_plural: number for model, number in counts.items()}
        return names, summary, lacking, kept if erasure.is_last_administrator(*users) else []


@admin.register(Group)
class RoleAdmin(StaffAdmin, GroupAdmin):
    """The admin of groups of permissions."""
