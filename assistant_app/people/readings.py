"""Access of staff to other people's mail: they give a reason first, and the owner can see it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, User
from django.db.models import QuerySet
from django.utils import timezone

from assistant_app.errors import ApplicationNotFound, InvalidInput
from assistant_app.models import Application, MailReading

READS_FOR = timedelta(minutes=30)  # after that a new reason is needed
SHORTEST, LONGEST = 10, 300  # characters of a reason
SHOWN = 50


def may_read(reader: AbstractBaseUser, row: Application) -> bool:
    """Return whether the reader owns the email or has recently given a reason."""
    if row.owner_id == reader.pk:
        return True
    said = MailReading.objects.filter(application_id=row.pk, reader_id=reader.pk)
    return said.filter(read_at__gt=timezone.now() - READS_FOR).exists()


def begin(*, actor: User, app_id: Any, reason: str) -> MailReading:
    """Record that the actor reads this email and why.

    Raise `InvalidInput` without a proper reason, and `ApplicationNotFound` without the permission.
    """
    row = _visible(actor, app_id)
    reason = " ".join(reason.replace("\x00", "").split())
    if not SHORTEST <= len(reason) <= LONGEST:
        said = f"Say why in {SHORTEST} to {LONGEST} characters: its owner will read it."
        raise InvalidInput(said, fields={"reason": [said]})
    return MailReading.objects.create(
        owner_id=row.owner_id,
        application=row,
        reader=actor,
        reader_name=actor.get_username(),
        reason=reason,
    )


def of_owner(owner: AbstractBaseUser) -> QuerySet[MailReading]:
    """Return the readings of this owner's mail, newest first, with the application unless it was deleted."""
    readings = MailReading.objects.filter(owner_id=owner.pk).select_related("application")
    return readings.only("reader_name", "reason", "read_at", "application__title", "owner_id")


def of_email(row: Application) -> QuerySet[MailReading]:
    return MailReading.objects.filter(application_id=row.pk)


def _visible(actor: User, app_id: Any) -> Application:
    row = Application.objects.defer("state").filter(pk=app_id).first()
    if row is None or not any(
        actor.has_perm(f"assistant_app.{may}_application") for may in ("view", "change")
    ):
        raise ApplicationNotFound
    return row
