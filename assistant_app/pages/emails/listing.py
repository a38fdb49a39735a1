"""The list of the user's emails: filters with counts, search and pagination. States are not loaded."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.db import connection
from django.db.models import Count, Q
from django.db.models.fields.json import KT
from django.db.models.functions import Collate, Upper
from django.http import QueryDict
from django.utils.http import urlencode

from assistant_app.contract.workflow import Workflow
from assistant_app.engine import registry
from assistant_app.models import Application, ApplicationQuerySet, Step, database_clock
from assistant_app.models.state_queries import counted
from assistant_app.pages import words
from assistant_app.pages.forms import whole_number

PAGE_SIZE = 25
LONGEST_SEARCH = 200
Status = Application.Status


def _filters() -> dict[str, tuple[str, Q]]:
    """Return the filters by their `show` parameter, each with label and condition."""
    expired = Q(lease_expires_at__lte=database_clock())
    return {
        "": ("All", Q()),
        "waiting": ("Waiting for you", Q(status=Status.WAITING)),
        "writing": ("Writing", Q(status=Status.RUNNING) & ~expired),
        "stopped": ("Stopped", Q(status=Status.FAILED) | Q(status=Status.RUNNING) & expired),
        "finished": ("Finished", Q(status=Status.FINISHED)),
    }


@dataclass(frozen=True, slots=True)
class Row:
    email: Application
    kind: str
    to_do: str
    workflow: str = ""  # its title, unless it is the default one

    @property
    def title(self) -> str:
        return self.email.title or self.workflow or "Untitled"


@dataclass(frozen=True, slots=True)
class Filter:
    show: str
    label: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    query: str
    show: str
    page: int
    total: int  # emails that match filter and search
    filters: list[Filter]
    rows: list[Row]
    others: list[Workflow]  # besides the default one

    @property
    def everything(self) -> int:
        return self.filters[0].count

    @property
    def label(self) -> str:
        return next(item.label for item in self.filters if item.show == self.show)

    @property
    def first(self) -> int:
        return (self.page - 1) * PAGE_SIZE + 1

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1

    @property
    def older(self) -> str:
        return self._address(self.page + 1) if self.last < self.total else ""

    @property
    def newer(self) -> str:
        return self._address(self.page - 1) if self.page > 1 else ""

    @property
    def search(self) -> str:
        """The search as a query string part, for the links of the filters."""
        return "&" + urlencode({"q": self.query}) if self.query else ""

    def _address(self, page: int) -> str:
        given: dict[str, str | int] = {"q": self.query, "show": self.show, "page": page}
        return "?" + urlencode({name: value for name, value in given.items() if value})


def listing(mine: ApplicationQuerySet, asked: QueryDict) -> Listing:
    """Return the requested page, with three queries, or four if it shows finished emails."""
    filters = _filters()
    query = asked.get("q", "").replace("\x00", "").strip()[:LONGEST_SEARCH]
    show = asked.get("show", "") if asked.get("show", "") in filters else ""
    counts = mine.aggregate(**{_name(key): Count("pk", filter=q) for key, (_, q) in filters.items()})
    found, total = mine.filter(filters[show][1]), counts[_name(show)]
    if query:  # search the texts once, for both the total and the page
        matches = list(_search(found, query).newest_first().values_list("pk", flat=True))
        total = len(matches)
    page = _page(asked.get("page", ""), total)
    here = slice((page - 1) * PAGE_SIZE, page * PAGE_SIZE)
    emails = list(_emails(mine.filter(pk__in=matches[here])) if query else _emails(found)[here])
    reopened = _reopened(emails)
    return Listing(
        query=query,
        show=show,
        page=page,
        total=total,
        filters=[Filter(key, label, counts[_name(key)]) for key, (label, _) in filters.items()],
        others=list(registry.workflows().values())[1:],
        rows=[_row(row, reopened.get(row.pk, 0)) for row in emails],
    )


def _reopened(emails: list[Any]) -> dict[Any, int]:
    """Return how often each finished email was reopened, with at most one query."""
    actions = [
        step.action
        for workflow in registry.workflows().values()
        for step in workflow.human_steps
        if step.when_finished
    ]
    return Step.objects.times(actions, [row.pk for row in emails if row.is_finished])


def _row(row: Any, reopened: int) -> Row:
    workflow = registry.find(row.workflow)
    names = workflow.counted if workflow else ()
    numbers = {name: getattr(row, f"n_{row.workflow}_{name}") for name in names}
    is_default = row.workflow == registry.default().name
    title = "" if is_default else workflow.title if workflow else row.workflow
    return Row(row, words.kind(row), words.to_do(row, numbers, reopened), title)


def _numbers() -> dict[str, Any]:
    """Return the numbers that words need, of every workflow, as annotations."""
    return {
        f"n_{workflow.name}_{name}": counted(number)
        for workflow in registry.workflows().values()
        for name, number in workflow.counted.items()
    }


def _searched() -> list[str]:
    """Return the keys of the state to search in."""
    keys = (key for workflow in registry.workflows().values() for key in workflow.searched)
    return list(dict.fromkeys(keys))


def _name(show: str) -> str:
    return f"{show or 'all'}_count"


def _page(asked: str, total: int) -> int:
    last = max(1, -(-total // PAGE_SIZE))
    return max(1, min(whole_number(asked) or 1, last))


def _search(mine: ApplicationQuerySet, query: str) -> ApplicationQuerySet:
    """Return the emails that contain the query, ignoring case.

    On PostgreSQL, upper-casing with the "C" collation is five times as fast, and enough for ASCII queries.
    """
    headline = Q(title__icontains=query) | Q(sender__icontains=query)
    if connection.vendor == "postgresql" and query.isascii():
        capitals = {f"capitals_{key}": Upper(Collate(KT(f"state__{key}"), "C")) for key in _searched()}
        texts = (Q(**{f"{name}__contains": query.upper()}) for name in capitals)
        return mine.alias(**capitals).filter(reduce(or_, texts, headline))
    texts = (Q(**{f"state__{key}__icontains": query}) for key in _searched())
    return mine.filter(reduce(or_, texts, headline))


def _emails(found: ApplicationQuerySet) -> Any:
    """Return the rows, newest first, with the numbers they show and without their texts."""
    return found.defer("state", "error_message").annotate(**_numbers()).newest_first()
