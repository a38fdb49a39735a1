"""The texts with which pages describe an email's state to its owner."""

from __future__ import annotations

from assistant_app.errors import AssistantError, OverLimit
from assistant_app.models import Application
from assistant_app.workflow import steps

STOPPED = {
    "model_timeout": "the model did not answer",
    "model_unavailable": "the model could not be reached",
    "model_failed": "the model gave nothing usable",
    "interrupted": "interrupted, can go on",
    "cancelled": "stopped by you",
}
INPUTS = {
    "process_input": "email and instructions",
    "clarify_instructions": "answers",
    "process_feedback": "feedback",
    "edit_draft": "text",
}
GONE_ON = ("stale_version", "wrong_step", "superseded")  # codes that mean: the email was changed elsewhere
# Steps that are buttons without text input.
PRESSED = ("use_draft", "regenerate", "reopen")
KINDS = {
    "waiting": "Waiting for you",
    "writing": "Writing",
    "failed": "Stopped",
    "finished": "Finished",
}
LOOKING = "Reading the email"
CHANGE_INPUT = "Change the instructions"  # for a fork that starts again with the parent's email
TIMES = {1: "once", 2: "twice"}


def kind(row: Application) -> str:
    """Return "waiting", "writing", "failed" or "finished", which selects the icon and the colour."""
    if row.is_running:
        return "writing"
    if row.has_stopped:
        return "failed"
    return "finished" if row.is_finished else "waiting"


def heading(row: Application, drafts: int, reopened: int = 0) -> str:
    """Return the page heading: the state in a few words."""
    now = kind(row)
    if now == "finished":
        return finished(reopened)
    return progress(under_way(row), drafts) if now == "writing" else KINDS[now]


def under_way(row: Application) -> str:
    """Return the action that is running. Pages tell only questions and drafts apart."""
    return "determine_clarifications" if row.position == "process_input" else "formulate_draft"


def is_another_try(row: Application) -> bool:
    """Return whether the last run regenerates a draft instead of answering feedback."""
    return row.position == steps.REGENERATE.action


def progress(action: str, drafts: int) -> str:
    if action == "determine_clarifications":
        return LOOKING
    return f"Writing draft {drafts + 1}"


def finished(reopened: int) -> str:
    """Return "Finished", with the number of times it was reopened."""
    if not reopened:
        return KINDS["finished"]
    return f"{KINDS['finished']}, reopened {TIMES.get(reopened) or f'{reopened:,} times'}"


def to_do(row: Application, drafts: int, questions: int, reopened: int = 0) -> str:
    """Return the next thing to do, for the list.

    `drafts` is the number of drafts during a run, otherwise the number of the current draft.
    """
    if row.is_running:
        return progress(under_way(row), drafts)
    if row.has_stopped:
        return f"Stopped: {why_stopped(row)}"
    if row.is_finished:
        return finished(reopened)
    return {
        "process_input": CHANGE_INPUT if row.title else "Paste the email",
        "clarify_instructions": f"Answer {count(questions, 'question')}",
        "process_feedback": f"Read draft {drafts}",
    }.get(row.next_step) or steps.get(row.next_step).title


def detail(row: Application, drafts: int, questions: int) -> str:
    """Return what the heading leaves out: which draft, how many questions, or why it stopped."""
    if row.is_running:
        return "started"
    if row.has_stopped:
        return sentence(why_stopped(row))
    if row.is_finished:
        return f"You accepted draft {drafts}"
    return {
        "process_input": CHANGE_INPUT if row.title else "Nothing was pasted yet",
        "clarify_instructions": f"{sentence(count(questions, 'question'))} before the first draft",
        "process_feedback": f"Draft {drafts} is ready",
    }.get(row.next_step) or steps.get(row.next_step).title


def tab(row: Application, drafts: int, questions: int) -> str:
    """Return the start of the browser tab's title."""
    if row.is_running or row.is_finished:
        return heading(row, drafts)
    return "Stopped" if row.has_stopped else detail(row, drafts, questions)


def news(row: Application, drafts: list[str]) -> str:
    """Return the screen reader announcement for an automatic page change."""
    if row.is_running:
        return f"{progress(under_way(row), len(drafts))}."
    if row.is_finished:
        return f"Finished with draft {len(drafts)}."
    if row.has_stopped:
        return f"Stopped: {why_stopped(row)}."
    if row.next_step == "process_feedback" and drafts:
        return f"Draft {len(drafts)} is ready, {count(len(drafts[-1].split()), 'word')}."
    return "It is your turn."


def why_stopped(row: Application) -> str:
    if row.is_interrupted:
        return STOPPED["interrupted"]
    return STOPPED.get(row.error_code, "something went wrong")


def what_is_kept(row: Application) -> str:
    if is_another_try(row):
        return "Everything you typed and all drafts are saved."
    typed = INPUTS.get(row.next_step, "text")
    verb = "are" if typed in ("email and instructions", "answers") else "is"
    return f"Your {typed} {verb} saved."


def not_obeyed(error: AssistantError) -> tuple[str, str]:
    """Return heading and sentence for a button without text whose action was rejected."""
    if error.code in GONE_ON:
        return "This changed in another window", "Here’s how it looks now."
    return "Nothing was changed", sentence(error.message)


def refusal(error: AssistantError, row: Application, step: str, meanwhile: str = "") -> tuple[str, str]:
    """Return heading and sentence for a text that was rejected; the page shows the text again.

    `meanwhile` says what happened in the meantime to the draft that the text is about, if known.
    """
    typed = INPUTS.get(step, "text")
    verb = "weren’t" if typed.endswith("s") else "wasn’t"
    if step in PRESSED:
        return not_obeyed(error)
    if row.is_running and error.status < 500:
        return "We’re still writing a draft", "Send this when it’s ready; your text is saved below."
    if row.is_finished and error.status < 500:
        return (
            "You’ve accepted this reply",
            f"Your {typed} {verb} sent. Reopen it to make changes; your text is saved below.",
        )
    if error.code in GONE_ON:
        return meanwhile or _meanwhile(row, step), f"Your {typed} {verb} sent; your text is saved below."
    return f"Your {typed} {verb} sent", and_kept(error)


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
    if step == "clarify_instructions" and row.next_step != step:
        return "You’ve already answered these in another window"
    return "This changed in another window"


def count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
