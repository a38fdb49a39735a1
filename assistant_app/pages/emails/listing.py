"""The list of the user's emails: tabs with counts, groups, search and pagination. States are not loaded."""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.db import connection
from django.db.models import Case, Count, Exists, IntegerField, OuterRef, Q, Value, When
from django.db.models.fields.json import KT
from django.db.models.functions import Collate, Upper
from django.http import QueryDict
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext

from assistant_app.contract.workflow import Workflow
from assistant_app.engine import registry
from assistant_app.models import Application, ApplicationQuerySet, Identity, database_clock
from assistant_app.models.people import identities_of
from assistant_app.models.state_queries import around, beginning, counted_in
from assistant_app.pages.doors import door_of, doors
from assistant_app.pages.emails import row_words
from assistant_app.pages.emails.row_words import DONE, EXCERPT, STOPPED, WAITING, WRITING
from assistant_app.pages.forms import whole_number
from assistant_app.phrases import gettext_noop
from assistant_app.translation import translated

PAGE_SIZE = 25
MOST_DONE = 5  # emails that were finished in the last days, below the open ones
RECENTLY = timedelta(days=7)
LONGEST_SEARCH = 200
Status = Application.Status

TABS = {"open": gettext_noop("Open"), "done": gettext_noop("Done"), "archived": gettext_noop("Archived")}
EARLIER_TABS = {"finished": "done"}  # in bookmarks
GROUPS = {
    "open": ((gettext_noop("Your turn"), (STOPPED, WAITING)), (gettext_noop("Being written"), (WRITING,))),
    "done": ((gettext_noop("Done"), (DONE,)),),
    "archived": ((gettext_noop("Archived"), (STOPPED, WAITING, WRITING, DONE)),),
}


@dataclass(frozen=True, slots=True)
class Row:
    """An email in the list. `alternatives` holds other replies to the same email, itself included."""

    email: Application
    state: str
    kind: str  # "turn", "stopped", "writing" or "done"
    snippet: str
    is_new: bool  # changed since its owner opened it last
    instructions: str
    workflow: str = ""  # its title, unless it is the email assistant
    answers_as: str = ""  # the address that the reply is from, unless it is of the default identity
    alternatives: list[Row] = field(default_factory=list)

    @property
    def title(self) -> str:
        return self.email.title or self.workflow or gettext("No subject")

    @property
    def who(self) -> str:
        if self.email.sender or self.workflow:
            return self.email.sender or self.workflow
        return gettext("No sender") if self.email.title else gettext("No email yet")


@dataclass(frozen=True, slots=True)
class Tab:
    show: str
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Group:
    title: str
    count: int
    rows: list[Row]
    is_mine: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    query: str
    show: str
    page: int
    total: int  # emails of the tab that match the search
    tabs: list[Tab]
    groups: list[Group]
    everything: int  # emails of the user; 0 in a search
    others: list[Workflow]  # besides the default one

    @property
    def label(self) -> str:
        return translated(TABS[self.show])

    @property
    def for_you(self) -> int:
        return sum(group.count for group in self.groups if group.is_mine)

    @property
    def hits_elsewhere(self) -> list[Tab]:
        return [tab for tab in self.tabs if tab.count and tab.show != self.show]

    @property
    def first(self) -> int:
        return (self.page - 1) * PAGE_SIZE + 1

    @property
    def last(self) -> int:
        return min(self.page * PAGE_SIZE, self.total)

    @property
    def older(self) -> str:
        return self._address(self.page + 1) if self.last < self.total else ""

    @property
    def newer(self) -> str:
        return self._address(self.page - 1) if self.page > 1 else ""

    @property
    def search(self) -> str:
        """The search as a query string part, for the links of the tabs."""
        return "&" + urlencode({"q": self.query}) if self.query else ""

    def _address(self, page: int) -> str:
        given: dict[str, str | int] = {"q": self.query, "show": self.show, "page": page}
        return "?" + urlencode({name: value for name, value in given.items() if value})


@dataclass(frozen=True, slots=True)
class _Found:
    """What is known of every email that may be shown, without its texts."""

    pk: uuid.UUID
    rank: int
    tab: str
    tree: uuid.UUID


