"""Display preferences of one browser, stored in cookies."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpResponse

YEAR = 365 * 24 * 3600  # seconds


def remember(response: HttpResponse, name: str, value: str) -> HttpResponse:
    """Store a display preference in a cookie; an empty value deletes it."""
    if value:
        response.set_cookie(name, value, max_age=YEAR, httponly=True, samesite="Lax", secure=settings.HTTPS)
    else:
        response.delete_cookie(name, samesite="Lax")
    return response
