"""How often one may ask. The rates are read at each request, so that a test can change them."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import AnonRateThrottle, SimpleRateThrottle, UserRateThrottle

from assistant_app.api import counters


class _Counted(SimpleRateThrottle):
    """DRF's, but counted by all processes together where there is Redis; no two requests lose a count."""

    duration: int  # seconds, read off the rate
    num_requests: int
    window: counters.Window

    def allow_request(self, request: Request, view: Any) -> bool:
        key = self.get_cache_key(request, view)
        if key is None:  # it is another throttle's to count
            return True
        self.window = counters.count(key, self.duration)
        return self.window.used <= self.num_requests

    def wait(self) -> float:
        return self.window.seconds_left


class AnonymousThrottle(_Counted, AnonRateThrottle):
    def get_rate(self) -> str:
        return settings.API_RATE_ANONYMOUS


class UserThrottle(_Counted, UserRateThrottle):
    def get_rate(self) -> str:
        return settings.API_RATE_USER
