"""Find an application of the actor."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractBaseUser

from assistant_app.engine import registry
from assistant_app.errors import ApplicationNotFound
from assistant_app.models import Application


def get(*, actor: AbstractBaseUser, app_id: Any, workflow: str | None = None) -> Application:
    """Return the actor's application.

    Raise `ApplicationNotFound` if it is missing, another user's, or not one of the workflow that the door
    belongs to.
    """
    row = Application.find(app_id, owner_id=actor.pk)
    if row is None or (workflow is not None and not registry.serves(workflow, row)):
        raise ApplicationNotFound
    return row
