"""The texts with which pages describe an application's state to its owner, from the words of its workflow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assistant_app.contract.wording import count, in_words, sentence
from assistant_app.contract.workflow import ActionEntry, Numbers, Words, Workflow, say
from assistant_app.engine import registry
from assistant_app.errors import AssistantError, OverLimit
from assistant_app.models import Application

STOPPED = {
    "model_timeout": "the model did not answer",
    "model_unavailable": "the model could not be reached",
    "model_failed": "the model’s reply couldn’t be used",
    "interrupted": "interrupted, can go on",
    "cancelled": "stopped by you",
}
GONE_ON = ("stale_version", "wrong_step", "superseded")  # codes that mean: the email was changed elsewhere
KINDS = {
    "waiting": "Waiting for you",
    "writing": "Writing",
    "failed": "Stopped",
    "finished": "Finished",
    "newer": "Made by a newer version",
}
TIMES = {1: "once", 2: "twice"}


def kind(row: Application) -> str:
    """Return a key of `KINDS`, which selects the icon and the colour."""
    if not registry.is_known(row):
        return "newer"
    if row.is_running:
        return "writing"
    if row.has_stopped:
        return "failed"
    return "finished" if row.is_finished else "waiting"


def heading(row: Application, numbers: Numbers, reopened: int = 0) -> str:
    """Return the page heading: the state in a few words."""
    now = kind(row)
    if now == "finished":
        return finished(reopened)
    return progress(row, under_way(row), numbers) if now == "writing" else KINDS[now]


def under_way(row: Application) -> str:
    """Return the action that is running, or that a stopped run was at."""
    return registry.known_to_run(row).running_after(row.position)


def progress(row: Application, action: str, numbers: Numbers) -> str:
    workflow = registry.find(row.workflow)
    if workflow is None or action not in workflow.table:
        return in_words(action)
    entry = workflow.entry(action)
    return say(entry.words.running or entry.label, numbers)


def finished(reopened: int) -> str:
    """Return "Finished", with the number of times it was reopened."""
    if not reopened:
        return KINDS["finished"]
    return f"{KINDS['finished']}, reopened {times(reopened)}"


def times(number: int) -> str:
    return TIMES.get(number) or f"{number:,} times"


def to_do(row: Application, numbers: Numbers, reopened: int = 0) -> str:
    """Return the next thing to do, for the list."""
    now = kind(row)
    if now == "waiting":
        due = registry.known_to_run(row).entry(row.next_step)
        return _again(row, due) or say(due.words.due or due.title, numbers)
    if now == "failed":
        return f"Stopped: {why_stopped(row)}"
    return heading(row, numbers, reopened)


def detail(row: Application, numbers: Numbers) -> str:
    """Return what the heading leaves out, such as which draft, how many questions, or why it stopped."""
    now = kind(row)
    if now == "newer":
        return "It can be read here, but only the newer version can change it"
    if now == "writing":
        return "started"
    if now == "failed":
        return sentence(why_stopped(row))
    workflow = registry.known_to_run(row)
    if now == "finished":
        return say(workflow.entry(row.position).words.ended, numbers) if row.position else ""
    due = workflow.entry(row.next_step)
    return _again(row, due) or say(due.words.waiting or due.words.due or due.title, numbers)


def _again(row: Application, due: ActionEntry) -> str:
    """Return what is due in a fork that takes its first step once more; only such a row has a title."""
    return due.words.due_again if row.title and not row.position else ""


def tab(row: Application, numbers: Numbers) -> str:
    """Return the start of the browser tab's title."""
    now = kind(row)
    if now in ("writing", "finished", "newer"):
        return heading(row, numbers)
    return "Stopped" if now == "failed" else detail(row, numbers)


