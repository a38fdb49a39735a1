"""Everything that the page of one email shows, read with three queries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from itertools import zip_longest
from typing import Any

from django.conf import settings

from assistant_app import limits, steps
from assistant_app.errors import AssistantError
from assistant_app.events.log import catch_up
from assistant_app.graph import DEFAULT_STATE
from assistant_app.models import Application, ModelCall, Step
from assistant_app.pages import words
from assistant_app.pages.forms import QUICK_CHANGES, BothPressed, StepForm, Typed, has_text, stored
from assistant_app.runner import runner
from assistant_app.steps import HumanStep

ROUNDS_SHOWN = 2  # of the earlier ones; from the fourth draft on, those before fold into one row


@dataclass(frozen=True, slots=True)
class Draft:
    number: int
    text: str
    at: datetime | None
    call: ModelCall | None
    after: str  # the feedback that it answers
    feedback: str | None = None  # what was said about it

    @property
    def is_by_demonstration(self) -> bool:
        is_embedded = self.call is not None and self.call.provider == "embedded"
        return is_embedded and not settings.EMBEDDED_MODEL_PATH


@dataclass(frozen=True, slots=True)
class Refusal:
    """What somebody typed that was not sent, and why; none if it waits for them to come back."""

    step: HumanStep
    typed: Typed
    error: AssistantError | None = None
    seen_draft: str = ""  # the number of the draft that they were reading


@dataclass(frozen=True)
class EmailPage:
    row: Application
    refusal: Refusal | None = None
    wants_change: bool = False  # of what was sent last, after a run that stopped
    is_still: bool = False  # no refreshing
    not_continued: AssistantError | None = None  # why a stopped run could not be tried again now
    state: Mapping[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "state", {**DEFAULT_STATE, **self.row.state})

    # --- What happened so far ------------------------------------------------------------------

    @cached_property
    def drafts(self) -> list[Draft]:
        texts, said = self.state["draft_history"], self.state["feedback_history"]
        made = self._made()[: len(texts)]
        made += [(None, None)] * (len(texts) - len(made))
        return [
            Draft(
                number=number,
                text=text,
                at=step.finished_at if step else None,
                call=call,
                after=said[number - 2] if 1 < number <= len(said) + 1 else "",
                feedback=said[number - 1] if number <= len(said) else None,
            )
            for number, (text, (step, call)) in enumerate(zip(texts, made, strict=True), start=1)
        ]

    def _made(self) -> list[tuple[Step | None, ModelCall | None]]:
        """Return the steps that wrote a draft, on the way to the head, each with its call."""
        if not self.state["draft_history"]:
            return []
        calls = {
            call.sequence_id: call
            for call in ModelCall.objects.filter(
                application_id=self.row.pk, purpose="draft", error_code=""
            ).only("sequence_id", "provider", "model", "duration", "application_id")
        }
        path = Step.objects.defer("changes").path_to(self.row.pk, self.row.sequence_id)
        return [(step, calls.get(step.sequence_id)) for step in path if step.position == "formulate_draft"]

    @property
    def draft(self) -> Draft | None:
        """The newest, which is open while it is the person's turn and at the end."""
        return self.drafts[-1] if self.drafts and self.shows_newest else None

    @property
    def shows_newest(self) -> bool:
        return not self.row.is_running and not self.row.has_stopped

    @property
    def rounds(self) -> list[Draft]:
        """The earlier drafts, each folded to a line."""
        if self.shows_newest:
            return self.drafts[:-1]
        if self.open_feedback:
            return [*self.drafts[:-1], replace(self.drafts[-1], feedback=None)]
        return self.drafts

    @property
    def open_feedback(self) -> str:
        """What was said last, if no draft came of it: the person may want to change it."""
        is_open = self.row.has_stopped and self.drafts and not self.form
        return (self.drafts[-1].feedback or "") if is_open else ""

    @property
    def older_rounds(self) -> list[Draft]:
        return self.rounds[:-ROUNDS_SHOWN] if len(self.rounds) > ROUNDS_SHOWN else []

    @property
    def recent_rounds(self) -> list[Draft]:
        return self.rounds[-ROUNDS_SHOWN:]

    @property
    def shows_email(self) -> bool:
        """Before the first draft the email is needed to answer; later it is folded."""
        return bool(self.state["incoming_email"]) and not self.drafts and self.kind == "waiting"

    @property
    def questions(self) -> list[tuple[str, str]]:
        """Question and answer, once they are answered."""
        answers = self.state["clarification_answers"]
        if answers is None:
            return []
        return list(zip_longest(self.state["clarification_questions"], answers, fillvalue=""))

    # --- What it says --------------------------------------------------------------------------

    @property
    def kind(self) -> str:
        return words.kind(self.row)

    @property
    def _counts(self) -> tuple[int, int]:
        return len(self.state["draft_history"]), len(self.state["clarification_questions"])

    @property
    def heading(self) -> str:
        return words.heading(self.row, self._counts[0])

    @property
    def detail(self) -> str:
        return words.detail(self.row, *self._counts)

    @property
    def tab(self) -> str:
        return "Not sent yet" if self.is_refused else words.tab(self.row, *self._counts)

    @property
    def news(self) -> str:
        return words.news(self.row, self.state["draft_history"])

    @property
    def phases(self) -> list[tuple[str, bool]]:
        return words.phases(words.under_way(self.row), self._counts[0], self._counts[1] > 0)

    @property
    def is_live(self) -> bool:
        """Whether the page follows the run; not while it holds a text that a swap would take away."""
        return self.kind == "writing" and not self.is_still and self.refusal is None

    @property
    def text_so_far(self) -> str:
        """What this process has of the draft that is being written."""
        log = runner.log_of(self.row.pk)
        events = catch_up(log.events, None) if log and self.row.is_running else []
        return next((event.data["text"] for event in events if event.kind == "draft"), "")

    @property
    def next_draft(self) -> int:
        return self._counts[0] + 1

    @property
    def what_is_kept(self) -> str:
        return words.what_is_kept(self.row)

    # --- What was typed and not sent -----------------------------------------------------------

    @property
    def is_refused(self) -> bool:
        return self.refusal is not None and self.refusal.error is not None

    @property
    def refusal_words(self) -> tuple[str, str] | None:
        """Heading and sentence of the notice; field errors have a list of their own."""
        refusal = self.refusal
        if refusal is None or refusal.error is None or refusal.error.fields or self.asks_which:
            return None
        return words.refusal(refusal.error, self.row, refusal.step.action)

    @property
    def asks_which(self) -> bool:
        return self.refusal is not None and isinstance(self.refusal.error, BothPressed) and self.fits_form

    @property
    def fits_form(self) -> bool:
        """Whether what was typed belongs into the form that is shown now."""
        return self.refusal is not None and self.row.due_step == self.refusal.step.action

    @property
    def has_newer_draft(self) -> bool:
        """Whether the feedback was written about an older draft than the one that is shown."""
        refusal = self.refusal
        if refusal is None or refusal.error is None or refusal.error.fields or not self.fits_form:
            return False
        seen = refusal.seen_draft
        return seen.isdigit() and len(seen) < 6 and int(seen) < len(self.drafts) and self.draft is not None

    @property
    def quick_changes(self) -> list[str]:
        return list(QUICK_CHANGES)

    @property
    def kept(self) -> StepForm | None:
        """What was typed for a step that is not due, to read and to copy."""
        if self.refusal is None or self.fits_form or not has_text(self.refusal.typed):
            return None
        return StepForm(self.refusal.step, self.state, self.refusal.typed)

    @property
    def form(self) -> StepForm | None:
        """The form of the step that is due, filled with what was typed and not sent."""
        if not self.row.due_step or (self.row.has_stopped and not self.changes_input):
            return None
        step = steps.get(self.row.due_step)
        if self.refusal is not None and self.fits_form:
            errors = self.refusal.error.fields if self.refusal.error else {}
            return StepForm(step, self.state, self.refusal.typed, errors)
        return StepForm(step, self.state, stored(step, self.state) if self.row.has_stopped else {})

    @cached_property
    def left_today(self) -> str:
        """Asked for by the forms alone: a page without one spends no query on it."""
        return words.left_today(*limits.left_today(self.row.owner_id))

    @property
    def changes_input(self) -> bool:
        return self.wants_change or self.fits_form