def listing(mine: ApplicationQuerySet, asked: QueryDict) -> Listing:
    """Return the requested page of a tab, with at most four queries; a fifth one for several identities."""
    query = asked.get("q", "").replace("\x00", "").strip()[:LONGEST_SEARCH]
    wanted = EARLIER_TABS.get(asked.get("show", ""), asked.get("show", ""))
    show = wanted if wanted in TABS else "open"
    ranked = mine.annotate(rank=_rank())
    if query:  # search the texts once, for the counts and the page
        found = _known(_search(ranked, query))
        counts = Counter((one.tab, one.rank) for one in found)
        alternatives = _alternatives(found)
    else:
        found = []
        counts, has_forks = _counted(ranked)
        alternatives = _alternatives(_known(_in_trees(ranked, mine)) if has_forks else [])
    hidden = {one.pk: one for others in alternatives.values() for one in others}
    counts.subtract((one.tab, one.rank) for one in hidden.values())
    by_tab = {key: sum(number for (tab, _), number in counts.items() if tab == key) for key in TABS}
    if query and wanted not in TABS and not by_tab[show]:  # show the first tab with hits
        show = next((key for key in TABS if by_tab[key]), show)
    total = by_tab[show]
    page = _page(asked.get("page", ""), total)
    here = slice((page - 1) * PAGE_SIZE, page * PAGE_SIZE)
    if query:
        heads = [one for one in found if one.tab == show and one.pk not in hidden]
        order = (lambda one: one.rank) if show == "open" else (lambda one: 0)
        chosen = [one.pk for one in sorted(heads, key=order)[here]]
    else:
        chosen = _chosen(ranked.filter(_of_tab(show)).exclude(pk__in=hidden), show)[here]
    done = [] if query or show != "open" or page > 1 else _done_recently(ranked, hidden)
    others = [one.pk for pk in (*chosen, *done) for one in alternatives.get(pk, ())]
    rows = _rows(mine, [*chosen, *done, *others], query)
    shown = [_with(rows, pk, alternatives.get(pk, ())) for pk in chosen if pk in rows]
    groups = [
        Group(
            translated(title),
            sum(counts[show, rank] for rank in ranks),
            [row for row in shown if row_words.rank_of(row.email) in ranks],
            is_mine=STOPPED in ranks and show == "open",
        )
        for title, ranks in GROUPS[show]
    ]
    recently = [_with(rows, pk, alternatives.get(pk, ())) for pk in done if pk in rows]
    return Listing(
        query=query,
        show=show,
        page=page,
        total=total,
        tabs=[Tab(key, translated(label), by_tab[key]) for key, label in TABS.items()],
        groups=[
            group
            for group in [*groups, Group(gettext("Recently done"), len(recently), recently)]
            if group.rows
        ],
        everything=0 if query else sum(counts.values()),
        others=list(registry.workflows().values())[1:],
    )


def _rank() -> Case:
    expired = Q(status=Status.RUNNING, lease_expires_at__lte=database_clock())
    return Case(
        When(Q(status=Status.FAILED) | expired, then=Value(STOPPED)),
        When(status=Status.RUNNING, then=Value(WRITING)),
        When(status=Status.FINISHED, then=Value(DONE)),
        default=Value(WAITING),
        output_field=IntegerField(),
    )


def _of_tab(show: str) -> Q:
    if show == "archived":
        return Q(archived_at__isnull=False)
    is_done = Q(status=Status.FINISHED)
    return Q(archived_at__isnull=True) & (is_done if show == "done" else ~is_done)


def _counted(ranked: Any) -> tuple[Counter[tuple[str, int]], bool]:
    """Return the number of emails by tab and rank, and whether there are forks; one query."""
    is_archived = Q(archived_at__isnull=False)
    ranks = ranked.order_by().values_list("rank")
    numbers = ranks.annotate(
        number=Count("pk"), archived=Count("pk", filter=is_archived), forks_count=Count("root_id")
    )
    counts: Counter[tuple[str, int]] = Counter()
    has_forks = False
    for rank, number, archived, forks in numbers:
        has_forks = has_forks or forks > 0
        counts["done" if rank == DONE else "open", rank] += number - archived
        counts["archived", rank] += archived
    return counts, has_forks


def _in_trees(ranked: Any, mine: ApplicationQuerySet) -> Any:
    """Return the emails that have alternatives."""
    forks = mine.filter(root_id__isnull=False).order_by()
    return ranked.filter(Q(root_id__isnull=False) | Q(pk__in=forks.values("root_id")))


def _known(rows: Any) -> list[_Found]:
    """Return what is known of these emails, newest first; one query."""
    values = rows.newest_first().values_list("pk", "root_id", "rank", "archived_at")
    return [
        _Found(pk, rank, "archived" if archived_at else "done" if rank == DONE else "open", root or pk)
        for pk, root, rank, archived_at in values
    ]


