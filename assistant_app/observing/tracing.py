"""Where traces are wanted (`OTEL=1`), leads to `otel`; else nothing is imported and nothing done."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from django.conf import settings


def on() -> Any:
    """Return the module that traces, or none."""
    return import_module("assistant_app.observing.otel") if settings.OTEL else None


def hooks() -> list[Any]:
    """Return what Burr is to tell of each step."""
    otel = on()
    return [otel.hook()] if otel else []
