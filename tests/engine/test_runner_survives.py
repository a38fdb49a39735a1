"""Failing listeners and temporary errors block neither a run nor the threads that wait for it."""

import pytest
from django.db import DataError, IntegrityError, InterfaceError, OperationalError

from assistant_app.engine.runner import Runner, runner
from assistant_app.engine.writer import Writer
from assistant_app.observing import watch
from tests.real_server import wait_until

pytestmark = pytest.mark.django_db(transaction=True)
INPUT = {"email_to_respond": "Hello", "response_instructions": "Yes"}


class Broken(Exception):
    pass


def fail(*args, **kwargs):
    raise Broken


def test_a_watch_that_cannot_start_is_an_error_for_the_waiting_thread(person, monkeypatch):
    monkeypatch.setattr(runner, "listening", [fail])
    run = person.begin("process_input", INPUT)
    assert run.ended.result(10).error.code == "internal_error"
    assert run not in runner.runs
    monkeypatch.undo()
    assert person.give_input().state["draft_history"]


@pytest.mark.parametrize(
    ("problem", "code"),
    [
        (OperationalError, "database_unavailable"),
        (InterfaceError, "database_unavailable"),
        (DataError, "internal_error"),
        (IntegrityError, "internal_error"),
    ],
)
def test_only_a_database_that_is_away_is_called_so(person, monkeypatch, caplog, problem, code):
    def refuse(*args, **kwargs):
        raise problem("Where are my 96 sensors?")

    monkeypatch.setattr(Writer, "_change", refuse)
    assert person.begin("process_input", INPUT).ended.result(10).error.code == code
    assert ("A step failed with" in caplog.text) == (code == "internal_error")


def test_a_run_that_cannot_be_counted_has_ended_all_the_same(person, monkeypatch):
    monkeypatch.setattr(watch.Watch, "ended", fail)
    run = person.begin("process_input", INPUT)
    assert run.ended.result(10).error is None
    assert person.row.state["draft_history"]


def test_leases_are_renewed_again_after_a_mistake(person, model, settings, monkeypatch):
    settings.RUN_LEASE_SECONDS = 0.9
    person.give_input()
    runner.shutdown()  # the next run starts to renew again
    runner.client = model
    mistakes = []

    async def fail_once(self):
        monkeypatch.undo()
        mistakes.append(True)
        raise Broken

    monkeypatch.setattr(Runner, "_renew", fail_once)
    gate = model.will_wait_to_write()
    run = person.begin("process_feedback", {"feedback": "Warmer"})
    wait_until(lambda: mistakes)
    until = person.row.lease_expires_at
    wait_until(lambda: person.row.lease_expires_at > until)
    gate.set()
    assert run.ended.result(30).error is None


def test_a_shutdown_ends_though_the_readers_cannot_be_told(person, model, monkeypatch):
    person.give_input()

    async def cannot_close():
        raise Broken

    monkeypatch.setattr(runner, "at_drain", [cannot_close])
    drained = runner.drained
    runner.begin_shutdown()
    assert drained.wait(10)
    monkeypatch.undo()
    runner.shutdown()
    runner.client = model
    assert person.give_feedback("Warmer").state["draft_history"]  # the runner starts again
