"""What all views of the API have in common."""

from __future__ import annotations

from typing import Any

from django.utils.cache import patch_cache_control
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.views import APIView


class CountsEverybody(APIView):
    """Whoever asks is counted, and no shared cache keeps the answer."""

    def perform_authentication(self, request: Request) -> None:
        """Count whoever is not signed in before refusing; DRF would never throttle them."""
        try:
            super().perform_authentication(request)
        except APIException:  # only these: without a database, to ask again is to wait again
            self.check_throttles(request)
            raise
        if request.successful_authenticator is None:
            self.check_throttles(request)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        patch_cache_control(response, private=True, no_cache=True)
        return super().finalize_response(request, response, *args, **kwargs)
