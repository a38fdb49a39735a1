"""What operators can do with all applications. Without the permission, raise `ApplicationNotFound`."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import PermissionsMixin
from django.db.models import F
from django.utils import timezone

from assistant_app.engine import registry
from assistant_app.engine.runs import Run
from assistant_app.errors import AlreadyRunning, ApplicationNotFound, Interrupted, NothingToCancel
from assistant_app.models import Application
from assistant_app.models.failure import error_columns
from assistant_app.operations.answering import delete_one, retry_row


def retry(*, actor: PermissionsMixin, app_id: Any) -> Run:
    """Continue any application from its stored state after a failed or interrupted run."""
    return retry_row(_any(actor, "change", app_id), None)


def release_expired(*, actor: PermissionsMixin, app_id: Any) -> Application:
    """Mark a run whose lease has expired as failed (interrupted). The owner sees it as failed already.

    Raise `NothingToCancel` if nothing runs, `AlreadyRunning` if the lease has not expired.
    """
    row = _any(actor, "change", app_id)
    registry.known_to_run(row)
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
            stop_requested_at=None,
            **error_columns(reason.code, reason.message),
            version=F("version") + 1,
            updated_at=timezone.now(),
        )
    )
    if not released:
        raise AlreadyRunning
    return _any(actor, "change", app_id)


def delete(*, actor: PermissionsMixin, app_id: Any) -> None:
    """Delete any application."""
    delete_one(Application.objects.filter(pk=_any(actor, "delete", app_id).pk), app_id)


def _any(actor: PermissionsMixin, permission: str, app_id: Any) -> Application:
    """Return any application. Raise `ApplicationNotFound` if the actor lacks the permission."""
    if not actor.has_perm(f"assistant_app.{permission}_application"):
        raise ApplicationNotFound
    row = Application.objects.filter(pk=app_id).first()
    if row is None:
        raise ApplicationNotFound
    return row
