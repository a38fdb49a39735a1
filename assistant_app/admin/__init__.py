"""The admin for operators: what waits, what failed and why. History is read-only.

Its actions call operations. Steps and model calls have no admin pages, so they cannot be changed.
"""

from typing import Any

from django.contrib import admin
from django.contrib.admin.forms import AdminAuthenticationForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy

from assistant_app.admin.applications import ApplicationAdmin
from assistant_app.admin.burr_states import BurrStateAdmin
from assistant_app.admin.deviations import ServerDeviationAdmin
from assistant_app.admin.tokens import ApiTokenAdmin
from assistant_app.admin.users import AccountAdmin, RoleAdmin
from assistant_app.people.sign_in import CountsTries

__all__ = [
    "AccountAdmin",
    "ApiTokenAdmin",
    "ApplicationAdmin",
    "BurrStateAdmin",
    "RoleAdmin",
    "ServerDeviationAdmin",
]


class StaffSignInForm(CountsTries, AdminAuthenticationForm):
    """Throttle sign-in attempts, counted together with those on the pages."""


def password_change(request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
    """Redirect to the password page, which throttles attempts."""
    return redirect("password")


admin.site.password_change = password_change  # type: ignore[method-assign, assignment]
admin.site.login_form = StaffSignInForm
admin.site.site_header = gettext_lazy("Email assistant admin")
admin.site.site_title = gettext_lazy("Email assistant")
admin.site.index_title = gettext_lazy("Overview")
admin.site.enable_nav_sidebar = False  # the lists need its room; the overview has the same links
