"""The history pages of one email: the timeline, one step in full, and one model call in full."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from assistant_app import operations
from assistant_app.engine import registry
from assistant_app.inspection import timeline
from assistant_app.inspection.timeline import CallShown, History, StepShown
from assistant_app.pages import words
from assistant_app.pages.access import PersonRequest, signed_in
from assistant_app.pages.branches import tree_of
from assistant_app.pages.history import step_words
from assistant_app.pages.history.step_words import Said
from assistant_app.people import readings

EXCERPT = 160  # characters of a text in the timeline


@dataclass(frozen=True, slots=True)
class Entry:
    shown: StepShown
    said: Said
    is_told: bool
    draft: int = 0  # the number of the draft that the step added to an email
    is_newest: bool = False  # that draft

    @property
    def next_draft(self) -> int:
        return 0 if self.is_newest else self.draft + 1


@signed_in
@require_safe
def email_history(request: PersonRequest, app_id: uuid.UUID) -> HttpResponse:
    row = operations.get(actor=request.user, app_id=app_id)
    history = History(row)
    page = history.page(request.GET.get("page"))
    entries = [_entry(history, shown) for shown in history.shown(list(page), EXCERPT)]
    context = {
        "history": history,
        "entries": entries,
        "calls": [part for entry in entries for part in entry.shown.calls],
        "steps_page": page,
        "due": None if words.kind(row) == "finished" else words.detail(row, _numbers(history)),
        "kind": words.kind(row),
        "readings": readings.of_email(row)[: readings.SHOWN],
        "branches": tree_of(row),
    }
    return render(request, "history/history.html", {"row": row, **context})


@signed_in
@require_safe
def email_history_step(request: PersonRequest, app_id: uuid.UUID, number: int) -> HttpResponse:
    """Show one step with every text in full, and the state after it."""
    row = operations.get(actor=request.user, app_id=app_id)
    history = History(row)
    shown = history.step(number)
    numbers = list(history.steps)
    place = numbers.index(number)
    context = {
        "entry": _entry(history, shown),
        "before": numbers[place - 1] if place else None,
        "after": numbers[place + 1] if place + 1 < len(numbers) else None,
    }
    return render(request, "history/step.html", {"row": row, **context})


@signed_in
@require_safe
def email_call(request: PersonRequest, app_id: uuid.UUID, number: int) -> HttpResponse:
    """Show one model call: its messages, its reply, and the same call as a curl command."""
    row = operations.get(actor=request.user, app_id=app_id)
    shown: CallShown = timeline.call_of(row, number)
    return render(request, "history/call.html", {"row": row, "part": shown})


def _entry(history: History, shown: StepShown) -> Entry:
    said = step_words.of_step(history.workflow, history.row, shown)
    number = _draft_of(history, shown)
    is_newest = number > 0 and number == _drafts_in(history, history.row.state)
    return Entry(shown, said, _is_told(history, shown), number, is_newest)


def _draft_of(history: History, shown: StepShown) -> int:
    """Return the number of the draft that a step added; 0 if none, or if it is not one of an email now."""
    if history.row.workflow != registry.EMAIL or not shown.is_on_the_way:
        return 0
    before, after = _drafts_in(history, shown.before), _drafts_in(history, shown.after)
    return after if after > before else 0


def _drafts_in(history: History, state: Mapping[str, Any]) -> int:
    rounds = history.workflow.rounds if history.workflow else None
    return rounds.of(state) if rounds else 0


def _is_told(history: History, shown: StepShown) -> bool:
    """Return whether people hear of it: it is theirs or a model's, or it went wrong."""
    workflow, position = history.workflow, shown.step.position
    if shown.is_human or shown.step.error_code or workflow is None or position not in workflow.actions:
        return True
    return position in workflow.asking


def _numbers(history: History) -> Mapping[str, int]:
    return history.workflow.numbers(history.row.state) if history.workflow else {}
