"""The usage page: the user's model usage per day and per email."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from assistant_app.inspection import usage
from assistant_app.inspection.usage_shown import in_period
from assistant_app.pages.access import PersonRequest, signed_in


@signed_in
@require_safe
def usage_page(request: PersonRequest) -> HttpResponse:
    mine = usage.calls_of(request.user.pk)
    chosen, context = in_period(request.GET.get("days", ""), mine)
    context["emails"] = usage.per_email(mine, chosen)
    return render(request, "settings/usage.html", context)
