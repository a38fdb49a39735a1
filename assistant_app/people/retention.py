"""Delete old emails by status, and expired sessions and tokens.

Active runs are left alone. Each transaction takes a few emails, to keep its locks short.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from assistant_app.engine import registry
from assistant_app.models import ApiToken, Application, ApplicationQuerySet, IdempotencyKey, SignInTries
from assistant_app.models.idempotency import expired_at
from assistant_app.operations import trash
from assistant_app.operations.deletion import delete_rows
from assistant_app.people import identities, notes

BATCH = 100  # emails per transaction
TOKEN_DAYS = 30  # how long an expired token stays listed in its owner's settings


@dataclass(frozen=True, slots=True)
class Policy:
    """How many days emails are kept after their last change; 0 means forever."""

    finished_days: int
    unfinished_days: int


def due(policy: Policy, now: datetime) -> dict[str, ApplicationQuerySet]:
    """Return the emails to delete by group name: finished ones, and ones that are waiting or stopped.

    A run with an expired lease counts as stopped, although its row still says running. What a newer version
    made is left to it.
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
        name: registry.only_known(rows).filter(updated_at__lt=now - timedelta(days=days))
        for name, (rows, days) in groups.items()
        if days
    }


def ended(now: datetime) -> dict[str, QuerySet]:
    """Return expired records by their name."""
    return {
        "sessions": Session.objects.filter(expire_date__lt=now),
        "tokens": ApiToken.objects.filter(expiry__lt=now - timedelta(days=TOKEN_DAYS)),
        "sign-in counters": SignInTries.objects.filter(ends_at__lt=now),
        "idempotency keys": IdempotencyKey.objects.filter(created_at__lte=expired_at()),
    }


def prune(policy: Policy, *, is_dry: bool = False) -> dict[str, int]:
    """Delete what is due and expired, or only count it if `is_dry`; return the number of rows by name."""
    now = timezone.now()
    counts = {name: rows.count() if is_dry else _delete(rows) for name, rows in due(policy, now).items()}
    counts["deleted emails"] = trash.due().count() if is_dry else trash.empty()
    for name, rows in ended(now).items():
        counts[name] = rows.count() if is_dry else rows.delete()[0]
    if not is_dry:
        # Not counted: they are the rest of accounts that are erased already.
        notes.orphans().delete()
        identities.orphans().delete()
    return counts


def _delete(rows: ApplicationQuerySet) -> int:
    """Delete emails in batches. Check each one again after locking it: its owner may have continued it."""
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
