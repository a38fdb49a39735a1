"""What operators can do with any person's applications. Without the permission they find nothing."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import PermissionsMixin
from django.db.models import F
from django.utils import timezone

from assistant_app.engine.runs import Run
from assistant_app.errors import AlreadyRunning, ApplicationNotFound, Interrupted, NothingToCancel
from assistant_app.models import Application
from assistant_app.operations.answering import delete_one, retry_row


def retry(*, actor: PermissionsMixin, app_id: Any) -> Run:
    """Go on with what is stored after a failed or interrupted run of any person."""
    return retry_row(_any(actor, "change", app_id), None)


def release_expired(*, actor: PermissionsMixin, app_id: Any) -> Application:
    """Call a run whose server is gone what it is: failed, interrupted. Its person sees no difference.

    Raise `AlreadyRunning` if the lease is alive by the database's clock, `NothingToCancel` without one.
    """
    row = _any(actor, "change", app_id)
    if row.status != Application.Status.RUNNING:
        raise NothingToCancel
    reason = Interrupted()
    released = (
        Application.objects.with_expired_lease()
        .filter(pk=row.pk)
        .update(
            status=Application.Status.FAILED,
            lease_token=None,
            lease_expires_at=None,
            error_code=reason.code,
            error_message=reason.message,
            version=F("version") + 1,
            updated_at=timezone.now(),
        )
    )
    if not released:
        raise AlreadyRunning
    return _any(actor, "change", app_id)


def delete(*, actor: PermissionsMixin, app_id: Any) -> None:
    """Remove any person's application and all that hangs on it."""
    delete_one(Application.objects.filter(pk=_any(actor, "delete", app_id).pk), app_id)


def _any(actor: PermissionsMixin, permission: str, app_id: Any) -> Application:
    """Return anybody's application to whoever has the permission; `ApplicationNotFound` to the rest."""
    if not actor.has_perm(f"assistant_app.{permission}_application"):
        raise ApplicationNotFound
    row = Application.objects.filter(pk=app_id).first()
    if row is None:
        raise ApplicationNotFound
    return row
