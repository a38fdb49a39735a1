"""What is refused before any view: a body larger than the server accepts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.decorators import sync_and_async_middleware

from assistant_app.api.errors import json_response
from assistant_app.errors import BodyTooLarge


@sync_and_async_middleware
def refuse_large_bodies(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Judge by Content-Length, for WSGI: under ASGI `BodyLimit` was first, and counts what has none."""

    async def answer_async(request: HttpRequest) -> HttpResponseBase:
        return _refusal(request) or await get_response(request)

    def answer(request: HttpRequest) -> HttpResponseBase:
        return _refusal(request) or get_response(request)

    return answer_async if iscoroutinefunction(get_response) else answer


def _refusal(request: HttpRequest) -> HttpResponse | None:
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length[:20]) <= settings.MAX_BODY_BYTES:
        return None
    error = BodyTooLarge()
    if request.path.startswith("/api/"):
        return json_response(error)
    return render(request, "413.html", status=error.status)
