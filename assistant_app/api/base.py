"""The base class of every API view."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from django.http.response import HttpResponseBase
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.views import APIView

from emailassistant.pending import PendingResponse


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

    def wait_for(self, future: Future[Any], then: Callable[[], HttpResponseBase]) -> HttpResponseBase:
        """Return what `then` returns when the future is done, without holding a thread until then."""
        return then() if future.done() else PendingResponse(future, lambda: self._go_on(then))

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Leave a pending response as it is: `_go_on` gives the real one its headers."""
        if isinstance(response, PendingResponse):
            return response
        return super().finalize_response(request, response, *args, **kwargs)

    def _go_on(self, then: Callable[[], HttpResponseBase]) -> HttpResponseBase:
        """Do what DRF's `dispatch` does after the handler of the method."""
        response: Any
        try:
            response = then()
        except Exception as problem:  # noqa: BLE001  (as `dispatch` does)
            response = self.handle_exception(problem)
        self.response = self.finalize_response(self.request, response, *self.args, **self.kwargs)
        return self.response
