"""Whether an input was stored already, as after a double click."""

from __future__ import annotations

from assistant_app.contract.workflow import ActionEntry
from assistant_app.models import Application
from assistant_app.operations.drafts import forking
from assistant_app.pages import forms
from assistant_app.workflow import chosen_envelope, drafts, steps


def is_stored_already(
    row: Application, step: ActionEntry, inputs: forms.Typed, seen_draft: int | None = None
) -> bool:
    """Return whether this input was already stored, as after a double click.

    `seen_draft` is the draft that feedback is about, if known: the same text about another draft is new
    feedback.
    """
    if step == steps.PROCESS_FEEDBACK and not inputs["feedback"]:
        # The initial state has empty feedback too. Only the position tells that it was sent.
        return row.is_finished or (row.position == step.action and not row.state["feedback"])
    if step == steps.PROCESS_FEEDBACK and seen_draft is not None and seen_draft != _last_said_about(row):
        return False
    if step in (steps.EDIT_DRAFT, steps.WRITE_DRAFT):
        # “Save and finish” continues with an empty feedback step.
        is_taken = row.position == step.action or is_stored_already(
            row, steps.PROCESS_FEEDBACK, {"feedback": ""}
        )
        return is_taken and row.state["current_draft"] == inputs["text"]
    if step == steps.CHANGE_ENVELOPE:
        return row.state.get("envelope") == chosen_envelope.cleaned(**inputs)
    if step.is_choice:
        return row.position == step.action and row.state.get("draft_number") == inputs.get(
            "draft", row.state.get("draft_number")
        )
    return row.version > 0 and forms.stored(step, row.state) == inputs


def _last_said_about(row: Application) -> int | None:
    """Return the draft that the last input was feedback about; None if the last input was something else."""
    if row.position == steps.PROCESS_FEEDBACK.action:  # no draft answers it yet
        return drafts.current_number(row.state)
    source = drafts.source_of_current(row.state)
    if source is None or source["by"] != drafts.MODEL or row.position != forking.DRAFTING:
        return None
    return source["of"]
