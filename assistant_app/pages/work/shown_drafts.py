"""The drafts of an email as its page shows them: text, author, time, and the feedback about them."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cachetools import LRUCache
from django.conf import settings

from assistant_app.llm import recorded
from assistant_app.models import Application, ModelCall, Step
from assistant_app.phrases import gettext_noop, ngettext
from assistant_app.translation import translated
from assistant_app.workflow import drafts

MADE_KEPT = 5_000  # emails of which a process remembers who made their drafts
ADDS_DRAFT = ("formulate_draft", "edit_draft", "write_draft")  # positions of the steps that add a draft


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What a model wrote around its reply, and the draft with it put back."""

    where: str  # "before" or "after"
    text: str
    put_back: str


@dataclass(frozen=True, slots=True)
class Draft:
    number: int
    text: str
    at: datetime | None
    model: str  # the model that wrote it; known even if the call belongs to a fork's parent
    provider: str  # the provider of the call; "" if unknown
    took: float | None  # seconds of the call; None if it is unknown
    is_own: bool
    of: int | None  # the number of the draft that it was made from
    after: str  # the feedback it answers
    is_another_try: bool  # regenerated from the same input as an earlier draft
    said: tuple[str, ...] = ()  # the feedback about it
    left_out: tuple[LeftOut, ...] = ()
    not_told: str = ""  # what the model's window had no room for
    began_with: str | None = None  # what the model had written of a draft that the owner finished

    @property
    def is_sample(self) -> bool:
        return self.provider == recorded.PROVIDER

    @property
    def by_owner(self) -> str:
        """What the owner did to it, as a verb; empty for a draft of the model."""
        if not self.is_own:
            return ""
        if self.began_with is None:
            return "edited"
        return "finished" if self.began_with else "written"

    @property
    def is_by_demonstration(self) -> bool:
        return self.provider == "embedded" and not settings.EMBEDDED_MODEL_PATH


@dataclass(frozen=True, slots=True)
class Made:
    """When a draft was made, and by which model, in how many seconds."""

    at: datetime | None = None
    model: str = ""
    provider: str = ""
    took: float | None = None


UNKNOWN = Made()
_known: LRUCache[tuple[uuid.UUID, int | None, int], tuple[Made, ...]] = LRUCache(MADE_KEPT)
_lock = threading.Lock()


def drafts_of(row: Application, state: Mapping[str, Any]) -> list[Draft]:
    """Return the drafts, oldest first; two queries at the first time after a run."""
    texts = state["draft_history"]
    if not texts:
        return []
    sources, about = drafts.sources(state), said_about(state)
    copied = sum("at" in source for source in sources)  # a fork's first drafts
    made = _made(row, len(sources) - copied)
    shown = []
    for number, (text, source) in enumerate(zip(texts, sources, strict=True), start=1):
        is_copied = "at" in source
        origin = UNKNOWN if is_copied else made[number - 1 - copied]
        is_own = source["by"] == drafts.PERSON
        shown.append(
            Draft(
                number=number,
                text=text,
                at=datetime.fromisoformat(source["at"]) if is_copied else origin.at,
                model=origin.model or source.get("model", ""),
                provider=origin.provider or source.get("provider", ""),
                took=origin.took,
                is_own=is_own,
                of=source["of"],
                after=drafts.feedback_for(state, source),
                is_another_try=not is_own and _made_from(source) in map(_made_from, sources[: number - 1]),
                said=tuple(about.get(number, ())),
                left_out=tuple(
                    LeftOut(each["where"], each["text"], drafts.put_back(text, each))
                    for each in source.get("left_out", ())
                ),
                not_told=_not_told(source.get("shortened") or {}),
                began_with=source.get("began_with"),
            )
        )
    return shown


def _not_told(shortened: Mapping[str, int]) -> str:
    """Return in words what was left out of the prompt; empty if nothing was."""
    quoted, feedback = shortened.get("quoted_messages", 0), shortened.get("feedback", 0)
    messages = ngettext("%(number)s quoted message", "%(number)s quoted messages", quoted)
    pieces = ngettext("%(number)s piece of feedback", "%(number)s pieces of feedback", feedback)
    if quoted and feedback:
        return translated(gettext_noop("%(messages)s and %(feedback)s", messages=messages, feedback=pieces))
    if quoted or feedback:
        return translated(messages if quoted else pieces)
    return ""


def _made_from(source: drafts.Source) -> tuple[Any, ...]:
    return source["by"], source["of"], source["feedback"]


def said_about(state: Mapping[str, Any]) -> dict[int, list[str]]:
    """Return the feedback about each draft, by draft number.

    Feedback that no draft answers yet is about the current draft.
    """
    sources, about = drafts.sources(state), dict[int, list[str]]()
    for piece, text in enumerate(state["feedback_history"], start=1):
        answers = (
            source for source in sources if source["feedback"] == piece and drafts.answers_feedback(source)
        )
        number = next((source["of"] for source in answers), drafts.current_number(state))
        about.setdefault(number or 0, []).append(text)
    return about


def unanswered(state: Mapping[str, Any]) -> str:
    """Return the last feedback if no draft answers it; otherwise ""."""
    said = state["feedback_history"]
    is_answered = any(source["feedback"] == len(said) for source in drafts.sources(state))
    return str(said[-1]) if said and not is_answered else ""


def _made(row: Application, number: int) -> tuple[Made, ...]:
    """Return how the last `number` drafts on the path to the head were made. It never changes for a head."""
    if not number:
        return ()
    key = (row.pk, row.sequence_id, number)
    with _lock:
        found = _known.get(key)
    if found is None:
        found = _read_made(row, number)
        with _lock:
            _known[key] = found
    return found


def forget() -> None:
    """Drop what this process remembers, for tests that change stored calls."""
    with _lock:
        _known.clear()


def _read_made(row: Application, number: int) -> tuple[Made, ...]:
    calls = {
        call.sequence_id: call
        for call in ModelCall.objects.filter(application_id=row.pk, purpose="draft", error_code="").only(
            "sequence_id", "provider", "model", "duration", "application_id"
        )
    }
    path = Step.objects.positions_to(row.pk, row.sequence_id)
    steps = [step for step in path if step.position in ADDS_DRAFT and step.status == Step.Status.COMPLETED]
    known = [_made_by(step, calls.get(step.sequence_id)) for step in steps[-number:]]
    return (*known, *[UNKNOWN] * (number - len(known)))


def _made_by(step: Step, call: ModelCall | None) -> Made:
    if call is None:
        return Made(at=step.finished_at)
    return Made(step.finished_at, call.model, call.provider, call.duration)
