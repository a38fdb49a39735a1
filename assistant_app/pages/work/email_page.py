"""Everything that the page of one email shows.

In addition to the row, two queries read how its drafts were made, once for each new head, and a third one
reads its forks, if it has any. Another one reads today's remaining limits, if a form shows them, what a
stopped run had written, or how often a finished email was reopened.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import zip_longest
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext

from assistant_app import conf
from assistant_app.contract.workflow import ActionEntry
from assistant_app.engine import budget, registry
from assistant_app.errors import AssistantError
from assistant_app.events.log import Event, are_current, catch_up
from assistant_app.events.publisher import publisher
from assistant_app.mail import reply_file
from assistant_app.mail.proposed_envelope import Envelope
from assistant_app.models import Application, Step
from assistant_app.operations.drafts import skipping
from assistant_app.operations.drafts.envelopes import envelope_of
from assistant_app.operations.drafts.report import Report, report_on
from assistant_app.pages import words
from assistant_app.pages.branches import Branch, tree_of
from assistant_app.pages.forms import Refusal, StepForm, Typed, begin_with, has_text, stored, whole_number
from assistant_app.pages.values import Shown, shown
from assistant_app.pages.work import now
from assistant_app.pages.work.based_on import BasedOn
from assistant_app.pages.work.buttons import BothPressed
from assistant_app.pages.work.envelope_page import EnvelopeLine, may_change
from assistant_app.pages.work.incoming import Incoming
from assistant_app.pages.work.now import Now
from assistant_app.pages.work.shown_drafts import Draft, drafts_of, unanswered
from assistant_app.pages.work.thread import Thread
from assistant_app.pages.work.worth_a_look import WorthALook
from assistant_app.phrases import gettext_noop
from assistant_app.translation import translated
from assistant_app.workflow import drafts, steps
from assistant_app.workflow.email import EMAIL

DETERMINING = steps.DETERMINE_CLARIFICATIONS.action
AGAIN = {"input": steps.PROCESS_INPUT, "questions": steps.CLARIFY_INSTRUCTIONS}


@dataclass(frozen=True)
class EmailPage:
    row: Application
    refusal: Refusal | None = None
    wants_change: bool = False  # edit the last input after a run that stopped
    is_still: bool = False  # no automatic refresh
    wants_edit: bool = False  # edit the current draft by hand
    wants_to_finish: bool = False  # finish the draft that stopped by hand
    wants_draft: int = 0  # read the draft with this number
    wants_again: str = ""  # "input" or "questions": give that again, for an alternative
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
    def compared(self) -> tuple[int, int] | None:
        """The numbers of the draft on the sheet and of the one that it is best compared with, in order."""
        shown = self.shown_number
        other = self.number if self.earlier and self.shows_newest else self.counterpart_of(shown)
        return (min(shown, other), max(shown, other)) if shown and other else None

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
    def based_on(self) -> BasedOn:
        return BasedOn(self.state)

    @cached_property
    def tree(self) -> list[Branch]:
        return tree_of(self.row)

    @cached_property
    def incoming(self) -> Incoming:
        return Incoming(self.email, self.row.own_addresses)

    @cached_property
    def thread(self) -> Thread:
        return Thread(self.email, self.row.own_addresses)

    @property
    def email(self) -> str:
        """The email; for a fork that starts again with it, that of its parent."""
        return str(self.state["incoming_email"] or self.row.typed_before.get("incoming_email") or "")

    @cached_property
    def earlier(self) -> Draft | None:
        """The draft that is read instead of the current one, on request."""
        is_there = 0 < self.wants_draft <= len(self.drafts)
        is_other = self.wants_draft != self.number or not self.shows_newest
        return self.drafts[self.wants_draft - 1] if is_there and is_other else None

    @cached_property
    def again(self) -> str:
        """What is given again for an alternative: "input", "questions", or "" for nothing."""
        was_given = {"input": self.state["incoming_email"], "questions": self.questions}
        return self.wants_again if was_given.get(self.wants_again) else ""

    @cached_property
    def shown_number(self) -> int:
        """The number of the draft that stands on the sheet; 0 if none does."""
        if self.earlier:
            return self.earlier.number
        return self.number if self.draft and not self.again else 0

    @property
    def number_before(self) -> int:
        """The number of the draft before the one on the sheet; 0 for none."""
        return (self.shown_number or len(self.drafts) + 1) - 1

    @property
    def number_after(self) -> int:
        return self.shown_number + 1 if 0 < self.shown_number < len(self.drafts) else 0

    @cached_property
    def said(self) -> list[tuple[int, str]]:
        """What was said about each draft, as (number, text), oldest first."""
        return [(draft.number, text) for draft in self.drafts for text in draft.said]

    @cached_property
    def open_feedback(self) -> str:
        """The last feedback if no draft answers it: the owner may want to change it."""
        return unanswered(self.state) if self.row.has_stopped and self.drafts else ""

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
        workflow = registry.known_to_run(self.row)
        return shown(workflow.told(self.state, self.row.position, leave_out=own))

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
    def now(self) -> Now:
        if self.is_finishing:
            finishing = gettext_noop("Finishing draft %(draft)s", draft=self.next_draft)
            return Now("turn", translated(finishing))
        if self.is_editing:
            return Now("turn", translated(gettext_noop("Editing draft %(draft)s", draft=self.number)))
        return now.now(self.row, self._numbers)

    @property
    def tab(self) -> str:
        if self.is_refused:
            return gettext("Not sent yet")
        if self.again:
            return gettext("An alternative")
        return self.now.words

    @property
    def news(self) -> str:
        to_check = len(self.worth_a_look.items) if self.worth_a_look else 0
        return now.announced(self.row, self.state, self._numbers, to_check)

    @property
    def next_model(self) -> str:
        """What writes the next draft, to be named beside one of the sample."""
        model = conf.model_config()
        if model.embedded:
            if not model.embedded_model_path:
                return gettext("the toy model on this machine")
            return gettext("the model on this machine")
        return gettext("%(model)s at %(host)s") % {"model": model.models["draft"], "host": model.host}

    @property
    def cause(self) -> str:
        return now.cause(self.row, self._numbers)

    @property
    def what_happened(self) -> str:
        return now.what_happened(self.row)

    @property
    def what_is_saved(self) -> str:
        if self.is_another_try:
            return gettext("Everything you typed and all drafts are saved.")
        return words.what_is_kept(self.row)

    @property
    def awaited(self) -> str:
        """What stands on the sheet until the first word is there."""
        if self.drafts:
            if self.is_another_try:
                return gettext("Writing another try")
            return gettext("Working in your feedback")
        first_name = self.incoming.first_name
        if first_name:
            return gettext("Reading %(name)s’s email") % {"name": first_name}
        return gettext("Reading the email")

    @property
    def progress(self) -> str:
        return words.progress(self.row, words.under_way(self.row), self._numbers)

    @property
    def stopped_before_draft(self) -> bool:
        """Return whether no draft was begun when it stopped."""
        return not now.is_drafting(self.row)

    @property
    def partial(self) -> str:
        """What was written of the draft that stopped."""
        return self.row.partial or ""

    @property
    def number_to_go_back_to(self) -> int:
        """The draft that the owner was reading before a run that stopped; 0 for none."""
        if not self.may_go_back or not self.row.has_stopped:
            return 0
        return len(self.drafts) if self.is_another_try else self.number

    @property
    def reopened(self) -> str:
        """How often the finished email was reopened; empty if never."""
        found = Step.objects.times([steps.REOPEN.action], [self.row.pk]).get(self.row.pk, 0)
        return words.reopened(found) if found else ""

    # --- Its parts -----------------------------------------------------------------------------

    @property
    def sheet(self) -> str:
        """The template of what stands where the reply belongs."""
        if self.again and self.form:
            return f"work/_again_{self.again}.html"
        if self.earlier:
            return "work/_earlier_draft.html"
        if self.kind == "writing":
            return "work/_run.html"
        if self.form and not self.has_bar_for_text:
            return self.form.step.template or "work/_form.html"
        if self.kind == "failed":
            return "work/_unfinished.html"
        return "work/_final.html" if self.kind == "finished" else "work/_draft.html"

    @property
    def bar(self) -> str:
        """The template of the bar below it."""
        if self.again:
            return "work/_bar_alternative.html"
        if self.earlier:
            return "work/_bar_earlier.html"
        if self.kind == "writing":
            return "work/_bar_run.html"
        if self.asks_which:
            return "work/_bar_which.html"
        if self.form:
            return self._bar_of_form
        if self.kind == "failed" and self.row.is_stopped_by_owner:
            return "work/_bar_stopped_by_you.html"
        if self.kind == "failed":
            return "work/_bar_stopped.html"
        return "work/_bar_final.html"

    @property
    def _bar_of_form(self) -> str:
        if self.is_editing or self.is_finishing:
            return "work/_bar_edit.html"
        if self.has_bar_for_text:
            return "work/_bar_conflict.html" if self.is_about_another_draft else "work/_bar_feedback.html"
        is_questions = self.row.due_step == steps.CLARIFY_INSTRUCTIONS.action
        return "work/_bar_questions.html" if is_questions else "work/_bar_form.html"

    @property
    def has_bar_for_text(self) -> bool:
        """Return whether the form is the bar itself, because it asks for feedback."""
        is_writing = self.is_editing or self.is_finishing
        return self.row.due_step == steps.PROCESS_FEEDBACK.action and not is_writing

    @property
    def may_skip_questions(self) -> bool:
        """Return whether the model is looking for questions."""
        return words.under_way(self.row) == DETERMINING

    @property
    def may_skip_after_stop(self) -> bool:
        """Return whether a run stopped before it had questions, so that the draft may do without."""
        return self.row.has_stopped and skipping.may_skip(self.row)

    @property
    def without_questions(self) -> str:
        """Why no questions could be asked before the first draft, which is shown; otherwise ""."""
        error = self.state["clarification_error"] or {}
        is_first = self.draft is not None and self.draft.number == 1
        is_said = is_first and error.get("code") != "skipped"
        return translated(str(error.get("message", ""))) if is_said else ""

    @cached_property
    def is_another_try(self) -> bool:
        return self.row.position == steps.REGENERATE.action

    @cached_property
    def is_live(self) -> bool:
        """Return whether the page follows the run. It does not while a swap would remove unsent text."""
        follows = self.refusal is None and not self.earlier and not self.again
        return self.kind == "writing" and not self.is_still and follows

    @cached_property
    def text_so_far(self) -> Event | None:
        """The text of the running draft as one event, as far as this process has it."""
        if self.may_skip_questions:  # the row was read before the draft began: its events say so
            return None
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

    @cached_property
    def envelope(self) -> EnvelopeLine | None:
        """Who gets the reply, from the start, so that the text below never moves."""
        if not self.state["incoming_email"]:
            return None
        is_reading = not (self.is_editing or self.is_finishing or self.earlier or self.again)
        return EnvelopeLine(envelope_of(self.row), is_reading and may_change(self.row))

    @property
    def mailto(self) -> str:
        """The link that opens the reply in a mail program; empty if the reply is too long for one."""
        envelope = self.envelope.found.envelope if self.envelope else Envelope()
        return reply_file.mailto(
            envelope, reply_file.with_signature(self.state["final_draft"] or "", self.signature)
        )

    @property
    def signature(self) -> str:
        """What is added below the reply when it is taken along; empty if the text on the sheet has it."""
        signature = self.envelope.found.signature if self.envelope else ""
        text = self.earlier.text if self.earlier else self.draft.text if self.draft else ""
        return "" if reply_file.has_signature(text, signature) else signature.strip("\n")

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
            return words.not_obeyed(refusal.error)
        return words.refusal(refusal.error, self.row, refusal.step.action, self._what_happened)

    @property
    def has_problems(self) -> bool:
        """Return whether fields have errors that are listed over the sheet. The bar's is below its field."""
        problems = self.form.problems if self.form and self.is_refused and not self.asks_which else []
        return any(name != "feedback" for name, _ in problems)

    @cached_property
    def asks_which(self) -> bool:
        return self.refusal is not None and isinstance(self.refusal.error, BothPressed) and self.fits_form

    @cached_property
    def fits_form(self) -> bool:
        """Return whether the unsent text belongs in the form that is shown now."""
        if self.refusal is None:
            return False
        if self.again:
            return self.refusal.step == AGAIN[self.again]
        if self.is_finishing:
            return self.refusal.step == steps.WRITE_DRAFT
        return self.row.due_step == self.refusal.step.action or self.is_editing

    @cached_property
    def is_editing(self) -> bool:
        """Return whether the sheet is the editor: on request, or because it holds unsent text."""
        is_refused = self.refusal is not None and self.refusal.step == steps.EDIT_DRAFT
        return self.may_change and (self.wants_edit or is_refused)

    @cached_property
    def may_finish(self) -> bool:
        """Return whether the owner may finish by hand what a run began, or did not even begin."""
        return self.row.has_stopped and registry.takes(self.row, steps.WRITE_DRAFT.action)

    @cached_property
    def is_finishing(self) -> bool:
        """Return whether the sheet is the editor of the draft that stopped, as `is_editing`."""
        is_refused = self.refusal is not None and self.refusal.step == steps.WRITE_DRAFT
        return self.may_finish and (self.wants_to_finish or is_refused)

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
            return translated(gettext_noop("You went back to draft %(draft)s", draft=self.went_back_to))
        return gettext("There’s a newer draft") if self.meanwhile else ""

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
        return [(key, translated(label)) for key, (label, _) in steps.REFINEMENTS.items()]

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
        if self.again:
            return self._form_again
        if not self.row.due_step or (self.row.has_stopped and not self.changes_input):
            return None
        step = registry.known_to_run(self.row).entry(self.row.due_step)
        if self.is_editing or self.is_finishing:
            step = steps.EDIT_DRAFT if self.is_editing else steps.WRITE_DRAFT
        if self.refusal is not None and self.fits_form:
            errors = self.refusal.error.fields if self.refusal.error else {}
            return StepForm(step, self.state, self.refusal.typed, errors)
        return StepForm(step, self.state, self._to_begin_with(step))

    @property
    def _form_again(self) -> StepForm:
        step = AGAIN[self.again]
        if self.refusal is not None and self.fits_form:
            errors = self.refusal.error.fields if self.refusal.error else {}
            return StepForm(step, self.state, self.refusal.typed, errors)
        return StepForm(step, self.state, stored(step, self.state))

    def _to_begin_with(self, step: ActionEntry) -> Typed:
        """Return the values that prefill a form: the text to edit, or the input to send again."""
        if self.is_finishing:
            return begin_with(step, {}, {}, self.partial)
        if self.row.has_stopped and not self.is_editing:
            return {} if self.is_another_try else begin_with(step, self.state, self.state)
        return begin_with(step, self.state, self.row.typed_before)

    @cached_property
    def left_today(self) -> str:
        """What is left of today's limits. Costs a query, so only templates with a form read it."""
        return words.left_today(*budget.left_today(self.row.owner_id))

    @property
    def changes_input(self) -> bool:
        return self.wants_change or self.is_finishing or self.fits_form
