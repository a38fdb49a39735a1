"""Reads an application's steps with what each of them changed."""

from __future__ import annotations

from assistant_app.contract import changes
from assistant_app.models import Application, Step
from assistant_app.workflow.graph import DEFAULT_STATE


def steps_of(row: Application) -> dict[int, Step]:
    """Return the steps by number, oldest first; the first step of a fork gets its texts from the row."""
    steps: dict[int, Step] = {step.sequence_id: step for step in Step.objects.filter(application_id=row.pk)}
    if 0 in steps and changes.leans(steps[0].changes):  # otherwise the state may stay deferred
        steps[0].changes = changes.whole(steps[0].changes, DEFAULT_STATE, row.state)
    return steps


def path_to(row: Application, sequence_id: int | None) -> list[Step]:
    """Return the steps that led to one, oldest first; raise `KeyError` if that step is unknown."""
    return changes.path_to(steps_of(row), sequence_id)
