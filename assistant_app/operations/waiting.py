"""Wait for what was submitted: for its claim, for the end of its run, or for the run of an earlier request.

`wait_until_…` blocks the thread. `when_…` is for callers that have waited for the future themselves.
"""

from __future__ import annotations

from django.db import connection

from assistant_app.engine import registry
from assistant_app.engine.runner import runner
from assistant_app.engine.runs import Outcome, Run
from assistant_app.errors import (
    AlreadyRunning,
    ApplicationNotFound,
    AssistantError,
    Cancelled,
    OverLimit,
    ShuttingDown,
    Superseded,
    error_of,
)
from assistant_app.models import Application, IdempotencyKey, Step
from assistant_app.operations import idempotency
from assistant_app.operations.due import check_step
from assistant_app.operations.idempotency import Repeat


def wait_until_claimed(sent: Run | Repeat) -> Application:
    """Wait until the input is stored. Raise the reason if it was refused. Don't wait for a repeat."""
    connection.close()  # hold no connection while waiting
    sent.claimed.result()
    return when_claimed(sent)


def wait_until_ended(sent: Run | Repeat) -> Application:
    """Wait for the end of the run and return the row as saved last. Raise the error that stopped it."""
    while True:
        connection.close()
        sent.ended.result()
        row = when_ended(sent)
        if not isinstance(row, Repeat):
            return row
        sent = row


def when_claimed(sent: Run | Repeat) -> Application:
    """Return the row once `sent.claimed` is done. A repeat has no claim: return the row as it is now."""
    if isinstance(sent, Run):
        outcome = sent.claimed.result()
        repeat = _overtaken(sent, outcome)
        if repeat is None:
            return _result(sent, outcome)
        sent = repeat
    return _row_now(sent.key)[0]


def when_ended(sent: Run | Repeat) -> Application | Repeat:
    """Return the row once `sent.ended` is done, or a repeat that is to be waited for."""
    if isinstance(sent, Run):
        outcome = sent.ended.result()
        repeat = _overtaken(sent, outcome)
        if repeat is None:
            return _result(sent, outcome)
        sent = repeat
    row, is_ours = _row_now(sent.key)
    if not (is_ours and row.is_running):
        return row
    if runner.is_stopping:
        raise ShuttingDown(retry_after=5)
    return Repeat(sent.key, runner.until_ended(row))


def _overtaken(run: Run, outcome: Outcome) -> Repeat | None:
    """Return a repeat if the claim was refused because the same request, sent twice, was faster elsewhere."""
    if outcome.error is None or run.key is None or run.key.is_stored or not run.key.recall():
        return None
    return Repeat(run.key)


def _row_now(key: IdempotencyKey) -> tuple[Application, bool]:
    """Return the row of a repeat, and whether its run or its failure is still that of the first request.

    Raise the error if it is a failure.
    """
    row = idempotency.find(key)
    is_ours = (row.is_running or row.has_stopped) and not _was_continued(key)
    if is_ours and row.has_stopped:
        raise error_of(*row.error_now)
    return row, is_ours


def _result(run: Run, outcome: Outcome) -> Application:
    if isinstance(outcome.error, AlreadyRunning | Superseded | OverLimit):
        _say_why(run, outcome.error)
    if outcome.error is not None:
        raise outcome.error
    return outcome.row or run.row


def _say_why(run: Run, error: AssistantError) -> None:
    """Read the row again, and raise a more exact reason than `error` if the row tells one.

    After a lost lease, do not check the step: its input is stored, so it could not be sent again anyway.
    """
    row = Application.find(run.row.pk, owner_id=run.row.owner_id)
    if row is None:
        raise ApplicationNotFound
    if isinstance(error, Superseded):
        if row.error_code == Cancelled.code:
            raise Cancelled
    elif run.step is not None:
        check_step(row, run.step, run.expected_version)


def _was_continued(key: IdempotencyKey) -> bool:
    """Return whether a human step was stored after the request."""
    human = [step.action for workflow in registry.workflows().values() for step in workflow.human_steps]
    later = Step.objects.filter(
        application_id=key.application_id, status=Step.Status.COMPLETED, position__in=human
    )
    if key.sequence_id is not None:
        later = later.filter(sequence_id__gt=key.sequence_id)
    return later.exists()
