"""Where an email is, as the head of its page, its tab and an announcement say it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

from assistant_app.contract.workflow import Numbers
from assistant_app.errors import InternalError, Interrupted, ModelFailed, ModelTimeout, ModelUnavailable
from assistant_app.models import Application
from assistant_app.pages import words
from assistant_app.phrases import gettext_noop, ngettext, sentences
from assistant_app.translation import translated
from assistant_app.workflow import steps

# What went wrong, by the code of the error: before anything was written, and in the middle of the text.
CAUSES = {
    ModelTimeout.code: (
        gettext_noop("The model’s server didn’t answer in time"),
        gettext_noop("The model’s server went quiet halfway through"),
    ),
    ModelUnavailable.code: (
        gettext_noop("The model’s server isn’t available right now"),
        gettext_noop("The model’s server dropped out halfway through"),
    ),
    ModelFailed.code: (
        gettext_noop("The model gave no usable reply"),
        gettext_noop("The model stopped before the draft was complete"),
    ),
    Interrupted.code: (
        gettext_noop("We restarted in the middle of this"),
        gettext_noop("We restarted in the middle of this"),
    ),
    InternalError.code: (
        gettext_noop("Something went wrong on our side"),
        gettext_noop("Something went wrong on our side"),
    ),
}
SAID_BY_CAUSE = (Interrupted.code, InternalError.code)  # their message says the same once more


@dataclass(frozen=True, slots=True)
class Now:
    """A state in a few words. `kind` selects the colour; without an icon, a dot says that it is your turn."""

    kind: str  # turn, busy, stopped or done
    words: str
    icon: str = ""


def is_drafting(row: Application) -> bool:
    """Return whether the run under way, or the one that stopped, was at a draft."""
    return words.under_way(row) == steps.FORMULATE_DRAFT.action


def now(row: Application, numbers: Numbers) -> Now:
    if row.is_running:
        return Now("busy", words.progress(row, words.under_way(row), numbers), "write")
    if row.has_stopped:
        return _stopped(row, numbers["drafts"])
    if row.is_finished:
        return Now("done", gettext("Accepted"), "check")
    return Now("turn", _your_turn(row, numbers))


def _stopped(row: Application, drafts: int) -> Now:
    draft = drafts + 1 if is_drafting(row) else 0
    if row.is_stopped_by_owner:
        stopped = (
            gettext_noop("You stopped draft %(draft)s", draft=draft)
            if draft
            else gettext_noop("You stopped it")
        )
        return Now("turn", translated(stopped))
    if row.is_interrupted:
        return Now("stopped", gettext("Interrupted"), "warn")
    if draft:
        failed = gettext_noop("Couldn’t finish draft %(draft)s", draft=draft)
        return Now("stopped", translated(failed), "warn")
    return Now("stopped", gettext("Couldn’t start"), "warn")


def cause(row: Application, numbers: Numbers) -> str:
    """Return why a run stopped, as the heading of the ways on."""
    code, _ = row.error_now
    before, halfway = CAUSES.get(code, ("", ""))
    said = halfway if row.partial else before
    return translated(said) or now(row, numbers).words


def what_happened(row: Application) -> str:
    """Return the error's message; empty if the cause says it all."""
    code, message = row.error_now
    return "" if code in SAID_BY_CAUSE else translated(message)


def _your_turn(row: Application, numbers: Numbers) -> str:
    if row.next_step == steps.PROCESS_FEEDBACK.action:
        return translated(gettext_noop("Draft %(draft)s is ready", draft=numbers["current"]))
    if row.next_step == steps.CLARIFY_INSTRUCTIONS.action:
        questions = numbers["questions"]
        return translated(ngettext("%(number)s question for you", "%(number)s questions for you", questions))
    if row.next_step == steps.PROCESS_INPUT.action:
        return gettext("Change the instructions") if row.title else gettext("No email yet")
    return words.detail(row, numbers)


def announced(row: Application, state: Mapping[str, Any], numbers: Numbers, to_check: int) -> str:
    """Return what a screen reader hears when the page changes by itself."""
    shown, drafts = now(row, numbers), numbers["current"]
    if row.is_running or row.has_stopped or row.is_finished:
        return f"{shown.words}."
    if row.next_step == steps.PROCESS_FEEDBACK.action and drafts:
        ready = ngettext(
            "Draft %(draft)s is ready, %(number)s word.",
            "Draft %(draft)s is ready, %(number)s words.",
            len(state["draft_history"][drafts - 1].split()),
            draft=drafts,
        )
        checks = ngettext("%(number)s thing to check.", "%(number)s things to check.", to_check)
        return translated(sentences(ready, checks) if to_check else ready)
    if row.next_step == steps.CLARIFY_INSTRUCTIONS.action:
        questions = numbers["questions"]
        return translated(ngettext("%(number)s quick question.", "%(number)s quick questions.", questions))
    return f"{shown.words}."
