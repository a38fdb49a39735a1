"""The drafts of an email as its page shows them: text, who wrote it and when, what was said about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings

from assistant_app.models import Application, ModelCall, Step
from assistant_app.workflow import drafts

ADDS_DRAFT = ("formulate_draft", "edit_draft")  # the positions of steps that one draft comes with


@dataclass(frozen=True, slots=True)
class Draft:
    number: int
    text: str
    at: datetime | None
    call: ModelCall | None
    model: str  # that wrote it, also where the call itself was made for another email
    provider: str  # of that model, as the call has it; empty where it is not known
    is_own: bool
    of: int | None  # the number of the draft that it was made from
    after: str  # the feedback that it answers
    is_another_try: bool  # at what an earlier one was made from
    said: tuple[str, ...] = ()  # what was said about it

    @property
    def is_by_demonstration(self) -> bool:
        return self.provider == "embedded" and not settings.EMBEDDED_MODEL_PATH


def drafts_of(row: Application, state: Mapping[str, Any]) -> list[Draft]:
    """Return the drafts, oldest first, with two queries, whatever there is."""
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
    """Return by the number of a draft what was said about it.

    What nothing came of yet is about the current one.
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
    """Return the feedback that was given last if no draft came of it."""
    said = state["feedback_history"]
    is_answered = any(source["feedback"] == len(said) for source in drafts.sources(state))
    return str(said[-1]) if said and not is_answered else ""


def _made(row: Application, number: int) -> list[tuple[Step | None, ModelCall | None]]:
    """Return the last steps that a draft came with, on the way to the head, each with its call."""
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
