"""Everything that the generic page of an application shows, from the table of its workflow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.translation import gettext

from assistant_app.contract.workflow import ActionEntry, Output, Workflow, is_there
from assistant_app.engine import budget, registry
from assistant_app.errors import AssistantError
from assistant_app.events.log import catch_up
from assistant_app.events.publisher import publisher
from assistant_app.models import Application
from assistant_app.operations import due
from assistant_app.pages import words
from assistant_app.pages.branches import Branch, tree_of
from assistant_app.pages.forms import Refusal, StepForm, begin_with, has_text
from assistant_app.pages.values import Shown, shown
from assistant_app.translation import translated


@dataclass(frozen=True)
class ApplicationPage:
    row: Application
    refusal: Refusal | None = None
    wants_change: bool = False  # edit the last input after a run that stopped
    is_still: bool = False  # no automatic refresh
    not_continued: AssistantError | None = None  # why the retry of a stopped run was rejected

    @cached_property
    def workflow(self) -> Workflow | None:
        return registry.find(self.row.workflow)

    @property
    def title(self) -> str:
        return self.row.title or (translated(self.workflow.title) if self.workflow else gettext("Untitled"))

    @cached_property
    def is_known(self) -> bool:
        return registry.is_known(self.row)

    @cached_property
    def state(self) -> dict[str, Any]:
        return self.workflow.complete(self.row.state) if self.workflow else dict(self.row.state)

    @property
    def values(self) -> list[Shown]:
        """The values that are there, in the order of the workflow's table."""
        if self.workflow:
            return shown(self.workflow.told(self.state, self.row.position))
        unknown = self.state.items()
        return shown((Output(name=key, key=key), value) for key, value in unknown if is_there(value))

    # --- What it says --------------------------------------------------------------------------

    @property
    def kind(self) -> str:
        return words.kind(self.row)

    @property
    def colour(self) -> str:
        """The class of the state's colour."""
        return {"waiting": "turn", "failed": "stopped", "finished": "done"}.get(self.kind, "")

    @cached_property
    def _numbers(self) -> Mapping[str, int]:
        return self.workflow.numbers(self.state) if self.workflow else {}

    @property
    def heading(self) -> str:
        return words.heading(self.row, self._numbers)

    @property
    def detail(self) -> str:
        return words.detail(self.row, self._numbers)

    @property
    def tab(self) -> str:
        return gettext("Not sent yet") if self.is_refused else words.tab(self.row, self._numbers)

    @property
    def news(self) -> str:
        return words.news(self.row, self.state, self._numbers)

    @property
    def what_failed(self) -> str:
        return words.what_failed(self.row, self._numbers)

    @property
    def what_is_kept(self) -> str:
        return words.what_is_kept(self.row)

    @property
    def is_live(self) -> bool:
        """Return whether the page follows the run. It does not while a swap would remove unsent text."""
        return self.kind == "writing" and not self.is_still and self.refusal is None

    @cached_property
    def text_so_far(self) -> str:
        """The text of the run under way, as far as this process has it."""
        log = publisher.log_of(self.row.pk)
        events = catch_up(log.events, None) if log and self.row.is_running else []
        return next((event.data["text"] for event in events if event.kind == "draft"), "")

    @cached_property
    def tree(self) -> list[Branch]:
        return tree_of(self.row)

    # --- What can be sent ----------------------------------------------------------------------

    @property
    def is_refused(self) -> bool:
        return self.refusal is not None and self.refusal.error is not None

    @property
    def refusal_words(self) -> tuple[str, str] | None:
        """Heading and sentence of the notice. Field errors have their own list."""
        refusal = self.refusal
        if refusal is None or refusal.error is None or refusal.error.fields:
            return None
        if not has_text(refusal.typed):
            return words.not_obeyed(refusal.error)
        return words.refusal(refusal.error, self.row, refusal.step.action)

    @cached_property
    def forms(self) -> list[StepForm]:
        """The forms of what may be sent now: of the due step first, then of what may be sent instead."""
        if self.workflow is None or not self.is_known or self.row.is_running:
            return []
        if self.row.has_stopped and not (self.wants_change or self._fits_a_form):
            return []
        return [self._form(step) for step in self._may_be_sent]

    @property
    def form(self) -> StepForm | None:
        return next(iter(self.forms), None)

    @cached_property
    def _may_be_sent(self) -> list[ActionEntry]:
        return sorted(
            due.may_be_sent(self.row), key=lambda step: (step.action != self.row.next_step, step.at_any_time)
        )

    @property
    def _fits_a_form(self) -> bool:
        return (
            self.refusal is not None and self.workflow is not None and self.refusal.step in self._may_be_sent
        )

    def _form(self, step: ActionEntry) -> StepForm:
        refusal = self.refusal
        if refusal is not None and refusal.step == step:
            return StepForm(step, self.state, refusal.typed, refusal.error.fields if refusal.error else {})
        is_again = self.row.has_stopped and step.action == self.row.next_step
        before = self.state if is_again else self.row.typed_before
        partial = (self.row.partial or "") if step.when_stopped_at else ""
        return StepForm(step, self.state, begin_with(step, self.state, before, partial))

    @property
    def kept(self) -> StepForm | None:
        """The unsent text for a step that cannot be sent now, to read and copy."""
        refusal = self.refusal
        if (
            refusal is None
            or not has_text(refusal.typed)
            or any(form.step == refusal.step for form in self.forms)
        ):
            return None
        return StepForm(refusal.step, self.state, refusal.typed)

    @cached_property
    def taken_once(self) -> list[ActionEntry]:
        """The steps that a branch may take again."""
        if self.workflow is None or not self.is_known:
            return []
        once = self.workflow.once.items()
        return [
            self.workflow.entry(name) for name, step in once if any(self.state.get(key) for key in step.keys)
        ]

    @cached_property
    def left_today(self) -> str:
        """What is left of today's limits. Costs a query, so only templates with a form read it."""
        return words.left_today(*budget.left_today(self.row.owner_id))