def news(row: Application, state: Mapping[str, Any], numbers: Numbers) -> str:
    """Return the screen reader announcement for an automatic page change."""
    now = kind(row)
    if now == "newer":
        return f"{KINDS[now]}."
    if now == "writing":
        return f"{progress(row, under_way(row), numbers)}."
    if now == "failed":
        return f"Stopped: {why_stopped(row)}."
    workflow = registry.known_to_run(row)
    said = workflow.entry(row.position if now == "finished" else row.next_step).words.news
    return (said if isinstance(said, str) else said(state)) or "It is your turn."


def what_failed(row: Application, numbers: Numbers) -> str:
    """Return what a stopped run could not do."""
    return failed(registry.known_to_run(row), under_way(row), numbers)


def failed(workflow: Workflow, action: str, numbers: Numbers, *, is_stopped: bool = False) -> str:
    words = workflow.entry(action).words if action in workflow.table else Words()
    if is_stopped:
        return say(words.stopped, numbers) or "You stopped it"
    return say(words.failed, numbers) or "This couldn’t be done"


def why_stopped(row: Application) -> str:
    if row.is_interrupted:
        return STOPPED["interrupted"]
    return STOPPED.get(row.error_code, "something went wrong")


def what_is_kept(row: Application) -> str:
    typed = _typed(row, row.next_step)
    return f"Your {typed} {_verb(typed)} saved."


def _typed(row: Application, step: str) -> str:
    """Return what a person types in a step, in words."""
    known = _human_step(row, step)
    return known.words.typed if known else "text"


def _verb(typed: str) -> str:
    return "are" if " and " in typed or typed.endswith("s") else "is"


def not_obeyed(error: AssistantError) -> tuple[str, str]:
    """Return heading and sentence for a button without text whose action was rejected."""
    if error.code in GONE_ON:
        return "This changed in another window", "Here’s how it looks now."
    return "Nothing was changed", sentence(error.message)


def refusal(error: AssistantError, row: Application, step: str, meanwhile: str = "") -> tuple[str, str]:
    """Return heading and sentence for a text that was rejected; the page shows the text again.

    `meanwhile` says what happened in the meantime to the draft that the text is about, if known.
    """
    typed = _typed(row, step)
    not_sent = f"Your {typed} {'weren’t' if typed.endswith('s') else 'wasn’t'} sent"
    if not _takes_text(row, step):
        return not_obeyed(error)
    workflow = registry.find(row.workflow)
    if workflow and row.is_running and error.status < 500:
        return (
            f"We’re still writing a {workflow.result}",
            "Send this when it’s ready; your text is saved below.",
        )
    if workflow and row.is_finished and error.status < 500:
        reopens = any(each.when_finished for each in workflow.human_steps)
        below = "Reopen it to make changes; your text" if reopens else "Your text"
        return workflow.over or f"This {workflow.noun} is finished", f"{not_sent}. {below} is saved below."
    if error.code in GONE_ON:
        return meanwhile or _meanwhile(row, step), f"{not_sent}; your text is saved below."
    return not_sent, and_kept(error)


def _takes_text(row: Application, step: str) -> bool:
    known = _human_step(row, step)
    return known is None or known.takes_text


def and_kept(error: AssistantError) -> str:
    """Return the error's message, followed by a sentence that the text is kept."""
    where = "Your text is saved." if isinstance(error, OverLimit) else "Your text is saved below."
    return f"{error.message} {where}"


def left_today(drafts: int | None, tokens: int | None) -> str:
    """Return what is left of today's limits, for the submit button; "" without limits."""
    if 0 in (drafts, tokens):
        return f"No {'drafts' if drafts == 0 else 'tokens'} left today. You’ll have more at 00:00."
    limited = [count(left, noun) for left, noun in ((drafts, "draft"), (tokens, "token")) if left is not None]
    return f"{' and '.join(limited)} left today" if limited else ""


def _meanwhile(row: Application, step: str) -> str:
    known = _human_step(row, step)
    if known and known.words.gone and row.next_step != step:
        return known.words.gone
    return "This changed in another window"


def _human_step(row: Application, step: str) -> ActionEntry | None:
    workflow = registry.find(row.workflow)
    return workflow.human_step(step) if workflow else None
