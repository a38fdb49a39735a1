"""Reads an application's steps with their changes, and by which model each was made."""

from __future__ import annotations

from collections.abc import Sequence

from assistant_app.contract import changes
from assistant_app.contract.workflow import StepTaken
from assistant_app.engine import registry
from assistant_app.models import Application, ModelCall, Step


def steps_of(row: Application) -> dict[int, Step]:
    """Return the steps by number, oldest first; fill in a fork's first step from the row."""
    steps: dict[int, Step] = {step.sequence_id: step for step in Step.objects.filter(application_id=row.pk)}
    if 0 in steps and changes.leans(steps[0].changes):  # only then, as the state may be deferred
        workflow = registry.find(row.workflow)
        default_state = workflow.default_state if workflow else {}
        steps[0].changes = changes.whole(steps[0].changes, default_state, row.state)
    return steps


def path_to(row: Application, sequence_id: int | None) -> list[Step]:
    """Return the steps that lead to `sequence_id`, oldest first. Raise `KeyError` if it is unknown."""
    return changes.path_to(steps_of(row), sequence_id)


def taken(row: Application, path: Sequence[Step]) -> list[StepTaken]:
    """Return the steps of a path as plain values, each with the model that made it; one query."""
    calls = ModelCall.objects.filter(application_id=row.pk, error_code="").order_by("id")
    models = {
        number: (model, provider)
        for number, model, provider in calls.values_list("sequence_id", "model", "provider")
    }
    return [
        StepTaken(
            step.sequence_id,
            step.position,
            step.changes,
            step.finished_at.isoformat(),
            *models.get(step.sequence_id, ()),
        )
        for step in path
    ]
