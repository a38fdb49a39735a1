"""The workflows that this server runs: the only place that joins the engine and a workflow.

The setting WORKFLOWS holds their dotted paths, which are imported when one is first needed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import Q
from django.utils.module_loading import import_string

from assistant_app.contract.workflow import Counted, Workflow
from assistant_app.errors import UnknownStep

if TYPE_CHECKING:
    from assistant_app.models import Application, ApplicationQuerySet


EMAIL = "email"  # the assistant, whose addresses are the plain ones wherever it is in the setting


def workflows() -> Mapping[str, Workflow]:
    """Return the registered workflows by name, the default one first.

    If the setting can't be read, return those of its default: the checks, which then keep the server from
    starting, need URLs.
    """
    try:
        return _load(tuple(settings.WORKFLOWS))
    except Exception:  # noqa: BLE001  (a module of a workflow may raise anything)
        return _load(tuple(settings.DEFAULT_WORKFLOWS))


@lru_cache(maxsize=16)
def _load(paths: tuple[str, ...]) -> dict[str, Workflow]:
    found = sorted(load(paths), key=lambda workflow: workflow.name != EMAIL)
    if not found:
        raise ValueError("WORKFLOWS is empty.")
    return {workflow.name: workflow for workflow in found}


def load(paths: Iterable[str]) -> list[Workflow]:
    """Return the workflows at these dotted paths. Raise `ImportError` for a path that leads nowhere."""
    return [import_string(path) for path in paths]


def find(name: str) -> Workflow | None:
    return workflows().get(name)


def default() -> Workflow:
    """Return the workflow that has the plain addresses."""
    return next(iter(workflows().values()))


def answers_emails() -> bool:
    """Return whether the email assistant is among the workflows."""
    return EMAIL in workflows()


def rounds() -> dict[str, Counted]:
    """Return what counts the rounds of each workflow that has some."""
    return {name: workflow.rounds for name, workflow in workflows().items() if workflow.rounds}


def serves(name: str, row: Application) -> bool:
    """Return whether the doors of a workflow show the row. Those of the default one show strangers, too."""
    return row.workflow == name or (name == default().name and find(row.workflow) is None)


def served(name: str, rows: ApplicationQuerySet) -> ApplicationQuerySet:
    """Leave out the applications that the doors of a workflow do not show."""
    if name != default().name:
        return rows.filter(workflow=name)
    others = [other for other in workflows() if other != name]
    return rows.exclude(workflow__in=others) if others else rows


def known_to_run(row: Application) -> Workflow:
    """Return the row's workflow. Raise `UnknownStep` if a newer version of it made the row."""
    workflow = find(row.workflow)
    if workflow is None or not workflow.knows(row.position, row.next_step):
        raise UnknownStep
    return workflow


def stopped_at(row: Application) -> str | None:
    """Return the action at which the last run stopped; None if it did not. Raise `UnknownStep`."""
    if not row.has_stopped:
        return None
    workflow = known_to_run(row)
    return workflow.following(row.position, workflow.complete(row.state))


def takes(row: Application, step: str) -> bool:
    """Return whether a human step may be sent now, unless a run is under way. Raise `UnknownStep`."""
    return known_to_run(row).takes(step, row.next_step, stopped_at=stopped_at(row))


def is_known(row: Application) -> bool:
    """Return whether this version can go on with the application."""
    workflow = find(row.workflow)
    return workflow is not None and workflow.knows(row.position, row.next_step)


def only_known(rows: ApplicationQuerySet) -> ApplicationQuerySet:
    """Leave out the applications that this version cannot go on with."""
    known = Q()
    for name, workflow in workflows().items():
        actions = ["", *sorted(workflow.actions)]
        known |= Q(workflow=name, position__in=actions, next_step__in=actions)
    return rows.filter(known) if known else rows.none()


def only_registered(rows: ApplicationQuerySet) -> ApplicationQuerySet:
    """Leave out the applications of workflows that this server does not run."""
    return rows.filter(workflow__in=list(workflows()))
