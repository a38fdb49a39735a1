"""The drafts of an email as versions: text, origin, feedback, model and time of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from typing import Any

from assistant_app.errors import ApplicationNotFound
from assistant_app.models import Application, ModelCall, Step
from assistant_app.workflow import drafts
from assistant_app.workflow.graph import DEFAULT_STATE


@dataclass(frozen=True, slots=True)
class Version:
    """A draft; `number` counts from 1."""

    number: int
    text: str
    by: str  # "model" or "person"
    of: int | None  # the number of the draft that it was made from
    feedback: str  # that it answers; empty for a first draft and for a person's own
    assumptions: list[str]
    is_current: bool  # the one that feedback goes to, and that is accepted
    model: str  # that wrote it; empty for a person's own
    created_at: datetime | None  # none if nobody wrote it down


def versions_of(row: Application) -> list[Version]:
    """Return all drafts, oldest first; with two queries however many there are."""
    state = {**DEFAULT_STATE, **row.state}
    if not state["draft_history"]:
        return []
    current = drafts.current_number(state)
    with_origins = origins(row, state, Step.objects.path_to(row, row.sequence_id))
    both = zip(state["draft_history"], with_origins, strict=True)
    return [
        Version(
            number=number,
            text=text,
            by=source["by"],
            of=source["of"],
            feedback=drafts.feedback_for(state, source),
            assumptions=source.get("assumptions", []),
            is_current=number == current,
            model=source.get("model", ""),
            created_at=datetime.fromisoformat(source["at"]) if "at" in source else None,
        )
        for number, (text, source) in enumerate(both, start=1)
    ]


def version_of(row: Application, number: int) -> Version:
    """Raise `ApplicationNotFound` if there is no draft of that number."""
    found = versions_of(row)
    if not 0 < number <= len(found):
        raise ApplicationNotFound(f"There is no draft {number}.")
    return found[number - 1]


def text_of(row: Application, number: int) -> str:
    """Return the text of a draft, without a query; raise `ApplicationNotFound` if there is none such."""
    texts = row.state.get("draft_history", [])
    if not 0 < number <= len(texts):
        raise ApplicationNotFound(f"There is no draft {number}.")
    return str(texts[number - 1])


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
