"""Go on to the first draft without questions."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from assistant_app.engine import registry
from assistant_app.engine.runner import runner
from assistant_app.engine.runs import Run
from assistant_app.engine.writer import Writer
from assistant_app.errors import Cancelled, NothingToSkip, Superseded
from assistant_app.models import Application, IdempotencyKey
from assistant_app.operations.answering import get, start, submit_now
from assistant_app.operations.due import check_version
from assistant_app.operations.idempotency import Repeat, once, store
from assistant_app.workflow import steps
from assistant_app.workflow.email import EMAIL


def may_skip(row: Application) -> bool:
    """Return whether questions are asked or looked for, or were when the run stopped."""
    return _are_asked(row) or (row.position == EMAIL.entrypoint and (row.is_running or row.has_stopped))


def _are_asked(row: Application) -> bool:
    return row.due_step == steps.CLARIFY_INSTRUCTIONS.action and not row.has_stopped


def skip_questions(
    *,
    actor: AbstractBaseUser,
    app_id: Any,
    expected_version: int | None = None,
    key: IdempotencyKey | None = None,
) -> Run | Repeat:
    """Go on to the draft without questions: while they are looked for, when they are asked, or after a stop.

    Only the call for the questions is stopped; the run goes on. If it belongs to another process, it is ended
    there, and a run of this process goes on. Raise `NothingToSkip` when a draft is being written or was.
    """
    return once(key, lambda: _skip_questions(actor, app_id, expected_version, key), Repeat)


def _skip_questions(
    actor: AbstractBaseUser, app_id: Any, expected_version: int | None, key: IdempotencyKey | None
) -> Run | Repeat:
    row = get(actor=actor, app_id=app_id, workflow=EMAIL.name)
    registry.known_to_run(row)
    check_version(row, expected_version)
    if _are_asked(row):
        answers = {"answers": [""] * len(row.state["clarification_questions"])}
        step = steps.CLARIFY_INSTRUCTIONS.action
        return submit_now(actor, app_id, step, answers, row.version, EMAIL.name, key)
    if not may_skip(row):
        raise NothingToSkip
    if row.is_running:
        if (run := runner.run_under(row.lease_token)) is not None:
            with transaction.atomic():
                store(key, row)
            runner.skip_questions(row.lease_token)
            return run
        try:
            Writer.under_lease_of(row).fail(Cancelled())
        except Superseded:
            raise NothingToSkip from None  # it went on in the meantime
        row = get(actor=actor, app_id=app_id, workflow=EMAIL.name)
    run = Run(row, expected_version=row.version, key=key)
    run.skipped.set()
    return start(run)
