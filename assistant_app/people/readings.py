"""Access of staff to other people's mail: they give a reason first, and the owner can see it."""

from __future__ import annotations

import re
import unicodedata
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, User
from django.db.models import QuerySet
from django.utils import timezone

from assistant_app.errors import ApplicationNotFound, InvalidInput
from assistant_app.mail.hidden import without_hidden
from assistant_app.models import Application, MailReading
from assistant_app.phrases import gettext_noop

READS_FOR = timedelta(minutes=30)  # after that a new reason is needed
SHORTEST, LONGEST = 10, 300  # characters of a reason
DIFFERENT_LETTERS = 4  # a reason in words has more
# Unicode's categories of characters that show nothing by themselves: control, format, surrogate, private,
# unassigned; and marks, which need a letter.
INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Mn", "Mc", "Me"}
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
    reason = " ".join(without_hidden(re.sub(r"[\s\u2800]", " ", reason)).split())
    problem = _problem_of(reason)
    if problem:
        raise InvalidInput(problem, fields={"reason": [problem]})
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
    return readings.only(
        "reader_name", "reason", "read_at", "application__title", "application__deleted_at", "owner_id"
    )


def of_email(row: Application) -> QuerySet[MailReading]:
    return MailReading.objects.filter(application_id=row.pk)


def _problem_of(reason: str) -> str:
    """Return what is wrong with a reason; "" if it says something."""
    visible = "".join(sign for sign in reason if unicodedata.category(sign) not in INVISIBLE)
    if len(visible) < SHORTEST or len(reason) > LONGEST:
        return gettext_noop(
            "Reason: say why in %(shortest)s to %(longest)s characters. Its owner will read it.",
            shortest=SHORTEST,
            longest=LONGEST,
        )
    signs = re.sub(r"(.)\1{2,}", r"\1", visible.casefold())  # "aaaa" says no more than "a"
    letters = [sign for sign in signs if sign.isalpha()]
    others = [sign for sign in signs if not sign.isalnum() and not sign.isspace()]
    if len(set(letters)) < DIFFERENT_LETTERS or len(others) > len(letters):
        return gettext_noop("Reason: say why in words. Its owner will read it.")
    return ""


def _visible(actor: User, app_id: Any) -> Application:
    row = Application.objects.defer("state").filter(pk=app_id).first()
    if row is None or not any(
        actor.has_perm(f"assistant_app.{may}_application") for may in ("view", "change")
    ):
        raise ApplicationNotFound
    return row
