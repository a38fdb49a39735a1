"""The operator's cockpit: who waits, what failed and why. Shows everything, edits no history.

Its actions are operations; steps and calls have no pages of their own, so nothing there can be changed.
"""

from django.contrib import admin
from django.contrib.admin.forms import AdminAuthenticationForm

from assistant_app.admin.applications import ApplicationAdmin
from assistant_app.admin.tokens import ApiTokenAdmin
from assistant_app.admin.users import AccountAdmin
from assistant_app.pages.account_forms import CountsTries

__all__ = ["AccountAdmin", "ApiTokenAdmin", "ApplicationAdmin"]


class StaffSignInForm(CountsTries, AdminAuthenticationForm):
    """Tries here and on the pages are counted together."""


admin.site.login_form = StaffSignInForm
admin.site.site_header = "Email assistant: administration"
admin.site.site_title = "Email assistant"
admin.site.index_title = "What is there"
