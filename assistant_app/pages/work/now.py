"""Where an email is, as the head of its page, its tab and an announcement say it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assistant_app.models import Application
from assistant_app.pages import words
from assistant_app.workflow import steps


@dataclass(frozen=True, slots=True)
class Now:
    """A state in a few words. `kind` selects the colour; without an icon, a dot says that it is your turn."""

    kind: str  # turn, busy, stopped, calm or done
    words: str
    icon: str = ""


def now(row: Application, state: Mapping[str, Any], drafts: int) -> Now:
    """Return the state. `drafts` counts the drafts during a run; otherwise it is the current one's number."""
    if row.is_running:
        return Now("busy", words.progress(words.under_way(row), drafts), "write")
    if row.has_stopped:
        return _stopped(row, len(state["draft_history"]))
    if row.is_finished:
        return Now("done", "Accepted", "check")
    return Now("turn", _your_turn(row, state, drafts))


def _stopped(row: Application, drafts: int) -> Now:
    before_any_draft = words.under_way(row) == "determine_clarifications"
    if row.error_code == "cancelled":
        return Now(
            "calm", "You stopped it" if before_any_draft else f"You stopped draft {drafts + 1}", "stop"
        )
    if row.is_interrupted:
        return Now("stopped", "Interrupted", "warn")
    return Now(
        "stopped", "Couldn’t start" if before_any_draft else f"Couldn’t finish draft {drafts + 1}", "warn"
    )


def _your_turn(row: Application, state: Mapping[str, Any], drafts: int) -> str:
    if row.next_step == steps.PROCESS_FEEDBACK.action:
        return f"Draft {drafts} is ready"
    if row.next_step == steps.CLARIFY_INSTRUCTIONS.action:
        return f"{words.count(len(state['clarification_questions']), 'question')} for you"
    if row.next_step == steps.PROCESS_INPUT.action:
        return "Change the instructions" if row.title else "No email yet"
    return steps.get(row.next_step).title


def announced(row: Application, state: Mapping[str, Any], drafts: int, to_check: int) -> str:
    """Return what a screen reader hears when the page changes by itself."""
    shown = now(row, state, drafts)
    if row.is_running or row.has_stopped or row.is_finished:
        return f"{shown.words}."
    if row.next_step == steps.PROCESS_FEEDBACK.action and drafts:
        length = words.count(len(state["draft_history"][drafts - 1].split()), "word")
        ready = f"Draft {drafts} is ready, {length}."
        return f"{ready} {words.count(to_check, 'thing')} to check." if to_check else ready
    if row.next_step == steps.CLARIFY_INSTRUCTIONS.action:
        return f"{words.count(len(state['clarification_questions']), 'quick question')}."
    return f"{shown.words}."
