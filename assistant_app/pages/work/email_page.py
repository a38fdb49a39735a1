"""Everything that the page of one email shows.

In addition to the row, two queries read how its drafts were made, once for each new head, and a third one
reads its forks, if it has any. Another one reads today's remaining limits, if a form shows them, or how often
a finished email was reopened.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import zip_longest
from typing import Any

from django.urls import reverse

from assistant_app.contract.workflow import ActionEntry
from assistant_app.engine import budget, registry
from assistant_app.errors import AssistantError
from assistant_app.events.log import Event, are_current, catch_up
from assistant_app.events.publisher import publisher
from assistant_app.mail import reply
from assistant_app.mail.envelope import Envelope
from assistant_app.models import Application, Step
from assistant_app.operations.drafts.envelopes import envelope_of
from assistant_app.operations.drafts.report import Report, report_on
from assistant_app.pages import words
from assistant_app.pages.branches import Branch, tree_of
from assistant_app.pages.forms import Refusal, StepForm, Typed, begin_with, has_text, whole_number
from assistant_app.pages.values import Shown, shown
from assistant_app.pages.work import phases
from assistant_app.pages.work.buttons import BothPressed
from assistant_app.pages.work.envelope_page import EnvelopeLine, may_change
from assistant_app.pages.work.shown_drafts import Draft, drafts_of, unanswered
from assistant_app.pages.work.worth_a_look import WorthALook
from assistant_app.workflow import drafts, steps
from assistant_app.workflow.email import EMAIL

MOST_OF_OTHERS = 500_000  # characters of the drafts that are not open
DETERMINING = "determine_clarifications"
ROUNDS_SHOWN = 2  # earlier drafts shown one by one; older ones fold into one row


@dataclass(frozen=True)
class EmailPage:
    row: Application
    refusal: Refusal | None = None
    wants_change: bool = False  # edit the last input after a run that stopped
    is_still: bool = False  # no automatic refresh
    wants_edit: bool = False  # edit the current draft by hand
    not_continued: AssistantError | None = None  # why the retry of a stopped run was rejected
    state: Mapping[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "state", registry.known_to_run(self.row).complete(self.row.state))

    # --- What happened so far ------------------------------------------------------------------

    @cached_property
    def drafts(self) -> list[Draft]:
        return drafts_of(self.row, self.state)

    @cached_property
    def number(self) -> int:
        """The number of the current draft, to which feedback and acceptance apply; 0 for none."""
        return drafts.current_number(self.state) or 0

    @cached_property
    def draft(self) -> Draft | None:
        """The current draft, shown open when it is the owner's turn and when finished."""
        return self.drafts[self.number - 1] if self.number and self.shows_newest else None

    @cached_property
    def shows_newest(self) -> bool:
        return not self.row.is_running and not self.row.has_stopped

    @cached_property
    def may_change(self) -> bool:
        """Return whether a draft waits for the owner, who may edit it, go back or regenerate it."""
        return self.row.due_step == steps.PROCESS_FEEDBACK.action and self.draft is not None

    @cached_property
    def may_go_back(self) -> bool:
        """Return whether an earlier draft may be used again, also after a run that stopped."""
        return self.row.due_step == steps.PROCESS_FEEDBACK.action

    @cached_property
    def compared_with(self) -> int:
        """The number of the draft that the open one is best compared with; 0 for none."""
        return self.counterpart_of(self.number) if self.draft else 0

    def counterpart_of(self, number: int) -> int:
        """Return the draft to compare with another one: its source, or else its neighbour; 0 for none."""
        if not number or len(self.drafts) < 2:
            return 0
        return self.drafts[number - 1].of or (number - 1 if number > 1 else number + 1)

    @cached_property
    def report(self) -> Report | None:
        """What the checks found in the open draft."""
        return report_on(self.row, self.number) if self.draft else None

    @cached_property
    def worth_a_look(self) -> WorthALook | None:
        return WorthALook(self.report) if self.may_change and self.report else None

    @cached_property
    def tree(self) -> list[Branch]:
        return tree_of(self.row)

    @cached_property
    def rounds(self) -> list[Draft]:
        """The other drafts, each folded into one line. Very long ones but the newest come without text."""
        left, rounds = MOST_OF_OTHERS, list[Draft]()
        for draft in reversed(self._other_drafts):
            left -= len(draft.text)
            rounds.append(draft if left >= 0 else replace(draft, is_shown=False))
        return rounds[::-1]

    @property
    def _other_drafts(self) -> list[Draft]:
        if self.shows_newest:
            open_number = 0 if self.is_editing and self.is_about_another_draft else self.number
            return [draft for draft in self.drafts if draft.number != open_number]
        if self.open_feedback:
            open_one = self.open_feedback
            return [
                replace(draft, said=tuple(text for text in draft.said if text != open_one))
                for draft in self.drafts
            ]
        return self.drafts

    @cached_property
    def said_before(self) -> tuple[str, ...]:
        """The feedback about the open draft from before the owner went back to it."""
        others = [draft.number for draft in self.rounds]
        return self.draft.said if self.draft and self.draft.number not in others else ()

    @cached_property
    def open_feedback(self) -> str:
        """The last feedback if no draft answers it: the owner may want to change it."""
        return unanswered(self.state) if self.row.has_stopped and self.drafts and not self.form else ""

    @cached_property
    def older_rounds(self) -> list[Draft]:
        return self.rounds[:-ROUNDS_SHOWN] if len(self.rounds) > ROUNDS_SHOWN else []

    @cached_property
    def recent_rounds(self) -> list[Draft]:
        return self.rounds[-ROUNDS_SHOWN:]

    @cached_property
    def shows_email(self) -> bool:
        """Return whether the email is shown open: before the first draft, the owner needs it to answer."""
        return bool(self.state["incoming_email"]) and not self.drafts and self.kind == "waiting"

    @cached_property
    def questions(self) -> list[tuple[str, str]]:
        """The questions with their answers, once they are answered."""
        answers = self.state["clarification_answers"]
        if answers is None:
            return []
        return list(zip_longest(self.state["clarification_questions"], answers, fillvalue=""))

    @property
    def more_values(self) -> list[Shown]:
        """The values of steps that this page knows nothing about."""
        own = {output.key for output in EMAIL.outputs}
        outputs = registry.known_to_run(self.row).outputs
        return shown([output for output in outputs if output.key not in own], self.state)

    # --- What it says --------------------------------------------------------------------------

    @cached_property
    def kind(self) -> str:
        return words.kind(self.row)

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {
            "drafts": len(self.state["draft_history"]),
            "current": self.number,
            "questions": len(self.state["clarification_questions"]),
        }

    @cached_property
    def heading(self) -> str:
        reopened = Step.objects.times([steps.REOPEN.action], [self.row.pk] if self.row.is_finished else [])
        return words.heading(self.row, self._numbers, reopened.get(self.row.pk, 0))

    @cached_property
    def detail(self) -> str:
        return (
            f"You are editing draft {self.number}"
            if self.is_editing
            else words.detail(self.row, self._numbers)
        )

    @property
    def tab(self) -> str:
        if self.is_refused:
            return "Not sent yet"
        return f"Edit draft {self.number}" if self.is_editing else words.tab(self.row, self._numbers)

    @property
    def news(self) -> str:
        return words.news(self.row, self.state, self._numbers)

    @property
    def phases(self) -> list[tuple[str, bool]]:
        numbers = self._numbers
        has_questions = numbers["questions"] > 0
        return phases.phases(words.under_way(self.row), numbers["drafts"], has_questions, self.is_another_try)

    @property
    def may_skip_questions(self) -> bool:
        """Return whether the model is looking for questions."""
        return words.under_way(self.row) == DETERMINING

    @property
    def without_questions(self) -> str:
        """Why no questions could be asked before the first draft, which is shown; otherwise ""."""
        error = self.state["clarification_error"] or {}
        is_first = self.draft is not None and self.draft.number == 1
        return str(error.get("message", "")) if is_first and error.get("code") != "skipped" else ""

    @cached_property
    def is_another_try(self) -> bool:
        return phases.is_another_try(self.row)

    @cached_property
    def is_live(self) -> bool:
        """Return whether the page follows the run. It does not while a swap would remove unsent text."""
        return self.kind == "writing" and not self.is_still and self.refusal is None

    @cached_property
    def text_so_far(self) -> Event | None:
        """The text of the running draft as one event, as far as this process has it."""
        log = publisher.log_of(self.row.pk)
        if log is None or not self.row.is_running or not are_current(log.events, self.row):
            return None  # or the log is that of an earlier run, and another process has this one
        return next((event for event in catch_up(log.events, None) if event.kind == "draft"), None)

    @property
    def stream_address(self) -> str:
        """The address of the run's events, from the text on that the page shows."""
        address = reverse("email_stream", args=[self.row.pk])
        return f"{address}?after={self.text_so_far.id}" if self.text_so_far else address

    @property
    def next_draft(self) -> int:
        return len(self.state["draft_history"]) + 1

    @property
    def what_failed(self) -> str:
        return words.what_failed(self.row, self._numbers)

    @property
    def what_is_kept(self) -> str:
        if self.is_another_try:
            return "All that you typed and all drafts are kept."
        return words.what_is_kept(self.row)

    @cached_property
    def envelope(self) -> EnvelopeLine | None:
        """Who gets the reply; shown with the draft and with the accepted one."""
        if self.draft is None or self.is_editing:
            return None
        return EnvelopeLine(envelope_of(self.row), may_change(self.row))

    @property
    def what_the_file_does(self) -> str:
        envelope = self.envelope.found.envelope if self.envelope else Envelope()
        return phases.what_the_file_does(self.state["incoming_email"], envelope)

    @property
    def mailto(self) -> str:
        """The link that opens the reply in a mail program; empty if the reply is too long for one."""
        envelope = self.envelope.found.envelope if self.envelope else Envelope()
        return reply.mailto(envelope, self.state["final_draft"] or "")

    # --- What was typed and not sent -----------------------------------------------------------

    @cached_property
    def is_refused(self) -> bool:
        return self.refusal is not None and self.refusal.error is not None

    @cached_property
    def refusal_words(self) -> tuple[str, str] | None:
        """Heading and sentence of the notice. Field errors have their own list."""
        refusal = self.refusal
        if refusal is None or refusal.error is None or refusal.error.fields or self.asks_which:
            return None
        if not has_text(refusal.typed):
            return words.not_obeyed(refusal.error, self.row)
        return words.refusal(refusal.error, self.row, refusal.step.action, self._what_happened)

    @cached_property
    def asks_which(self) -> bool:
        return self.refusal is not None and isinstance(self.refusal.error, BothPressed) and self.fits_form

    @cached_property
    def fits_form(self) -> bool:
        """Return whether the unsent text belongs in the form that is shown now."""
        if self.refusal is None:
            return False
        return self.row.due_step == self.refusal.step.action or self.is_editing

    @cached_property
    def is_editing(self) -> bool:
        """Return whether the sheet is the editor: on request, or because it holds unsent text."""
        is_refused = self.refusal is not None and self.refusal.step == steps.EDIT_DRAFT
        return self.may_change and (self.wants_edit or is_refused)

    @cached_property
    def seen_draft(self) -> int:
        """The number of the draft that the unsent text is about; 0 if unknown."""
        refusal = self.refusal
        if refusal is None or refusal.error is None or refusal.error.fields or not has_text(refusal.typed):
            return 0
        seen = whole_number(refusal.seen_draft) or 0
        return seen if seen <= len(self.drafts) else 0

    @cached_property
    def is_about_another_draft(self) -> bool:
        """Return whether the unsent text is about a draft other than the one shown."""
        is_another = self.seen_draft not in (0, self.number)
        return is_another and self.fits_form and self.draft is not None

    @property
    def meanwhile(self) -> list[Draft]:
        """The drafts written after the unsent text, if they are why it was rejected."""
        return self.drafts[self.seen_draft :] if self._has_gone_on else []

    @property
    def went_back_to(self) -> int:
        """The number of the draft the owner went back to, if that is why the text was rejected; else 0."""
        return self.number if self._has_gone_on and not self.is_newest else 0

    @property
    def _what_happened(self) -> str:
        if self.went_back_to:
            return f"you went back to draft {self.went_back_to}"
        return "there is a newer draft" if self.meanwhile else ""

    @property
    def is_newest(self) -> bool:
        """Return whether the current draft is the newest one."""
        return self.number == len(self.drafts)

    @property
    def _has_gone_on(self) -> bool:
        refusal = self.refusal
        if refusal is None or refusal.error is None or not self.is_about_another_draft:
            return False
        return refusal.error.code in words.GONE_ON

    @property
    def quick_changes(self) -> list[tuple[str, str]]:
        return [(key, label) for key, (label, _) in steps.REFINEMENTS.items()]

    @cached_property
    def kept(self) -> StepForm | None:
        """The unsent text for a step that is not due, to read and copy."""
        if self.refusal is None or self.fits_form or not has_text(self.refusal.typed):
            return None
        if all(field.is_number for field in self.refusal.step.fields):
            return None
        return StepForm(self.refusal.step, self.state, self.refusal.typed)

    @property
    def keeps_text_of_draft(self) -> bool:
        """Return whether the rejected text is about a draft, so it can be saved or sent to a fork."""
        kept = self.kept if self.is_refused else None
        return kept is not None and kept.step in (steps.PROCESS_FEEDBACK, steps.EDIT_DRAFT)

    @cached_property
    def form(self) -> StepForm | None:
        """The form of the step that is due, prefilled with unsent text; None if there is no form."""
        if not self.row.due_step or (self.row.has_stopped and not self.changes_input):
            return None
        step = (
            steps.EDIT_DRAFT if self.is_editing else registry.known_to_run(self.row).entry(self.row.due_step)
        )
        if self.refusal is not None and self.fits_form:
            errors = self.refusal.error.fields if self.refusal.error else {}
            return StepForm(step, self.state, self.refusal.typed, errors)
        return StepForm(step, self.state, self._to_begin_with(step))

    def _to_begin_with(self, step: ActionEntry) -> Typed:
        """Return the values that prefill a form: the text to edit, or the input to send again."""
        if self.row.has_stopped and not self.is_editing:
            return {} if self.is_another_try else begin_with(step, self.state, self.state)
        return begin_with(step, self.state, self.row.typed_before)

    @cached_property
    def left_today(self) -> str:
        """What is left of today's limits. Costs a query, so only templates with a form read it."""
        return words.left_today(*budget.left_today(self.row.owner_id))

    @property
    def changes_input(self) -> bool:
        return self.wants_change or self.fits_form
