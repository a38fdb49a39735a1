"""Erases a person: the account, all emails, and whatever else holds a text of theirs.

What is left is what belongs to others: that this person, as an administrator, read somebody's email, and
the reason that they gave its owner.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.auth import SESSION_KEY, get_user_model
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import Error as DatabaseError
from django.db import connection, models, transaction

from assistant_app.engine.runner import runner
from assistant_app.errors import ApplicationNotFound, AssistantError, Superseded
from assistant_app.models import ApiToken, Application, Usage
from assistant_app.operations.deletion import delete_rows

logger = logging.getLogger(__name__)

BATCH = 500


class LastAdministrator(AssistantError):
    """You are the only administrator. Make somebody else one first."""

    code = "last_administrator"
    status = 409


def is_last_administrator(*users: User) -> bool:
    """Whether without them nobody could make accounts any more, or anybody could make the first one."""
    administrators = User.objects.filter(is_superuser=True, is_active=True)
    others = administrators.exclude(pk__in=[user.pk for user in users])
    return any(user.is_superuser for user in users) and not others.exists()


def erase(user: User) -> int:
    """Erase a person and all that is theirs, in one transaction; return how many emails that were.

    A run under way ends quietly, whatever process it is in: its next save finds no row.
    """
    with transaction.atomic():
        # In the order in which a claim takes its locks; a new email waits for the account's.
        if not get_user_model()._default_manager.select_for_update().filter(pk=user.pk).exists():
            raise ApplicationNotFound
        list(Usage.objects.select_for_update().filter(owner_id=user.pk).values_list("pk"))
        rows = Application.objects.select_for_update().owned_by(user).order_by("pk")
        leases = dict(rows.values_list("pk", "lease_token"))
        tokens = list(ApiToken.objects.filter(user_id=user.pk).values_list("pk", flat=True))
        for model, keys in ((Application, list(leases)), (ApiToken, tokens), (get_user_model(), [user.pk])):
            _erase_log_entries(model, keys)
        _erase_sessions(user.pk)
        _overwrite_what_is_deleted()
        for some in _batches(list(leases)):
            delete_rows(some)
        user.delete()
    _end_runs(leases.values())
    _compact()
    return len(leases)


def _erase_log_entries(model: type[models.Model], keys: list[Any]) -> None:
    """The admin's log names what was changed: an email's title, a token's name."""
    kind = ContentType.objects.get_for_model(model)
    for some in _batches(keys):
        LogEntry.objects.filter(content_type=kind, object_id__in=list(map(str, some))).delete()


def _erase_sessions(user_id: Any) -> None:
    """A session names its person in what it holds only, so all are looked at."""
    sessions = Session.objects.iterator(chunk_size=BATCH)
    mine = [each.pk for each in sessions if each.get_decoded().get(SESSION_KEY) == str(user_id)]
    for some in _batches(mine):
        Session.objects.filter(pk__in=some).delete()


def _end_runs(leases: Iterable[uuid.UUID | None]) -> None:
    """Those of this process, at once; others notice when they save or renew their lease."""
    for lease in leases:
        if lease is not None:
            runner.stop(lease, Superseded())


def _overwrite_what_is_deleted() -> None:
    """SQLite leaves a deleted text in its file until something else is written there."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA secure_delete = ON")


def _compact() -> None:
    """Leave no copy of an earlier version in SQLite's file either, nor in the log beside it."""
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        return
    try:
        with connection.cursor() as cursor:
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            is_busy = cursor.fetchone()[0]
    except DatabaseError:
        is_busy = True
    if is_busy:
        logger.warning("SQLite's file is in use: run its VACUUM later, so that it keeps no deleted text.")


def _batches(keys: list[Any]) -> Iterator[list[Any]]:
    remaining = iter(keys)
    while some := list(islice(remaining, BATCH)):
        yield some
