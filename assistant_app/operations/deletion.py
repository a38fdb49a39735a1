"""Deletes applications: the only code that does, for owners, operators, erasure and retention."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from functools import partial

from django.db import transaction

from assistant_app.events.forget import forget
from assistant_app.models import Application

# Called with the ids after the commit, by modules of this process that remember something of an email.
forgetting: list[Callable[[Sequence[uuid.UUID]], None]] = [forget]


def delete_rows(application_ids: Sequence[uuid.UUID]) -> None:
    """Delete applications with their steps and calls, then what is remembered of them elsewhere.

    Call it in a transaction that has locked the rows: a save between Django's deletes would leave a step
    without its application.
    """
    Application.with_deleted.filter(pk__in=application_ids).delete()
    for forget_them in forgetting:
        transaction.on_commit(partial(forget_them, application_ids))
