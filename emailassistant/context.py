"""What every template may show."""

from __future__ import annotations

from django.http import HttpRequest

from emailassistant import __version__


def product_version(request: HttpRequest) -> dict[str, str]:
    return {"product_version": __version__}
