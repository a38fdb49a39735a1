"""Create and revoke API tokens."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth.models import AbstractBaseUser

from assistant_app.errors import InvalidInput
from assistant_app.models import ApiToken
from assistant_app.phrases import gettext_noop

MAX_DAYS = 3650
LONGEST_NAME = 100  # characters


def create(
    *, owner: AbstractBaseUser, name: str, days: int, scope: str = ApiToken.Scope.WRITE
) -> tuple[ApiToken, str]:
    """Return a new token and its secret. Only a hash is stored, so the secret cannot be shown again.

    Raise `InvalidInput`, with the field `name`, `days` or `scope`.
    """
    problems = {}
    if len(name) > LONGEST_NAME:
        problems["name"] = [gettext_noop("That is too long: %(most)s characters fit.", most=LONGEST_NAME)]
    if not 1 <= days <= MAX_DAYS:
        problems["days"] = [
            gettext_noop("Give a number from 1 to %(most)s, not %(days)s.", most=MAX_DAYS, days=days)
        ]
    if scope not in ApiToken.Scope.values:
        problems["scope"] = [
            gettext_noop("Choose one of: %(values)s.", values=", ".join(ApiToken.Scope.values))
        ]
    if problems:
        raise InvalidInput(fields=problems)
    token, secret = ApiToken.objects.create(user=owner, expiry=timedelta(days=days), name=name, scope=scope)
    return token, secret


def revoke(*, actor: AbstractBaseUser, digest: str) -> bool:
    """Revoke one of the actor's tokens; return whether it existed."""
    deleted, _ = ApiToken.objects.filter(user_id=actor.pk, digest=digest.replace("\x00", "")).delete()
    return bool(deleted)
