"""Views whose requests may carry an `Idempotency-Key`."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.auth.models import AbstractBaseUser
from rest_framework.request import Request
from rest_framework.response import Response

from assistant_app import operations
from assistant_app.api.base import BaseView
from assistant_app.api.conditions import idempotency_key
from assistant_app.models import IdempotencyKey


class Repeatable(BaseView):
    """Recognise a request that is sent again."""

    key: IdempotencyKey | None = None  # of the request

    def is_repeat(self, operation: str, payload: Any, record: Any = "") -> bool:
        """Look up the `Idempotency-Key`, before anything else is checked; return whether it was stored.

        `record` is the id of what the request changes, "" for a new one.
        """
        key = idempotency_key(self.request)
        if key is None:
            return False
        actor = cast(AbstractBaseUser, self.request.user)
        self.key = operations.key_for(
            actor=actor, key=key, operation=operation, app_id=record, payload=payload
        )
        return self.key.is_repeat

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Response:
        """Say whether the answer repeats an earlier one."""
        if self.key is not None and self.key.is_repeat:
            response["Idempotency-Replayed"] = "true"
        return super().finalize_response(request, response, *args, **kwargs)
