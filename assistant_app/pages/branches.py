"""The forks of an email as a tree."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.utils.translation import gettext

from assistant_app.engine import registry
from assistant_app.models import Application
from assistant_app.models.state_queries import counted_in
from assistant_app.pages import words
from assistant_app.phrases import gettext_noop
from assistant_app.translation import translated

SHOWN = (
    *("id", "owner_id", "workflow", "parent_id", "root_id", "status", "position", "next_step", "error_code"),
    *("lease_expires_at", "created_at", "updated_at"),
)


@dataclass(frozen=True, slots=True)
class Branch:
    email: Application
    name: str
    depth: int  # number of ancestors
    drafts: int
    kind: str
    is_this: bool

    @property
    def state(self) -> str:
        return translated(words.KINDS[self.kind])


def _name(number: int) -> str:
    if not number:
        return gettext("The first")
    return translated(gettext_noop("Branch %(number)s", number=number))


def tree_of(row: Application) -> list[Branch]:
    """Return the email's tree of forks, each email before its own forks; at most one query.

    An email whose parent was deleted becomes a root. An email without forks is a tree of one.
    """
    if row.is_alone:
        counted = registry.rounds().get(row.workflow)
        number = counted.of(row.state) if counted else 0
        return [Branch(row, _name(0), 0, number, words.kind(row), is_this=True)]
    rows = list(
        Application.objects.tree_of(row)
        .only(*SHOWN)
        .annotate(drafts=counted_in(registry.rounds()))
        .order_by("created_at", "id")
    )
    names = {email.pk: _name(number) for number, email in enumerate(rows)}
    drafts: dict[uuid.UUID, int] = {email.pk: email.__dict__["drafts"] for email in rows}
    below: dict[uuid.UUID | None, list[Application]] = {}
    for email in rows:
        below.setdefault(email.parent_id if email.parent_id in names else None, []).append(email)

    def walk(parent: uuid.UUID | None, depth: int) -> list[Branch]:
        found = []
        for email in below.get(parent, []):
            is_this = email.pk == row.pk
            kind = words.kind(email)
            found.append(Branch(email, names[email.pk], depth, drafts[email.pk], kind, is_this))
            found += walk(email.pk, depth + 1)
        return found

    return walk(None, 0)
