"""What an owner does to the list: archive, rename, and what they have seen. It is no new version."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from assistant_app.contract.changes import changes_between
from assistant_app.contract.workflow import LONGEST_HEADLINE
from assistant_app.engine import registry
from assistant_app.errors import ApplicationNotFound, InvalidInput
from assistant_app.mail.hidden import one_line, without_hidden
from assistant_app.models import Application, IdempotencyKey
from assistant_app.operations.idempotency import find, once, store
from assistant_app.operations.mine import get
from assistant_app.phrases import gettext_noop


def archive(
    *,
    actor: AbstractBaseUser,
    app_id: Any,
    workflow: str | None = None,
    key: IdempotencyKey | None = None,
) -> Application:
    """Take an email out of the list until its next step."""
    values = {"archived_at": timezone.now()}
    return once(key, lambda: _change(get(actor=actor, app_id=app_id, workflow=workflow), key, values), find)


def unarchive(
    *,
    actor: AbstractBaseUser,
    app_id: Any,
    workflow: str | None = None,
    key: IdempotencyKey | None = None,
) -> Application:
    values = {"archived_at": None}
    return once(key, lambda: _change(get(actor=actor, app_id=app_id, workflow=workflow), key, values), find)


def rename(
    *,
    actor: AbstractBaseUser,
    app_id: Any,
    title: str,
    workflow: str | None = None,
    key: IdempotencyKey | None = None,
) -> Application:
    """Give an email a title; an empty one brings back the title that the email has itself."""
    return once(key, lambda: _rename(get(actor=actor, app_id=app_id, workflow=workflow), title, key), find)


def archive_all(*, actor: AbstractBaseUser, app_ids: Iterable[uuid.UUID]) -> list[uuid.UUID]:
    """Archive these emails of the actor; return the ids of those that were not archived yet.

    Leave alone what only a newer version can change.
    """
    return _move(actor, app_ids, archived_at__isnull=True, to=timezone.now())


def unarchive_all(*, actor: AbstractBaseUser, app_ids: Iterable[uuid.UUID]) -> list[uuid.UUID]:
    return _move(actor, app_ids, archived_at__isnull=False, to=None)


def note_seen(row: Application) -> None:
    """Note that the owner has opened the email as it is now."""
    if row.seen_version != row.version:
        not_seen = Q(seen_version__isnull=True) | ~Q(seen_version=row.version)
        Application.objects.filter(not_seen, pk=row.pk).update(seen_version=row.version)


def _rename(row: Application, title: str, key: IdempotencyKey | None) -> Application:
    cleaned = one_line(without_hidden(title)).strip()
    if len(cleaned) > LONGEST_HEADLINE:
        problem = gettext_noop("That is too long: %(most)s characters fit.", most=LONGEST_HEADLINE)
        raise InvalidInput(fields={"title": [problem]})
    if cleaned:
        return _change(row, key, {"title": cleaned, "title_by_hand": True})
    workflow = registry.find(row.workflow)
    own = row.title
    if workflow is not None:
        whole = changes_between(workflow.default_state, row.state)
        own = workflow.short_headline(whole).get("title", "")
    return _change(row, key, {"title": own, "title_by_hand": None})


def _change(row: Application, key: IdempotencyKey | None, values: dict[str, Any]) -> Application:
    registry.known_to_run(row)
    with transaction.atomic():
        if not Application.objects.filter(pk=row.pk, owner_id=row.owner_id).update(**values):
            raise ApplicationNotFound
        changed = Application.find(row.pk, owner_id=row.owner_id)
        if changed is None:
            raise ApplicationNotFound
        store(key, changed)
    return changed


def _move(actor: AbstractBaseUser, app_ids: Iterable[uuid.UUID], to: Any, **where: bool) -> list[uuid.UUID]:
    with transaction.atomic():
        mine = registry.only_known(Application.objects.owned_by(actor))
        rows = mine.select_for_update().filter(pk__in=list(app_ids), **where)
        moved = list(rows.order_by("pk").values_list("pk", flat=True))
        Application.objects.filter(pk__in=moved).update(archived_at=to)
    return moved
