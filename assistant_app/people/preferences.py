"""What a person wants of every draft, through whichever door it is asked for."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models

from assistant_app.errors import InvalidInput
from assistant_app.mail.header import one_line
from assistant_app.models.sql import Condition

LONGEST_SIGNATURE = 200  # characters


class Preferences(models.Model):
    """A person without a row has none."""

    owner = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+")
    signature = models.CharField(max_length=LONGEST_SIGNATURE, blank=True)  # the name under the drafts

    class Meta:
        verbose_name_plural = "preferences"

    def __str__(self) -> str:
        return self.signature


def signature_of(owner_id: int | None) -> str:
    """Return the name that a person's drafts end with; empty if they gave none."""
    return Preferences.objects.filter(pk=owner_id).values_list("signature", flat=True).first() or ""


def read_along() -> Condition:
    """Return the same of the owner of an application's row, to be read with it."""
    mine = "SELECT signature FROM assistant_app_preferences AS kept"
    return Condition(f"COALESCE(({mine} WHERE kept.owner_id = assistant_app_application.owner_id), '')")


def sign_with(*, actor: AbstractBaseUser, name: str) -> str:
    """Let the actor's drafts end with that name from now on; return it as it is kept."""
    name = one_line(name)
    if len(name) > LONGEST_SIGNATURE:
        problem = f"It has {len(name):,} characters; {LONGEST_SIGNATURE} fit."
        raise InvalidInput(fields={"signature": [problem]})
    Preferences.objects.update_or_create(owner_id=actor.pk, defaults={"signature": name})
    return name
