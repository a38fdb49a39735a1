"""The texts with which pages describe an application's state to its owner, from the words of its workflow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext

from assistant_app.contract.wording import in_words, sentence
from assistant_app.contract.workflow import ActionEntry, Numbers, Say, Words, Workflow, say
from assistant_app.engine import registry
from assistant_app.errors import AssistantError, OverLimit
from assistant_app.models import Application
from assistant_app.phrases import Phrase, gettext_noop, ngettext
from assistant_app.translation import translated

STOPPED = {
    "model_timeout": gettext_noop("the model did not answer"),
    "model_unavailable": gettext_noop("the model could not be reached"),
    "model_failed": gettext_noop("the model’s reply couldn’t be used"),
    "interrupted": gettext_noop("interrupted, can go on"),
    "cancelled": gettext_noop("stopped by you"),
}
GONE_ON = ("stale_version", "wrong_step", "superseded")  # codes that mean: the email was changed elsewhere
KINDS = {
    "waiting": gettext_noop("Waiting for you"),
    "writing": gettext_noop("Writing"),
    "failed": gettext_noop("Stopped"),
    "finished": gettext_noop("Finished"),
    "newer": gettext_noop("Made by a newer version"),
}
REOPENED = {1: gettext_noop("reopened once"), 2: gettext_noop("reopened twice")}
FINISHED = {
    1: gettext_noop("Finished, reopened once"),
    2: gettext_noop("Finished, reopened twice"),
}


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
    return progress(row, under_way(row), numbers) if now == "writing" else translated(KINDS[now])


def under_way(row: Application) -> str:
    """Return the action that is running, or that a stopped run was at."""
    return registry.known_to_run(row).running_after(row.position)


def progress(row: Application, action: str, numbers: Numbers) -> str:
    workflow = registry.find(row.workflow)
    if workflow is None or action not in workflow.table:
        return in_words(action)
    entry = workflow.entry(action)
    return said(entry.words.running or entry.label, numbers)


def said(text: Say, numbers: Numbers) -> str:
    """Return a text of a workflow as a page shows it."""
    return translated(say(text, numbers))


def finished(reopened: int) -> str:
    """Return "Finished", with the number of times it was reopened."""
    if not reopened:
        return translated(KINDS["finished"])
    often = ngettext("Finished, reopened %(number)s time", "Finished, reopened %(number)s times", reopened)
    return translated(FINISHED.get(reopened, often))


def reopened(number: int) -> str:
    """Return how often a finished application was reopened, as part of a line."""
    often = ngettext("reopened %(number)s time", "reopened %(number)s times", number)
    return translated(REOPENED.get(number, often))


def to_do(row: Application, numbers: Numbers, reopened: int = 0) -> str:
    """Return the next thing to do, for the list."""
    now = kind(row)
    if now == "waiting":
        due = registry.known_to_run(row).entry(row.next_step)
        return _again(row, due) or said(due.words.due or due.title, numbers)
    if now == "failed":
        return translated(gettext_noop("Stopped: %(why)s", why=_why_stopped(row)))
    return heading(row, numbers, reopened)


def detail(row: Application, numbers: Numbers) -> str:
    """Return what the heading leaves out, such as which draft, how many questions, or why it stopped."""
    now = kind(row)
    if now == "newer":
        return gettext("It can be read here, but only the newer version can change it")
    if now == "writing":
        return gettext("started")
    if now == "failed":
        return sentence(why_stopped(row))
    workflow = registry.known_to_run(row)
    if now == "finished":
        return said(workflow.entry(row.position).words.ended, numbers) if row.position else ""
    due = workflow.entry(row.next_step)
    return _again(row, due) or said(due.words.waiting or due.words.due or due.title, numbers)


def _again(row: Application, due: ActionEntry) -> str:
    """Return what is due in a fork that takes its first step once more; only such a row has a title."""
    return translated(due.words.due_again) if row.title and not row.position else ""


def tab(row: Application, numbers: Numbers) -> str:
    """Return the start of the browser tab's title."""
    now = kind(row)
    if now in ("writing", "finished", "newer"):
        return heading(row, numbers)
    return translated(KINDS[now]) if now == "failed" else detail(row, numbers)


def news(row: Application, state: Mapping[str, Any], numbers: Numbers) -> str:
    """Return the screen reader announcement for an automatic page change."""
    now = kind(row)
    if now == "newer":
        return f"{translated(KINDS[now])}."
    if now == "writing":
        return f"{progress(row, under_way(row), numbers)}."
    if now == "failed":
        return translated(gettext_noop("Stopped: %(why)s.", why=_why_stopped(row)))
    workflow = registry.known_to_run(row)
    news = workflow.entry(row.position if now == "finished" else row.next_step).words.news
    return translated((news if isinstance(news, str) else news(state)) or gettext_noop("It is your turn."))


