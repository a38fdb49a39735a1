"""The base class of every API view."""

from __future__ import annotations

from typing import Any

from django.utils.cache import patch_cache_control
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.views import APIView


class BaseView(APIView):
    """Throttle every request; mark responses private."""

    def perform_authentication(self, request: Request) -> None:
        """Throttle requests that fail authentication too: DRF checks the throttles only afterwards."""
        try:
            super().perform_authentication(request)
        except APIException:  # nothing broader: with the database down, a second query would wait again
            self.check_throttles(request)
            raise
        if request.successful_authenticator is None:
            self.check_throttles(request)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        patch_cache_control(response, private=True, no_cache=True)
        return super().finalize_response(request, response, *args, **kwargs)
