"""Deletes applications: the only code that does, for owners, operators, erasure and retention."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from django.db import transaction

from assistant_app.events.forget import forget
from assistant_app.models import Application
from assistant_app.operations import draft_report


def delete_rows(application_ids: Sequence[uuid.UUID]) -> None:
    """Delete applications with their steps and calls; after the commit, what is kept of them elsewhere.

    That is their live events in Redis, and the reports on their drafts in this process.

    Call it in a transaction that has locked the rows: a save between Django's deletes would leave a step
    without its application.
    """
    Application.objects.filter(pk__in=application_ids).delete()
    transaction.on_commit(lambda: draft_report.forget(application_ids))
    transaction.on_commit(lambda: forget(application_ids))
