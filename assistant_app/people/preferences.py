"""A user's preferences for all drafts, used by pages, API and commands alike."""

from __future__ import annotations

from django.contrib.auth.base_user import AbstractBaseUser

from assistant_app.errors import InvalidInput
from assistant_app.mail.header import one_line
from assistant_app.models import Preferences
from assistant_app.models.people import LONGEST_SIGNATURE


def sign_with(*, actor: AbstractBaseUser, name: str) -> str:
    """Sign the actor's future drafts with this name; return it as stored. Raise `InvalidInput`."""
    name = one_line(name)
    if len(name) > LONGEST_SIGNATURE:
        problem = f"It has {len(name):,} characters; {LONGEST_SIGNATURE} fit."
        raise InvalidInput(fields={"signature": [problem]})
    Preferences.objects.update_or_create(owner_id=actor.pk, defaults={"signature": name})
    return name
