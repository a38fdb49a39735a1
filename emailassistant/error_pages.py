"""Error responses outside views: JSON below /api/, a page elsewhere."""

from __future__ import annotations

from django.contrib.sessions.exceptions import SessionInterrupted
from django.http import HttpRequest, HttpResponse
from django.views import defaults

from assistant_app.api import errors
from assistant_app.engine.database_outage import outage
from assistant_app.errors import DatabaseUnavailable
from assistant_app.pages import refusals


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if isinstance(exception, SessionInterrupted) and (failure := _outage_behind(exception)) is not None:
        is_api = request.path.startswith("/api/")
        return errors.json_response(failure) if is_api else refusals.answer(request, failure)
    if request.path.startswith("/api/"):
        return errors.bad_request(request, exception)
    return defaults.bad_request(request, exception, "errors/400.html")


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return defaults.permission_denied(request, exception, "errors/403.html")


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return defaults.page_not_found(request, exception, "errors/404.html")


def server_error(request: HttpRequest) -> HttpResponse:
    if request.path.startswith("/api/"):
        return errors.server_error(request)
    return refusals.server_error(request)


def _outage_behind(problem: BaseException | None) -> DatabaseUnavailable | None:
    """Return why the session could not be saved. Django takes each failure for a deleted session."""
    while problem is not None:
        if (failure := outage(problem)) is not None:
            return failure
        problem = problem.__context__
    return None
