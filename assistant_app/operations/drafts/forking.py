"""Where a fork at a draft starts."""

from __future__ import annotations

from collections.abc import Callable

from assistant_app.engine import forks, history, registry
from assistant_app.engine.forks import Point
from assistant_app.errors import DoesNotFit
from assistant_app.models import Application
from assistant_app.phrases import gettext_noop
from assistant_app.workflow import drafts
from assistant_app.workflow.email import EMAIL
from assistant_app.workflow.graph import DEFAULT_STATE

DRAFTING = "formulate_draft"  # a fork at a draft starts after this step, even if the owner wrote the draft


def at(number: int) -> Callable[[Application], Point]:
    """Return what finds the point of a fork at a draft, for `operations.fork`."""
    return lambda row: _point_at(row, number)


def _point_at(row: Application, number: int) -> Point:
    """Return the point at which a draft was the newest. Raise `DoesNotFit` if there is no such draft."""
    state = {**DEFAULT_STATE, **row.state}
    if not 0 < number <= len(state["draft_history"]):
        raise DoesNotFit(fields={"draft": [gettext_noop("There is no draft %(number)s.", number=number)]})
    taken = history.taken(row, forks.path_to(row, row.sequence_id))
    made_by = drafts.drafting_steps(taken)[number - 1]
    carried = EMAIL.carried_into_fork(drafts.up_to(state, number), taken)
    return Point(registry.known_to_run(row), made_by.number, DRAFTING, carried)
