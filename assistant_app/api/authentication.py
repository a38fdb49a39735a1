"""Tokens, by knox: hashed in the database, ending on their day."""

from __future__ import annotations

from django.utils import timezone
from knox import auth
from knox.crypto import hash_token
from rest_framework.exceptions import AuthenticationFailed

from assistant_app.models import ApiToken


class TokenAuthentication(auth.TokenAuthentication):
    """One query by the hash, which is the key.

    Knox's own loads every token of the user, deletes the ended ones in a read, and fails on bytes
    that are no text.
    """

    def authenticate_credentials(self, token: bytes) -> tuple[object, ApiToken]:
        if not token.isalnum():
            raise AuthenticationFailed("There is no such token.")
        found = (
            ApiToken.objects.select_related("user")
            .filter(pk=hash_token(token.decode("ascii")), expiry__gt=timezone.now())
            .first()
        )
        if found is None:
            raise AuthenticationFailed("There is no such token, or it has expired.")
        return self.validate_user(found)
