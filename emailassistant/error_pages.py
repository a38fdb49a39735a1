"""What is answered when a view made a mistake: JSON below /api/, a page elsewhere."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from assistant_app.api import errors
from assistant_app.pages import errors as page_errors


def server_error(request: HttpRequest) -> HttpResponse:
    if request.path.startswith("/api/"):
        return errors.server_error(request)
    return page_errors.server_error(request)
