"""Turn an `AssistantError` raised by a page view into its error page, so views need not catch it."""

from __future__ import annotations

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils.deprecation import MiddlewareMixin

from assistant_app.errors import AssistantError, DatabaseUnavailable
from assistant_app.pages import refusals


class PageErrors(MiddlewareMixin):
    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, OperationalError | InterfaceError):
            exception = DatabaseUnavailable(retry_after=5)
        return refusals.answer(request, exception) if isinstance(exception, AssistantError) else None
