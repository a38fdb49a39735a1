"""A record of each request that was sent with an `Idempotency-Key` and changed something."""

from __future__ import annotations

import json
import uuid
from datetime import datetime, timedelta
from typing import Any, Self

from django.conf import settings
from django.db import connection, models
from django.utils import timezone
from django.utils.crypto import salted_hmac

from assistant_app.errors import KeyReused
from assistant_app.models import sql
from assistant_app.models.sql import Statement

LONGEST_KEY = 255  # characters
DROP_EXPIRED = "DELETE FROM assistant_app_idempotencykey WHERE owner_id = %s AND created_at <= %s"
SALT = "assistant_app.models.IdempotencyKey"


class IdempotencyKey(models.Model):
    """The key of a request, and which claim, fork, creation or deletion it made. It holds no text.

    A request carries one that is not saved yet. It is saved in the transaction of what was requested.
    """

    # No constraint: deleting an account then needs no knowledge of this table, which a server of the
    # previous version lacks, and an insert takes no lock on the account, which erasing takes first.
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    key = models.CharField(max_length=LONGEST_KEY)
    operation = models.CharField(max_length=100)
    digest = models.CharField(max_length=64)  # HMAC of operation, application and payload
    # No foreign key: the record outlives the application. Of a note or an identity, it holds the number.
    application_id = models.UUIDField()
    version = models.PositiveIntegerField()  # of the application after the request was stored
    sequence_id = models.IntegerField(null=True)  # of the newest step then
    created_at = models.DateTimeField(default=timezone.now)

    is_stored = False  # whether this request, or the first one with its key, changed something
    is_repeat = False  # whether an earlier request was stored under this key

    class Meta:
        constraints = [
            # The same key twice would be two requests.
            models.UniqueConstraint(fields=["owner", "key"], name="idempotencykey_once"),
        ]
        indexes = [
            # The owner's expired keys.
            models.Index(fields=["owner", "created_at"], name="idempotencykey_oldest"),
        ]

    def __str__(self) -> str:
        return self.key

    @classmethod
    def of(cls, *, owner_id: int, key: str, operation: str, app_id: Any, payload: Any) -> Self:
        """Return the record of a request that has changed nothing yet.

        Only a keyed hash of the payload is kept: a plain one would allow guessing short texts.
        """
        text = json.dumps([operation, str(app_id), payload], sort_keys=True, default=str)
        digest = salted_hmac(SALT, text, algorithm="sha256").hexdigest()
        return cls(owner_id=owner_id, key=key, operation=operation, digest=digest)

    def recall(self) -> bool:
        """Take over what an earlier request stored under this key. Return whether there was one.

        Raise `KeyReused` if that was another request.
        """
        mine = IdempotencyKey.objects.filter(owner_id=self.owner_id, key=self.key)
        found = mine.filter(created_at__gt=expired_at()).first()
        if found is None:
            return False
        if found.digest != self.digest:
            raise KeyReused
        self.pk, self.created_at = found.pk, found.created_at
        self.describe(found.application_id, found.version, found.sequence_id)
        self.is_stored = self.is_repeat = True
        return True

    def describe(self, application_id: uuid.UUID, version: int, sequence_id: int | None) -> None:
        """Set what the request changed."""
        self.application_id, self.version, self.sequence_id = application_id, version, sequence_id

    def describe_record(self, number: int) -> None:
        """Set which note or identity the request changed. These have no versions."""
        self.describe(uuid.UUID(int=number), 0, None)

    @property
    def record_number(self) -> int:
        """The number of the note or identity that the request changed."""
        return self.application_id.int

    def dropping(self) -> Statement:
        """Return the DELETE of the owner's expired keys, among which may be this one."""
        moment = connection.ops.adapt_datetimefield_value(expired_at())
        return Statement(DROP_EXPIRED, (self.owner_id, moment))

    def insert(self) -> None:
        """Save it in the current transaction. Raise `IntegrityError` if the key was stored meanwhile."""
        self.dropping().execute()
        sql.insert(self).execute()


def expired_at() -> datetime:
    """Return the moment up to which keys have expired."""
    return timezone.now() - timedelta(hours=settings.IDEMPOTENCY_HOURS)
