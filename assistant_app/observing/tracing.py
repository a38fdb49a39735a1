"""Imports `otel` lazily with `OTEL=1`; otherwise does nothing."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from django.conf import settings


def on() -> Any:
    """Return the `otel` module, or None if tracing is off."""
    return import_module("assistant_app.observing.otel") if settings.OTEL else None


def hooks() -> list[Any]:
    """Return the Burr hooks that trace each step."""
    otel = on()
    return [otel.hook()] if otel else []
