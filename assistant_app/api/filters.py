"""Filters for the list of applications: status, next step, and words in title or sender."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.db.models import Q

from assistant_app.contract.workflow import Workflow
from assistant_app.errors import InvalidInput
from assistant_app.models import Application, ApplicationQuerySet

Status = Application.Status
MAX_QUERY_CHARACTERS = 200
YES_OR_NO = {"true": True, "false": False}


def narrow(workflow: Workflow, rows: ApplicationQuerySet, params: Mapping[str, str]) -> ApplicationQuerySet:
    """Return the rows that pass all filters. Raise `InvalidInput` with a message for each bad value."""
    problems: dict[str, list[str]] = {}
    for name, apply in FILTERS.items():
        if (value := params.get(name)) is not None:
            try:
                rows = apply(workflow, rows, value)
            except ValueError as problem:
                problems[name] = [str(problem)]
    if problems:
        raise InvalidInput(fields=problems)
    return rows


def _by_status(workflow: Workflow, rows: ApplicationQuerySet, value: str) -> ApplicationQuerySet:
    """Filter by the status that responses show: a run with an expired lease counts as failed."""
    if value not in Status.values:
        raise ValueError(f"Choose one of: {', '.join(Status.values)}.")
    if value == Status.FAILED:
        return rows.filter(status=value) | rows.with_expired_lease()
    if value == Status.RUNNING:
        return rows.under_way()
    return rows.filter(status=value)


def _by_next_step(workflow: Workflow, rows: ApplicationQuerySet, value: str) -> ApplicationQuerySet:
    known = workflow.may_be_due()
    if value not in known:
        raise ValueError(f"Choose one of: {', '.join(known)}.")
    return rows.claimable().filter(next_step=value)


def _by_words(workflow: Workflow, rows: ApplicationQuerySet, value: str) -> ApplicationQuerySet:
    if len(value) > MAX_QUERY_CHARACTERS:
        raise ValueError(f"It has {len(value):,} characters; {MAX_QUERY_CHARACTERS} are allowed.")
    if "\x00" in value:
        raise ValueError("It contains a NUL character.")
    for word in value.split():
        rows = rows.filter(Q(title__icontains=word) | Q(sender__icontains=word))
    return rows


def _by_archived(workflow: Workflow, rows: ApplicationQuerySet, value: str) -> ApplicationQuerySet:
    if value not in YES_OR_NO:
        raise ValueError(f"Choose one of: {', '.join(YES_OR_NO)}.")
    return rows.filter(archived_at__isnull=not YES_OR_NO[value])


FILTERS: dict[str, Callable[[Workflow, ApplicationQuerySet, str], ApplicationQuerySet]] = {
    "status": _by_status,
    "next_step": _by_next_step,
    "archived": _by_archived,
    "q": _by_words,
}
