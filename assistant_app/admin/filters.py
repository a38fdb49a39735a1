"""Filters of the admin list: by status and by owner."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy, ngettext

from assistant_app.models import Application, ApplicationQuerySet

Status = Application.Status
TOO_LONG = timedelta(minutes=10)  # since the last stored step


class NeedsALook(SimpleListFilter):
    title = gettext_lazy("status")
    parameter_name = "look"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        minutes = int(TOO_LONG.total_seconds() / 60)
        long = ngettext(
            "Running for more than %(number)s minute", "Running for more than %(number)s minutes", minutes
        )
        return [
            ("failed", gettext("Failed")),
            ("interrupted", gettext("Interrupted")),
            ("long", long % {"number": minutes}),
            ("running", gettext("Running")),
            ("cancelled", gettext("Stopped by the owner")),
            ("waiting", gettext("Waiting for the owner")),
            ("finished", gettext("Finished")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        assert isinstance(queryset, ApplicationQuerySet)  # noqa: S101  (tells mypy the type)
        match self.value():
            case "failed":
                stopped = queryset.filter(status=Status.FAILED)
                return stopped.exclude(error_code__in=["interrupted", "cancelled"])
            case "interrupted":
                return queryset.interrupted()
            case "long":
                return queryset.under_way().filter(updated_at__lte=timezone.now() - TOO_LONG)
            case "running":
                return queryset.under_way()
            case "cancelled":
                return queryset.filter(status=Status.FAILED, error_code="cancelled")
            case "waiting" | "finished" as status:
                return queryset.filter(status=status)
        return None


class ByOwner(SimpleListFilter):
    """Filter by a typed user name. A list of all owners could be as long as the table."""

    title = gettext_lazy("owner")
    parameter_name = "owner"
    template = "admin/assistant_app/application/owner_filter.html"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return []

    def has_output(self) -> bool:
        return True

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        """Yield the context for the template, with the other filters so that its form keeps them."""
        yield {
            "value": self.value() or "",
            "others": [(k, v) for k, v in changelist.filter_params.items() if k != self.parameter_name],
            "all": changelist.get_query_string(remove=[self.parameter_name]),
        }

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        name = (self.value() or "").strip().replace("\x00", "")
        if not name:
            return None
        users = get_user_model()._default_manager
        return queryset.filter(owner__in=users.filter(**{f"{get_user_model().USERNAME_FIELD}__iexact": name}))
