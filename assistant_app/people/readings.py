"""Staff who read a person's mail: they say why first, it is stored, and the person can see it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, User
from django.db.models import QuerySet
from django.utils import timezone

from assistant_app.errors import ApplicationNotFound, InvalidInput
from assistant_app.models import Application, MailReading

READS_FOR = timedelta(minutes=30)  # then they say anew why
SHORTEST, LONGEST = 10, 300  # characters of a reason
SHOWN = 50


def may_read(reader: AbstractBaseUser, row: Application) -> bool:
    """Whether they said why of late; nobody needs a reason for their own mail."""
    if row.owner_id == reader.pk:
        return True
    said = MailReading.objects.filter(application_id=row.pk, reader_id=reader.pk)
    return said.filter(read_at__gt=timezone.now() - READS_FOR).exists()


def begin(*, actor: User, app_id: Any, reason: str) -> MailReading:
    """Store that the actor reads a person's mail from now on, and why; raise `InvalidInput` without a why."""
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
    """Return who read this person's mail, newest first, each with its email if that is still there."""
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
