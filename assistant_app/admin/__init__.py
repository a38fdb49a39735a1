"""The operator's cockpit: who waits, what failed and why. Shows everything, edits no history.

Its actions are operations; steps and calls have no pages of their own, so nothing there can be changed.
"""

from typing import Any

from django.contrib import admin
from django.contrib.admin.forms import AdminAuthenticationForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from assistant_app.admin.applications import ApplicationAdmin
from assistant_app.admin.tokens import ApiTokenAdmin
from assistant_app.admin.users import AccountAdmin
from assistant_app.people.sign_in import CountsTries

__all__ = ["AccountAdmin", "ApiTokenAdmin", "ApplicationAdmin"]


class StaffSignInForm(CountsTries, AdminAuthenticationForm):
    """Tries here and on the pages are counted together."""


def password_change(request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
    """Lead to the pages' own, which counts the tries."""
    return redirect("password")


admin.site.password_change = password_change  # type: ignore[method-assign, assignment]
admin.site.login_form = StaffSignInForm
admin.site.site_header = "Email assistant: administration"
admin.site.site_title = "Email assistant"
admin.site.index_title = "What is there"
