"""How the history pages describe a step to the owner, from the words of its workflow."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext

from assistant_app.contract.wording import in_words
from assistant_app.contract.workflow import Workflow
from assistant_app.errors import Cancelled
from assistant_app.inspection.timeline import StepShown
from assistant_app.models import Application
from assistant_app.pages import words
from assistant_app.phrases import Phrase
from assistant_app.translation import translated


@dataclass(frozen=True, slots=True)
class Said:
    heading: str
    detail: str = ""


def of_step(workflow: Workflow | None, row: Application, shown: StepShown) -> Said:
    """Return a short description of a step. Unknown actions get their name in words."""
    step = shown.step
    if step.error_code:
        return Said(_failed(workflow, shown), translated(step.error_said))
    if row.root_id is not None and step.base is None and step.started_at == row.created_at:
        return Said(gettext("This alternative starts here"), gettext("Everything before it came along."))
    if workflow is None or step.position not in workflow.table:
        return Said(in_words(step.position))
    entry = workflow.entry(step.position)
    done = entry.words.done
    if callable(done):
        heading, detail = done(workflow.complete(shown.before), workflow.complete(shown.after))
        # What people wrote is a plain text.
        return Said(translated(heading), translated(detail) if isinstance(detail, Phrase) else detail)
    return Said(translated(done or entry.label))


def _failed(workflow: Workflow | None, shown: StepShown) -> str:
    is_stopped = shown.step.error_code == Cancelled.code
    if workflow is None:
        return gettext("You stopped it") if is_stopped else gettext("This couldn’t be done")
    numbers = workflow.numbers(shown.before)
    return words.failed(workflow, shown.step.position, numbers, is_stopped=is_stopped)
