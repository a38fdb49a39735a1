"""The base class of every API view."""

from __future__ import annotations

from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.views import APIView


class BaseView(APIView):
    """Throttle every request."""

    def perform_authentication(self, request: Request) -> None:
        """Throttle requests that fail authentication too: DRF checks the throttles only afterwards."""
        try:
            super().perform_authentication(request)
        except APIException:  # nothing broader: with the database down, a second query would wait again
            self.check_throttles(request)
            raise
        if request.successful_authenticator is None:
            self.check_throttles(request)
