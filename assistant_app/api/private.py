"""Keep the API's answers out of every cache."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.deprecation import MiddlewareMixin


class PrivateAnswers(MiddlewareMixin):
    """Mark every answer below /api/ as private, also errors that no API view has made.

    It is the first middleware, so that it sees what the others answer.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if request.path_info.startswith("/api/"):
            response["Cache-Control"] = "private, no-store"
        return response
