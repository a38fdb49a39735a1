"""Token authentication on top of knox: tokens are stored as hashes, expire, and have a scope."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError
from django.utils import timezone
from knox import auth
from knox.crypto import hash_token
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from assistant_app.models import ApiToken

LAST_USE_PRECISION = timedelta(minutes=1)  # update `last_used_at` at most this often to save writes


class TokenAuthentication(auth.TokenAuthentication):
    """Find the token by its hash, the primary key, with one query.

    Knox loads every token of the user, deletes expired ones while reading, and fails on non-text bytes.
    """

    def authenticate_credentials(self, token: bytes) -> tuple[object, ApiToken]:
        if not token.isalnum():
            raise AuthenticationFailed("There is no such token.")
        found = ApiToken.find(hash_token(token.decode("ascii")))
        if found is None or found.has_ended:
            raise AuthenticationFailed("There is no such token, or it has expired.")
        validated = self.validate_user(found)
        _note_use(found, timezone.now())
        return validated


class ScopeAllows(BasePermission):
    """Allow read-only tokens safe methods only. Sessions and write tokens may use every method."""

    message = "This token is read-only."

    def has_permission(self, request: Request, view: Any) -> bool:
        token = request.auth
        if not isinstance(token, ApiToken) or request.method in SAFE_METHODS:
            return True
        return token.scope == ApiToken.Scope.WRITE


def _note_use(token: ApiToken, now: datetime) -> None:
    if token.last_used_at is None or token.last_used_at <= now - LAST_USE_PRECISION:
        with suppress(DatabaseError):  # best effort: a failed write must not fail the request
            ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
