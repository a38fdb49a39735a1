"""The data of the compare page: two drafts from one tree of forks, and their differences."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from assistant_app import operations
from assistant_app.errors import ApplicationNotFound
from assistant_app.models import Application
from assistant_app.operations.drafts import versions
from assistant_app.pages.branches import Branch
from assistant_app.pages.forms import whole_number
from assistant_app.pages.work.email_page import EmailPage
from assistant_app.pages.work.shown_drafts import Draft
from assistant_app.phrases import gettext_noop
from assistant_app.translation import translated
from assistant_app.workflow import diffs

VIEWS = {"side": gettext_noop("Side by side"), "one": gettext_noop("Inline")}


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two drafts. `value` is its value in the select box."""

    row: Application
    draft: Draft
    value: str
    name: str


@dataclass(frozen=True)
class ComparePage:
    email: EmailPage
    a: Side | None
    b: Side | None
    view: str

    @classmethod
    def of(cls, row: Application, a: str, b: str, view: str) -> ComparePage:
        """Return the page for two choices: "2" is a draft of this email, "<id>:2" a draft of a fork.

        `b` defaults to the current draft, or the newest if none is current. `a` defaults to the draft that is
        best compared with it. Raise `ApplicationNotFound` for an unknown draft.
        """
        email = EmailPage(row)
        last = email.number or len(email.drafts)
        first = email.counterpart_of(last) or last
        first_side = _side(email, a or str(first)) if a or first else None
        last_side = _side(email, b or str(last)) if b or last else None
        return cls(email, first_side, last_side, view if view in VIEWS else "side")

    @cached_property
    def comparison(self) -> diffs.Comparison | None:
        if not self.a or not self.b:
            return None
        return versions.compare(self.a.draft.text, self.b.draft.text, person_id=self.email.row.owner_id)

    @property
    def views(self) -> list[tuple[str, str]]:
        return [(view, translated(label)) for view, label in VIEWS.items()]

    @property
    def sides(self) -> list[Side]:
        return [side for side in (self.a, self.b) if side]

    @property
    def choices(self) -> Iterator[tuple[str, str]]:
        """Yield the drafts to choose from, as (value, label); this email's drafts come first."""
        for branch in sorted(self.email.tree, key=lambda branch: not branch.is_this):
            for number in range(1, branch.drafts + 1):
                yield _choice(branch, number)

    @property
    def usable(self) -> list[Side]:
        """Those of the two drafts that this email may go back to."""
        found = {side.value: side for side in self.sides if self._may_be_used(side)}
        return list(found.values())

    def _may_be_used(self, side: Side) -> bool:
        is_own = side.row.pk == self.email.row.pk
        return is_own and self.email.may_change and side.draft.number != self.email.number

    @property
    def may_finish(self) -> bool:
        """Return whether the second draft is the current one and may be accepted."""
        return self.b is not None and self.b.value == str(self.email.number) and self.email.may_change


def _choice(branch: Branch, number: int) -> tuple[str, str]:
    if branch.is_this:
        return str(number), translated(gettext_noop("Draft %(draft)s", draft=number))
    name = gettext_noop("%(branch)s: draft %(draft)s", branch=branch.name, draft=number)
    return f"{branch.email.pk}:{number}", translated(name)


def _side(email: EmailPage, chosen: str) -> Side:
    app_id, _, text = chosen.rpartition(":")
    number = whole_number(text)
    if number is None:
        raise ApplicationNotFound
    other = _relative(email, app_id) if app_id else email
    if not 0 < number <= len(other.drafts):
        raise ApplicationNotFound
    branch = next(branch for branch in email.tree if branch.email.pk == other.row.pk)
    value, name = _choice(branch, number)
    return Side(other.row, other.drafts[number - 1], value, name)


def _relative(email: EmailPage, app_id: str) -> EmailPage:
    try:
        row = operations.relative(row=email.row, app_id=uuid.UUID(app_id))
    except ValueError:
        raise ApplicationNotFound from None
    return email if row.pk == email.row.pk else EmailPage(row)