def what_failed(row: Application, numbers: Numbers) -> str:
    """Return what a stopped run could not do."""
    return failed(registry.known_to_run(row), under_way(row), numbers)


def failed(workflow: Workflow, action: str, numbers: Numbers, *, is_stopped: bool = False) -> str:
    words = workflow.entry(action).words if action in workflow.table else Words()
    if is_stopped:
        return said(words.stopped, numbers) or gettext("You stopped it")
    return said(words.failed, numbers) or gettext("This couldn’t be done")


def why_stopped(row: Application) -> str:
    return translated(_why_stopped(row))


def _why_stopped(row: Application) -> Phrase:
    code = "interrupted" if row.is_interrupted else row.error_code
    return Phrase(STOPPED.get(code, gettext_noop("something went wrong")))


def what_is_kept(row: Application) -> str:
    return translated(_words(row, row.next_step).saved)


def _words(row: Application, step: str) -> Words:
    known = _human_step(row, step)
    return known.words if known else Words()


def not_obeyed(error: AssistantError) -> tuple[str, str]:
    """Return heading and sentence for a button without text whose action was rejected."""
    if error.code in GONE_ON:
        return gettext("This changed in another window"), gettext("Here’s how it looks now.")
    return gettext("Nothing was changed"), sentence(error.message)


def refusal(error: AssistantError, row: Application, step: str, meanwhile: str = "") -> tuple[str, str]:
    """Return heading and sentence for a text that was rejected; the page shows the text again.

    `meanwhile` says what happened in the meantime to the draft that the text is about, if known.
    """
    not_sent = Phrase(_words(row, step).not_sent)
    if not _takes_text(row, step):
        return not_obeyed(error)
    workflow = registry.find(row.workflow)
    if workflow and row.is_running and error.status < 500:
        running = gettext_noop("We’re still writing a %(result)s", result=Phrase(workflow.result))
        return translated(running), gettext("Send this when it’s ready; your text is saved below.")
    if workflow and row.is_finished and error.status < 500:
        reopens = any(each.when_finished for each in workflow.human_steps)
        below = gettext_noop("%(not_sent)s. Your text is saved below.", not_sent=not_sent)
        if reopens:
            below = gettext_noop(
                "%(not_sent)s. Reopen it to make changes; your text is saved below.", not_sent=not_sent
            )
        over = gettext_noop("This %(noun)s is finished", noun=Phrase(workflow.noun))
        return translated(workflow.over or over), translated(below)
    if error.code in GONE_ON:
        kept = gettext_noop("%(not_sent)s; your text is saved below.", not_sent=not_sent)
        return meanwhile or _meanwhile(row, step), translated(kept)
    return translated(not_sent), and_kept(error)


def _takes_text(row: Application, step: str) -> bool:
    known = _human_step(row, step)
    return known is None or known.takes_text


def and_kept(error: AssistantError) -> str:
    """Return the error's message, followed by a sentence that the text is kept."""
    if isinstance(error, OverLimit):
        where = gettext("Your text is saved.")
    else:
        where = gettext("Your text is saved below.")
    return f"{error.message} {where}"


def left_today(drafts: int | None, tokens: int | None) -> str:
    """Return what is left of today's limits, for the submit button; "" without limits."""
    if drafts == 0:
        return gettext("No drafts left today. You’ll have more at 00:00.")
    if tokens == 0:
        return gettext("No tokens left today. You’ll have more at 00:00.")
    if drafts is not None and tokens is not None:
        both = {
            "drafts": ngettext("%(number)s draft", "%(number)s drafts", drafts),
            "tokens": ngettext("%(number)s token", "%(number)s tokens", tokens),
        }
        return translated(gettext_noop("%(drafts)s and %(tokens)s left today", **both))
    if drafts is not None:
        return translated(ngettext("%(number)s draft left today", "%(number)s drafts left today", drafts))
    if tokens is not None:
        return translated(ngettext("%(number)s token left today", "%(number)s tokens left today", tokens))
    return ""


def _meanwhile(row: Application, step: str) -> str:
    known = _human_step(row, step)
    if known and known.words.gone and row.next_step != step:
        return translated(known.words.gone)
    return gettext("This changed in another window")


def _human_step(row: Application, step: str) -> ActionEntry | None:
    workflow = registry.find(row.workflow)
    return workflow.human_step(step) if workflow else None
