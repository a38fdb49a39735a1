"""When each draft was made, and by which model, from the steps and their model calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any

from assistant_app.models import Application, ModelCall, Step
from assistant_app.workflow import drafts


def origins(row: Application, state: Mapping[str, Any], path: Sequence[Step]) -> list[drafts.Source]:
    """Return the sources of a state's drafts, completed with `at` (time), `model` and `provider`.

    `path` holds the steps that lead to the state. Drafts that a fork copied have these values already;
    older versions did not store `provider`.
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
    """Return the step that added each draft on the path; copied drafts came with a fork's first step."""
    return [step for step in path for _ in step.changes.get("append", {}).get("draft_history", ())]
