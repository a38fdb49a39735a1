"""What is kept no longer than it has to be: old emails by their status, and sessions and tokens that ended.

Nothing that is under way is touched, and nobody waits long: each transaction takes a few emails.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from assistant_app.models import ApiToken, Application, ApplicationQuerySet, SignInTries
from assistant_app.operations.deletion import delete_rows

BATCH = 100  # emails in one transaction
TOKEN_DAYS = 30  # that a token which ended is still listed in its person's settings


@dataclass(frozen=True, slots=True)
class Policy:
    """For how many days since their last change emails are kept; 0 is for ever."""

    finished_days: int
    unfinished_days: int


def due(policy: Policy, now: datetime) -> dict[str, ApplicationQuerySet]:
    """Return what is too old, by name: finished emails, and those that wait for a person or stopped.

    A run whose server was killed has stopped as well, though nobody has said so in its row.
    """
    finished = Application.Status.FINISHED
    groups = {
        "finished emails": (Application.objects.filter(status=finished), policy.finished_days),
        "unfinished emails": (
            Application.objects.claimable().exclude(status=finished),
            policy.unfinished_days,
        ),
    }
    return {
        name: rows.filter(updated_at__lt=now - timedelta(days=days))
        for name, (rows, days) in groups.items()
        if days
    }


def ended(now: datetime) -> dict[str, QuerySet]:
    """Return what nobody can use any more, by name."""
    return {
        "sessions": Session.objects.filter(expire_date__lt=now),
        "tokens": ApiToken.objects.filter(expiry__lt=now - timedelta(days=TOKEN_DAYS)),
        "counts of tries": SignInTries.objects.filter(ends_at__lt=now),
    }


def prune(policy: Policy, *, is_dry: bool = False) -> dict[str, int]:
    """Delete all of it, or only count it; return how many rows of each kind."""
    now = timezone.now()
    counts = {name: rows.count() if is_dry else _delete(rows) for name, rows in due(policy, now).items()}
    for name, rows in ended(now).items():
        counts[name] = rows.count() if is_dry else rows.delete()[0]
    return counts


def _delete(rows: ApplicationQuerySet) -> int:
    """Delete emails a few at a time, each judged again once it is locked: somebody may go on with one."""
    number, after = 0, None
    while True:
        batch = rows.order_by("pk") if after is None else rows.order_by("pk").filter(pk__gt=after)
        found = list(batch.values_list("pk", flat=True)[:BATCH])
        if not found:
            return number
        with transaction.atomic():
            locked = rows.select_for_update().filter(pk__in=found).order_by("pk")
            going = list(locked.values_list("pk", flat=True))
            delete_rows(going)
        number, after = number + len(going), found[-1]
