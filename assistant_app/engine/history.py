"""Reads an application's steps with their changes."""

from __future__ import annotations

from assistant_app.contract import changes
from assistant_app.models import Application, Step
from assistant_app.workflow.graph import DEFAULT_STATE


def steps_of(row: Application) -> dict[int, Step]:
    """Return the steps by number, oldest first; fill in a fork's first step from the row."""
    steps: dict[int, Step] = {step.sequence_id: step for step in Step.objects.filter(application_id=row.pk)}
    if 0 in steps and changes.leans(steps[0].changes):  # only then, as the state may be deferred
        steps[0].changes = changes.whole(steps[0].changes, DEFAULT_STATE, row.state)
    return steps


def path_to(row: Application, sequence_id: int | None) -> list[Step]:
    """Return the steps that lead to `sequence_id`, oldest first. Raise `KeyError` if it is unknown."""
    return changes.path_to(steps_of(row), sequence_id)
