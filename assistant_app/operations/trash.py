"""Delete emails so that it can be undone for ten minutes.

Until then, a deleted email keeps its row and its id, but `Application.objects` and `Application.find` don't
return it, so no door shows it. Its version does not change.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Case, F, When
from django.utils import timezone

from assistant_app.engine import registry
from assistant_app.engine.runner import runner
from assistant_app.errors import Cancelled
from assistant_app.models import Application, ApplicationQuerySet, database_clock
from assistant_app.operations.deletion import delete_rows

UNDO_FOR = timedelta(minutes=10)
BATCH = 100  # emails per transaction


def put(*, actor: AbstractBaseUser, app_ids: Iterable[uuid.UUID]) -> list[uuid.UUID]:
    """Delete these emails of the actor and stop their runs; return the ids of those that were there.

    Leave alone what only a newer version can change.
    """
    with transaction.atomic():
        rows = Application.objects.owned_by(actor).select_for_update().filter(pk__in=list(app_ids))
        known = [row for row in rows.defer("state").order_by("pk") if registry.is_known(row)]
        leases = {row.pk: row.lease_token for row in known}
        Application.objects.filter(pk__in=leases).update(
            deleted_at=timezone.now(),
            stop_requested_at=Case(
                When(status=Application.Status.RUNNING, then=database_clock()), default=F("stop_requested_at")
            ),
        )
    for lease in leases.values():
        runner.stop(lease, Cancelled())  # a run of another process sees the request
    return list(leases)


def restore(*, actor: AbstractBaseUser, app_ids: Iterable[uuid.UUID]) -> list[uuid.UUID]:
    """Undo the deletion; return the ids of the emails that are back. Too late, they are gone."""
    with transaction.atomic():
        rows = Application.with_deleted.owned_by(actor).select_for_update()
        found = rows.filter(pk__in=list(app_ids), deleted_at__gt=timezone.now() - UNDO_FOR).order_by("pk")
        back = list(found.values_list("pk", flat=True))
        Application.with_deleted.filter(pk__in=back).update(deleted_at=None)
    return back


def due() -> ApplicationQuerySet:
    """Return the deleted emails that can't be restored any more."""
    rows: ApplicationQuerySet = Application.with_deleted.filter(deleted_at__lte=timezone.now() - UNDO_FOR)
    return rows


def empty() -> int:
    """Erase what is due, in any process; return the number of emails."""
    number = 0
    while found := list(due().order_by("pk").values_list("pk", flat=True)[:BATCH]):
        with transaction.atomic():
            going = list(
                due().select_for_update().filter(pk__in=found).order_by("pk").values_list("pk", flat=True)
            )
            delete_rows(going)
        number += len(going)
    return number
