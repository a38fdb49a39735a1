"""Requests with an `Idempotency-Key`: the same request sent again gets the answer to the first one.

A request that changed something stored its key in the same transaction. A repeat changes nothing: it gets
what the first request would get if it had waited until now.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction

from assistant_app.errors import (
    ApplicationNotFound,
    AssistantError,
    InvalidInput,
    KeyReused,
)
from assistant_app.models import Application, IdempotencyKey
from assistant_app.phrases import gettext_noop

CLOCKS_DIFFER = timedelta(minutes=1)  # at most, between servers

T = TypeVar("T")
U = TypeVar("U")


def done() -> Future[Any]:
    """Return a future that is done."""
    future: Future[Any] = Future()
    future.set_result(None)
    return future


@dataclass(frozen=True, slots=True)
class Repeat:
    """A repeated request, and the end of the run that it waits for, if there is one."""

    key: IdempotencyKey
    ended: Future[Any] = field(default_factory=done)

    @property
    def claimed(self) -> Future[Any]:
        """A future that is done: the claim was made by the first request."""
        return done()


def key_for(
    *, actor: AbstractBaseUser, key: str, operation: str, app_id: Any, payload: Any
) -> IdempotencyKey:
    """Return the key of a request, with what an earlier one stored under it, if any.

    Raise `KeyReused` if that was another request.
    """
    try:
        sent = IdempotencyKey.of(
            owner_id=actor.pk, key=key, operation=operation, app_id=app_id, payload=payload
        )
    except RecursionError:
        raise InvalidInput(fields={"body": [gettext_noop("The JSON is nested too deeply.")]}) from None
    sent.recall()
    return sent


def once(key: IdempotencyKey | None, do: Callable[[], T], again: Callable[[IdempotencyKey], U]) -> T | U:
    """Return the result of `do`, or of `again` if this request was stored before.

    Look the key up once more after a refusal: the reason may be the first request itself.
    """
    if key is None:
        return do()
    if not key.is_repeat:
        try:
            return do()
        except AssistantError:
            if not key.recall():
                raise
    return again(key)


def store(key: IdempotencyKey | None, row: Application) -> None:
    """Save the key in the current transaction. Raise `KeyReused` if it was stored since it was looked up."""
    if key is None:
        return
    key.describe(row.pk, row.version, row.sequence_id)
    _insert(key)


def store_record(key: IdempotencyKey | None, number: int) -> None:
    """Save the key of a request that changed the note or identity with this number, as `store` does."""
    if key is None:
        return
    key.describe_record(number)
    _insert(key)


def _insert(key: IdempotencyKey) -> None:
    try:
        key.insert()
    except IntegrityError:
        raise KeyReused from None
    transaction.on_commit(lambda: setattr(key, "is_stored", True))


def find(key: IdempotencyKey) -> Application:
    """Return the application of a repeat. Raise `ApplicationNotFound` if it was deleted meanwhile.

    One that was created again with the same id is another one.
    """
    row = Application.find(key.application_id, owner_id=key.owner_id)
    if row is None or row.version < key.version or row.created_at > key.created_at + CLOCKS_DIFFER:
        raise ApplicationNotFound
    return row
