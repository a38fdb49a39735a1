"""What everybody asked of models, per day and per person; no titles and no texts."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from assistant_app.inspection import usage
from assistant_app.inspection.timeline import History
from assistant_app.inspection.usage_shown import in_period
from assistant_app.models import ModelCall
from assistant_app.templatetags.figures import money
from assistant_app.templatetags.letters import seconds


class ShowsUsage(admin.ModelAdmin):
    """The part of the applications' admin that sums what they used."""

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.usage_view)
        return [path("usage/", page, name="assistant_app_application_usage"), *super().get_urls()]

    def usage_view(self, request: HttpRequest) -> HttpResponse:
        """Sum a period, of everybody or of the person that `owner` names."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        name = request.GET.get("owner", "").replace("\x00", "").strip()
        calls = ModelCall.objects.all()
        if name:
            person = get_user_model().objects.filter(username=name).first()
            calls = usage.calls_of(person.pk if person else None)
        period, context = in_period(request.GET.get("days", ""), calls)
        context |= {
            **self.admin_site.each_context(request),
            "title": f"Usage of {name}" if name else "Usage",
            "opts": self.opts,
            "media": self.media,
            "owner": name,
            "people": {} if name else usage.per_person(calls, period),
        }
        return TemplateResponse(request, "admin/assistant_app/application/usage.html", context)


def used(history: History) -> list[tuple[str, str]]:
    """Return what one application used, as names and texts."""
    totals = history.totals
    failed = f", {totals.failed:,} failed" if totals.failed else ""
    facts = [
        ("Model calls", f"{totals.calls:,}{failed}"),
        ("Tokens", f"{totals.tokens_in:,} in, {totals.tokens_out:,} out"),
        ("Model time", seconds(totals.seconds)),
    ]
    return facts if totals.cost is None else [*facts, ("Cost", money(totals.cost))]
