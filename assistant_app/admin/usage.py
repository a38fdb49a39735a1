"""The usage page of the admin: model usage per day and per user, without titles and texts."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext

from assistant_app.inspection import usage
from assistant_app.inspection.timeline import History
from assistant_app.inspection.usage import in_period
from assistant_app.models import ModelCall
from assistant_app.templatetags.figures import money
from assistant_app.templatetags.letters import seconds


class ShowsUsage(admin.ModelAdmin):
    """Admin mixin: the usage page."""

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.usage_view)
        return [path("usage/", page, name="assistant_app_application_usage"), *super().get_urls()]

    def usage_view(self, request: HttpRequest) -> HttpResponse:
        """Show the usage of a period, for all users or for the user named by the `owner` parameter."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        name = request.GET.get("owner", "").replace("\x00", "").strip()
        calls = ModelCall.objects.all()
        if name:
            user = get_user_model().objects.filter(username=name).first()
            calls = usage.calls_of(user.pk if user else None)
        period, context = in_period(request.GET.get("days", ""), calls)
        context |= {
            **self.admin_site.each_context(request),
            "title": gettext("Usage of %(name)s") % {"name": name} if name else gettext("Usage"),
            "opts": self.opts,
            "media": self.media,
            "owner": name,
            "people": {} if name else usage.per_person(calls, period),
        }
        return TemplateResponse(request, "admin/assistant_app/application/usage.html", context)


def used(history: History) -> list[tuple[str, str]]:
    """Return the usage of one application as pairs of label and text."""
    totals = history.totals
    calls = f"{totals.calls:,}"
    if totals.failed:
        calls = gettext("%(calls)s, %(failed)s failed") % {"calls": calls, "failed": f"{totals.failed:,}"}
    tokens = {"received": f"{totals.tokens_in:,}", "written": f"{totals.tokens_out:,}"}
    facts = [
        (gettext("Model calls"), calls),
        (gettext("Tokens"), gettext("%(received)s in, %(written)s out") % tokens),
        (gettext("Model time"), seconds(totals.seconds)),
    ]
    return facts if totals.cost is None else [*facts, (gettext("Cost"), money(totals.cost))]
