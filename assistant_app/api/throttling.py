"""How often one may ask. The rates are read at each request, so that a test can change them."""

from __future__ import annotations

from django.conf import settings
from rest_framework.throttling import AnonRateThrottle, UserRateThrottle


class AnonymousThrottle(AnonRateThrottle):
    def get_rate(self) -> str:
        return settings.API_RATE_ANONYMOUS


class UserThrottle(UserRateThrottle):
    def get_rate(self) -> str:
        return settings.API_RATE_USER
