"""Which step may be sent now.

A submit checks what `may_be_sent` lists by the same functions. Both leave out what changes by itself, such as
what is left of a day.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from assistant_app.contract.workflow import ActionEntry, Workflow
from assistant_app.engine import budget, registry
from assistant_app.engine.writer import Writer
from assistant_app.errors import AlreadyRunning, AssistantError, Finished, StaleVersion, WrongStep
from assistant_app.models import Application
from assistant_app.phrases import Phrase, gettext_noop


def check_version(row: Application, expected_version: int | None) -> None:
    """Raise `StaleVersion` if the caller saw another version of the row."""
    if expected_version is not None and expected_version != row.version:
        raise StaleVersion


def check_step(row: Application, step: str, expected_version: int | None) -> None:
    """Raise the reason why the step cannot be sent now, if there is one."""
    workflow = registry.known_to_run(row)
    human_step = workflow.entry(step)
    check_version(row, expected_version)
    if row.is_finished and not (human_step.when_finished or human_step.at_any_time):
        raise Finished(gettext_noop("This %(noun)s is finished.", noun=Phrase(workflow.noun)))
    if row.is_running:
        raise AlreadyRunning(workflow.busy)
    if not registry.takes(row, step):
        raise WrongStep


def check_state(workflow: Workflow, step: ActionEntry, state: Mapping[str, Any]) -> None:
    """Raise the reason why nothing that is sent would fit the state the step starts from, if there is one."""
    if step.needs is not None:
        step.needs(state)
    if step.adds_draft or step.action in workflow.always_asking:
        budget.check_drafts(workflow, state)


def state_for(row: Application, step: ActionEntry) -> Mapping[str, Any]:
    """Return the state that the step would start from; after a stopped run, the state before its input.

    A step for stopped runs only goes on from where the run stopped.
    """
    writer = Writer(row)
    if row.has_stopped and not step.goes_on_from_stop:
        writer.go_back_before(writer.workflow.group(step.action))
    return writer.state


def may_be_sent(row: Application) -> list[ActionEntry]:
    """Return the human steps that may be sent now, in the order of the table."""
    if row.is_running or not registry.is_known(row):
        return []
    workflow, stopped_at = registry.known_to_run(row), registry.stopped_at(row)
    states: dict[bool, Mapping[str, Any]] = {}  # those that do not go on from a stop share one
    found = []
    for step in workflow.human_steps:
        if not workflow.takes(step.action, row.next_step, stopped_at=stopped_at):
            continue
        goes_on = step.goes_on_from_stop
        state = states[goes_on] = states.get(goes_on) or state_for(row, step)
        with suppress(AssistantError):
            check_state(workflow, step, state)
            found.append(step)
    return found


def may_be_retried(row: Application) -> bool:
    """Return whether the last run stopped, and may go on: its claim checks the same."""
    if not row.has_stopped:
        return False
    workflow, stopped_at = registry.known_to_run(row), registry.stopped_at(row)
    with suppress(AssistantError):
        if stopped_at in workflow.asking:
            budget.check_drafts(workflow, workflow.complete(row.state))
        return True
    return False
