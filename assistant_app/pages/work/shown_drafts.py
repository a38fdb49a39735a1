"""The drafts of an email as its page shows them: text, author, time, and the feedback about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings

from assistant_app.models import Application, ModelCall, Step
from assistant_app.workflow import drafts

ADDS_DRAFT = ("formulate_draft", "edit_draft")  # positions of the steps that add a draft


@dataclass(frozen=True, slots=True)
class Draft:
    number: int
    text: str
    at: datetime | None
    call: ModelCall | None
    model: str  # the model that wrote it; known even if the call belongs to a fork's parent
    provider: str  # the provider of the call; "" if unknown
    is_own: bool
    of: int | None  # the number of the draft that it was made from
    after: str  # the feedback it answers
    is_another_try: bool  # regenerated from the same input as an earlier draft
    said: tuple[str, ...] = ()  # the feedback about it

    @property
    def is_by_demonstration(self) -> bool:
        return self.provider == "embedded" and not settings.EMBEDDED_MODEL_PATH


def drafts_of(row: Application, state: Mapping[str, Any]) -> list[Draft]:
    """Return the drafts, oldest first; at most two queries."""
    texts = state["draft_history"]
    if not texts:
        return []
    sources, about = drafts.sources(state), said_about(state)
    made = _made(row, sum("at" not in source for source in sources))
    shown = []
    for number, (text, source) in enumerate(zip(texts, sources, strict=True), start=1):
        is_copied = "at" in source
        step, call = (None, None) if is_copied else made.pop(0)
        written_at = step.finished_at if step else None
        is_own = source["by"] == drafts.PERSON
        shown.append(
            Draft(
                number=number,
                text=text,
                at=datetime.fromisoformat(source["at"]) if is_copied else written_at,
                call=call,
                model=call.model if call else source.get("model", ""),
                provider=call.provider if call else source.get("provider", ""),
                is_own=is_own,
                of=source["of"],
                after=drafts.feedback_for(state, source),
                is_another_try=not is_own and _made_from(source) in map(_made_from, sources[: number - 1]),
                said=tuple(about.get(number, ())),
            )
        )
    return shown


def _made_from(source: drafts.Source) -> tuple[Any, ...]:
    return source["by"], source["of"], source["feedback"]


def said_about(state: Mapping[str, Any]) -> dict[int, list[str]]:
    """Return the feedback about each draft, by draft number.

    Feedback that no draft answers yet is about the current draft.
    """
    sources, about = drafts.sources(state), dict[int, list[str]]()
    for piece, text in enumerate(state["feedback_history"], start=1):
        answers = (
            source for source in sources if source["feedback"] == piece and source["by"] == drafts.MODEL
        )
        number = next((source["of"] for source in answers), drafts.current_number(state))
        about.setdefault(number or 0, []).append(text)
    return about


def unanswered(state: Mapping[str, Any]) -> str:
    """Return the last feedback if no draft answers it; otherwise ""."""
    said = state["feedback_history"]
    is_answered = any(source["feedback"] == len(said) for source in drafts.sources(state))
    return str(said[-1]) if said and not is_answered else ""


def _made(row: Application, number: int) -> list[tuple[Step | None, ModelCall | None]]:
    """Return the last `number` steps on the path to the head that added a draft, each with its call."""
    if not number:
        return []
    calls = {
        call.sequence_id: call
        for call in ModelCall.objects.filter(application_id=row.pk, purpose="draft", error_code="").only(
            "sequence_id", "provider", "model", "duration", "application_id"
        )
    }
    path = Step.objects.positions_to(row.pk, row.sequence_id)
    steps = [step for step in path if step.position in ADDS_DRAFT and step.status == Step.Status.COMPLETED]
    known = [(step, calls.get(step.sequence_id)) for step in steps[-number:]]
    return [*known, *[(None, None)] * (number - len(known))]