def _alternatives(found: Iterable[_Found]) -> dict[uuid.UUID, list[_Found]]:
    """Return, by the newest email of each tree in a tab, the others that are listed under it."""
    trees: defaultdict[tuple[str, uuid.UUID], list[_Found]] = defaultdict(list)
    for one in found:
        trees[one.tab, one.tree].append(one)
    return {first.pk: others for first, *others in trees.values() if others}


def _chosen(rows: Any, show: str) -> Any:
    order = ("rank", "-updated_at", "-id") if show == "open" else ("-updated_at", "-id")
    return rows.order_by(*order).values_list("pk", flat=True)


def _done_recently(ranked: Any, hidden: Iterable[uuid.UUID]) -> list[uuid.UUID]:
    recent = ranked.filter(_of_tab("done"), updated_at__gte=timezone.now() - RECENTLY)
    return list(_chosen(recent.exclude(pk__in=hidden), "done")[:MOST_DONE])


def _page(asked: str, total: int) -> int:
    last = max(1, -(-total // PAGE_SIZE))
    return max(1, min(whole_number(asked) or 1, last))


def _search(rows: Any, query: str) -> Any:
    """Return the emails that contain the query, ignoring case.

    On PostgreSQL, upper-casing with the "C" collation is five times as fast, and enough for ASCII queries.
    """
    headline = Q(title__icontains=query) | Q(sender__icontains=query)
    if connection.vendor == "postgresql" and query.isascii():
        capitals = {f"capitals_{key}": Upper(Collate(KT(f"state__{key}"), "C")) for key in _searched()}
        texts = (Q(**{f"{name}__contains": query.upper()}) for name in capitals)
        return rows.alias(**capitals).filter(reduce(or_, texts, headline))
    texts = (Q(**{f"state__{key}__icontains": query}) for key in _searched())
    return rows.filter(reduce(or_, texts, headline))


def _rows(mine: ApplicationQuerySet, chosen: Sequence[uuid.UUID], query: str) -> dict[uuid.UUID, Row]:
    """Return the rows by id, with the beginnings of their texts; one query."""
    if not chosen:
        return {}
    hits = {f"hit_{key}": around(f"state__{key}", query, EXCERPT) for key in _searched()} if query else {}
    emails: Iterable[Any] = (
        mine.filter(pk__in=chosen)
        .defer("state")
        .annotate(
            **_numbers(),
            **_beginnings(),
            **_of_doors(),
            **hits,
        )
    )
    several = next((identities_of(email.owner_id) for email in emails if email.has_several), [])
    return {email.pk: _row(email, query, several) for email in emails}


def _of_doors() -> dict[str, Any]:
    """Return what the rows of the doors read besides, as annotations."""
    several = Exists(Identity.objects.filter(owner_id=OuterRef("owner_id"), is_default=False))
    besides = {name: read for door in doors() for name, read in door.list_row.read_besides(several).items()}
    return {"has_several": several, **besides}


def _beginnings() -> dict[str, Any]:
    """Return the beginnings of texts that the rows show, as annotations."""
    return {
        name: beginning(EXCERPT, *keys) for door in doors() for name, keys in door.list_row.BEGINNINGS.items()
    }


def _numbers() -> dict[str, Any]:
    """Return the numbers that words need, of every workflow, as annotations."""
    return {
        f"n_{workflow.name}_{name}": counted_in({workflow.name: number})
        for workflow in registry.workflows().values()
        for name, number in workflow.counted.items()
    }


def _searched() -> list[str]:
    """Return the keys of the state to search in."""
    keys = (key for workflow in registry.workflows().values() for key in workflow.searched)
    return list(dict.fromkeys(keys))


def _row(email: Any, query: str, identities: Sequence[Identity]) -> Row:
    workflow = registry.find(email.workflow)
    numbers = (
        {name: getattr(email, f"n_{email.workflow}_{name}") for name in workflow.counted} if workflow else {}
    )
    is_email = email.workflow == registry.EMAIL
    hit = row_words.sentence_with_hit(email, query, _searched()) if query else ""
    changed = email.seen_version is not None and email.seen_version != email.version
    return Row(
        email,
        row_words.state_of(email, numbers),
        row_words.kind(email),
        hit or row_words.snippet_of(email, numbers),
        changed and not email.is_running,
        door_of(email).list_row.told_apart_by(email),
        "" if is_email else translated(workflow.title) if workflow else email.workflow,
        door_of(email).list_row.answers_as(email, identities),
    )


def _with(rows: dict[uuid.UUID, Row], pk: uuid.UUID, others: Sequence[_Found]) -> Row:
    row = rows[pk]
    row.alternatives.extend(rows[one.pk] for one in others if one.pk in rows)
    if row.alternatives:
        row.alternatives.insert(0, row)
    return row
