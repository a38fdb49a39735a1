"""Tokens, by knox: hashed in the database, ending on their day, and limited to their scope."""

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

from assistant_app.models import ApiToken, sql

LAST_USE = timedelta(minutes=1)  # is stored so often, so that most requests write nothing
# What a request does not ask of a person and a token: half of the columns, and most of the time to read them.
NOT_ASKED = frozenset({"token_key", "created"}) | {
    f"user__{name}" for name in ("password", "last_login", "date_joined", "email", "first_name", "last_name")
}


class TokenAuthentication(auth.TokenAuthentication):
    """One query by the hash, which is the key.

    Knox's own loads every token of the user, deletes the ended ones in a read, and fails on bytes
    that are no text.
    """

    def authenticate_credentials(self, token: bytes) -> tuple[object, ApiToken]:
        if not token.isalnum():
            raise AuthenticationFailed("There is no such token.")
        key = sql.where(ApiToken, digest=hash_token(token.decode("ascii")))
        found = sql.find(ApiToken, key, "user", defer=NOT_ASKED)
        if found is None or found.has_ended:
            raise AuthenticationFailed("There is no such token, or it has expired.")
        validated = self.validate_user(found)
        _note_use(found, timezone.now())
        return validated


class ScopeAllows(BasePermission):
    """A token that may only read changes nothing; a session is its person and may do all."""

    message = "This token may only read. Make one that may write."

    def has_permission(self, request: Request, view: Any) -> bool:
        token = request.auth
        if not isinstance(token, ApiToken) or request.method in SAFE_METHODS:
            return True
        return token.scope == ApiToken.Scope.WRITE


def _note_use(token: ApiToken, now: datetime) -> None:
    if token.last_used_at is None or token.last_used_at <= now - LAST_USE:
        with suppress(DatabaseError):  # nobody is kept out because it could not be noted
            ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
