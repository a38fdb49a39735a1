"""How the pages look in one browser: kept in its cookies."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpResponse

YEAR = 365 * 24 * 3600  # seconds


def remember(response: HttpResponse, name: str, value: str) -> HttpResponse:
    """Keep how the pages look in this browser; an empty value forgets it."""
    if value:
        response.set_cookie(name, value, max_age=YEAR, httponly=True, samesite="Lax", secure=settings.HTTPS)
    else:
        response.delete_cookie(name, samesite="Lax")
    return response
