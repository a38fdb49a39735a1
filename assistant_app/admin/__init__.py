"""The operator's cockpit: who waits, what failed and why. Shows everything, edits no history.

Its actions are operations; steps and calls have no pages of their own, so nothing there can be changed.
"""

from django.contrib import admin

from assistant_app.admin.applications import ApplicationAdmin
from assistant_app.admin.tokens import ApiTokenAdmin
from assistant_app.admin.users import AccountAdmin

__all__ = ["AccountAdmin", "ApiTokenAdmin", "ApplicationAdmin"]

admin.site.site_header = "Email assistant: administration"
admin.site.site_title = "Email assistant"
admin.site.index_title = "What is there"
