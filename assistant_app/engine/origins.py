"""When each draft was made, and by which model: known from the steps and their calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any

from assistant_app.models import Application, ModelCall, Step
from assistant_app.workflow import drafts


def origins(row: Application, state: Mapping[str, Any], path: Sequence[Step]) -> list[drafts.Source]:
    """Return the sources of a state's drafts with the time, `at`, and the `model` and its `provider` of each.

    `path` are the steps that led there. What a fork copied has them in its source already, but no `provider`
    where a version copied it that did not write that down.
    """
    known = drafts.sources(state)
    calls = ModelCall.objects.filter(application_id=row.pk, purpose="draft", error_code="")
    models = {
        number: {"model": model, "provider": provider}
        for number, model, provider in calls.values_list("sequence_id", "model", "provider")
    }
    made_by = drafting_steps(path)[: len(known)]
    return [_with_origin(source, step, models) for source, step in zip_longest(known, made_by)]


def _with_origin(
    source: drafts.Source, step: Step | None, models: Mapping[int, Mapping[str, str]]
) -> drafts.Source:
    if "at" in source or step is None:
        return source
    return {**source, "at": step.finished_at.isoformat(), **models.get(step.sequence_id, {})}


def drafting_steps(path: Sequence[Step]) -> list[Step]:
    """Return the step that each draft came with, given the way to the head; for a copied one the first."""
    return [step for step in path for _ in step.changes.get("append", {}).get("draft_history", ())]
