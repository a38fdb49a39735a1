"""Which step may be sent now."""

from __future__ import annotations

from assistant_app.engine import registry
from assistant_app.errors import AlreadyRunning, Finished, StaleVersion, WrongStep
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
