"""Erase an account with its emails and every other record that holds the user's texts.

Readings of other owners' mail stay: that this user, as an administrator, read an email, and the reason they
gave. They belong to the owner of that email.
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
from assistant_app.phrases import gettext_noop

logger = logging.getLogger(__name__)

BATCH = 500


class LastAdministrator(AssistantError):
    said = gettext_noop("You are the only administrator. Make someone else an administrator first.")

    code = "last_administrator"
    status = 409


def is_last_administrator(*users: User) -> bool:
    """Return whether deleting these users would leave no active administrator."""
    administrators = User.objects.filter(is_superuser=True, is_active=True)
    others = administrators.exclude(pk__in=[user.pk for user in users])
    return any(user.is_superuser for user in users) and not others.exists()


def erase(user: User) -> int:
    """Erase a user and everything that belongs to them in one transaction; return the number of emails.

    Active runs end quietly in any process, because their next save finds no row. Raise `ApplicationNotFound`
    if the account is already gone.
    """
    with transaction.atomic():
        # Take locks in the same order as a claim. The lock on the account makes new emails wait.
        if not get_user_model()._default_manager.select_for_update().filter(pk=user.pk).exists():
            raise ApplicationNotFound
        list(Usage.objects.select_for_update().filter(owner_id=user.pk).values_list("pk"))
        rows = Application.with_deleted.select_for_update().owned_by(user).order_by("pk")
        leases = dict(rows.values_list("pk", "lease_token"))
        tokens = list(ApiToken.objects.filter(user_id=user.pk).values_list("pk", flat=True))
        for model, keys in ((Application, list(leases)), (ApiToken, tokens), (get_user_model(), [user.pk])):
            _erase_log_entries(model, keys)
        _erase_sessions(user.pk)
        _overwrite_what_is_deleted()
        for batch in _batches(list(leases)):
            delete_rows(batch)
        user.delete()
    _end_runs(leases.values())
    _compact()
    return len(leases)


def _erase_log_entries(model: type[models.Model], keys: list[Any]) -> None:
    """Delete the admin log entries of these records: they hold titles of emails and names of tokens."""
    kind = ContentType.objects.get_for_model(model)
    for batch in _batches(keys):
        LogEntry.objects.filter(content_type=kind, object_id__in=list(map(str, batch))).delete()


def _erase_sessions(user_id: Any) -> None:
    """Delete the user's sessions. Only a session's data names its user, so read all sessions."""
    sessions = Session.objects.iterator(chunk_size=BATCH)
    mine = [each.pk for each in sessions if each.get_decoded().get(SESSION_KEY) == str(user_id)]
    for batch in _batches(mine):
        Session.objects.filter(pk__in=batch).delete()


def _end_runs(leases: Iterable[uuid.UUID | None]) -> None:
    """Stop the runs of this process now. Other processes notice when they save or renew a lease."""
    for lease in leases:
        if lease is not None:
            runner.stop(lease, Superseded())


def _overwrite_what_is_deleted() -> None:
    """Make SQLite overwrite deleted content, which otherwise stays in the file until its space is reused."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA secure_delete = ON")


def _compact() -> None:
    """Remove older copies of deleted content from SQLite's file and its write-ahead log."""
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
        logger.warning("The SQLite file is in use. Run VACUUM later to remove deleted content from it.")


def _batches(keys: list[Any]) -> Iterator[list[Any]]:
    remaining = iter(keys)
    while batch := list(islice(remaining, BATCH)):
        yield batch
