"""Runs: claims, leases, cancellation and shutdown, with real threads and the database."""

import asyncio
import threading

import pytest
from django.db import connection, transaction

from assistant_app import conf, operations
from assistant_app.engine import claims
from assistant_app.engine.runner import Runner, _renew, runner
from assistant_app.engine.runs import Run
from assistant_app.errors import ApplicationNotFound, AssistantError, Cancelled, Interrupted
from assistant_app.models import Application, Step, sql
from assistant_app.operations import answering
from tests.real_server import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(number, function, *, gates=(), until=lambda results: True):
    """Call the function in that many threads that start together; return each result or error.

    Open the gates as soon as `until` accepts the results so far.
    """
    barrier, results = threading.Barrier(number), [None] * number

    def work(index):
        barrier.wait()
        try:
            results[index] = function()
        except AssistantError as problem:
            results[index] = problem
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(index,)) for index in range(number)]
    for thread in threads:
        thread.start()
    try:
        wait_until(lambda: until(results))
    finally:
        for gate in gates:
            gate.set()
        for thread in threads:
            thread.join()
    return results


def all_but(number):
    """Accept the results when only so many are missing: those wait at the gates."""
    return lambda results: results.count(None) <= number


def send_feedback(person):
    return lambda: operations.wait_until_ended(person.begin("process_feedback", {"feedback": "Warmer"}))


def test_of_twenty_who_send_the_same_step_one_runs(person, model):
    person.give_input()
    gate = model.will_wait_to_write()
    results = at_once(20, send_feedback(person), gates=[gate], until=all_but(1))
    codes = sorted(getattr(result, "code", "ran") for result in results)
    assert codes == ["already_running"] * 19 + ["ran"]
    assert len(model.calls_for("draft")) == 2
    assert person.row.state["feedback_history"] == ["Warmer"]


def test_without_the_claim_several_would_run(person, model, monkeypatch):
    """The race is real: without the claim's condition, no thread that read the row is refused."""
    monkeypatch.setattr(claims, "is_ours", lambda row, token: sql.where(Application, id=row.pk))
    person.give_input()
    gate = model.will_wait_to_write()
    read_at_once = [person.row for _ in range(10)]
    runs = [runner.start(Run(row, "process_feedback", {"feedback": "Warmer"})) for row in read_at_once]
    wait_until(lambda: sum(run.ended.done() for run in runs) >= 9)  # they collide in the steps
    gate.set()
    codes = [getattr(run.ended.result(30).error, "code", "ran") for run in runs]
    assert codes.count("already_running") == 0


def running(person, model):
    """Return a run that waits at its model, and the gate that releases it."""
    person.give_input()
    gate = model.will_wait_to_write(before="Dear ")
    run = person.begin("process_feedback", {"feedback": "Warmer"})
    model.wait_until_asked("draft", times=2)
    return run, gate


def test_input_is_stored_before_a_model_is_called(person, model):
    gate = model.will_wait_to_ask()
    run = person.begin("process_input", {"email_to_respond": "Hello", "response_instructions": "Yes"})
    model.wait_until_asked("questions")
    row = person.row
    assert (row.state["incoming_email"], row.status, row.is_running) == ("Hello", "running", True)
    gate.set()
    assert run.ended.result(10).error is None


def test_a_second_submit_is_refused_while_one_runs(person, model):
    run, gate = running(person, model)
    assert person.fails_at("process_feedback", feedback="Shorter").code == "already_running"
    gate.set()
    assert run.ended.result(10).row.state["feedback_history"] == ["Warmer"]


def test_a_run_whose_lease_expired_shows_as_interrupted_and_is_taken_over(person, model, expire_lease):
    run, gate = running(person, model)
    expire_lease(person.app_id)
    row = person.row
    assert (row.is_interrupted, row.status_now, row.due_step) == (True, "failed", "process_feedback")
    assert person.retry().state["current_draft"] == "Draft 3."
    gate.set()
    assert run.ended.result(10).error.code == "superseded"
    assert person.row.state["draft_history"] == ["Draft 1.", "Draft 3."]


@pytest.mark.parametrize("zone", ["America/New_York", "Pacific/Auckland"])
def test_a_lease_expires_at_the_same_moment_in_every_time_zone(person, model, expire_lease, settings, zone):
    settings.TIME_ZONE = zone
    run, gate = running(person, model)
    assert person.row.is_running
    expire_lease(person.app_id)
    assert person.row.is_interrupted
    gate.set()
    run.ended.result(10)


def test_a_lease_that_is_renewed_after_it_was_found_expired_is_not_taken_over(person, model, expire_lease):
    run, gate = running(person, model)
    expire_lease(person.app_id)
    found_expired = person.row
    _renew([found_expired.lease_token])  # its version stays the same
    second = runner.start(Run(found_expired))
    assert second.ended.result(10).error.code == "already_running"
    gate.set()
    assert run.ended.result(10).row.state["current_draft"] == "Dear A draft."
    assert len(model.calls_for("draft")) == 2


def test_a_late_run_that_was_not_replaced_may_finish(person, model, expire_lease):
    run, gate = running(person, model)
    expire_lease(person.app_id)
    gate.set()
    assert run.ended.result(10).error is None
    assert person.row.state["current_draft"] == "Dear A draft."


def test_leases_are_renewed_and_lost_ones_are_told(person, model):
    run, gate = running(person, model)
    before = person.row.lease_expires_at
    token = person.row.lease_token
    assert _renew([token]) == {token}
    assert person.row.lease_expires_at > before
    operations.delete(actor=person.user, app_id=person.app_id)
    assert _renew([token]) == set()
    gate.set()
    run.ended.result(10)


def test_a_run_that_finds_its_lease_gone_stops_its_model_call(person, model, settings):
    settings.RUN_LEASE_SECONDS = 1.5
    run, _gate = running(person, model)
    operations.delete(actor=person.user, app_id=person.app_id)
    asyncio.run_coroutine_threadsafe(runner._renew(), runner._thread.loop).result(10)
    assert run.ended.result(10).error.code == "superseded"
    assert model.calls_for("draft")[1].ended.wait(10)


# --- An id that was deleted and is used again: its versions begin at 0 once more ------------------

INPUT = {"email_to_respond": "Hello", "response_instructions": "Yes"}


def test_what_was_sent_to_a_deleted_email_is_not_stored_in_a_strangers_of_the_same_id(person, stranger):
    sent_before = Run(person.row, "process_input", INPUT)
    operations.delete(actor=person.user, app_id=person.app_id)
    operations.create(actor=stranger, app_id=person.app_id)
    late = runner.start(sent_before)
    assert late.ended.result(10).error.code == "already_running"
    with pytest.raises(ApplicationNotFound):
        operations.wait_until_ended(late)
    theirs = operations.get(actor=stranger, app_id=person.app_id)
    assert (theirs.status, theirs.version, theirs.state) == ("waiting", 0, {})


def test_a_late_run_of_a_deleted_email_writes_nothing_into_a_new_one_of_the_same_id(person, stranger, model):
    late_gate, gate = model.will_wait_to_ask(), model.will_wait_to_ask()
    late = person.begin("process_input", INPUT)
    model.wait_until_asked("questions")
    operations.delete(actor=person.user, app_id=person.app_id)
    theirs = {"actor": stranger, "app_id": person.app_id}
    operations.create(**theirs)
    theirs_run = operations.submit(**theirs, step="process_input", data=INPUT | {"email_to_respond": "Hi"})
    model.wait_until_asked("questions", times=2)  # both runs are at version 1
    late_gate.set()
    assert late.ended.result(10).error.code == "superseded"
    gate.set()
    assert theirs_run.ended.result(10).error is None
    assert operations.get(**theirs).state["incoming_email"] == "Hi"
    assert Step.objects.count() == 3


@pytest.mark.parametrize("phase", ["questions", "draft"])
def test_a_cancelled_model_call_is_no_success_and_resumes_at_its_step(person, model, phase):
    {"questions": model.will_wait_to_ask, "draft": model.will_wait_to_write}[phase]()
    run = person.begin("process_input", {"email_to_respond": "Hello", "response_instructions": "Yes"})
    model.wait_until_asked(phase)
    runner._thread.loop.call_soon_threadsafe(run.task.cancel)
    assert run.ended.result(10).error.code == "interrupted"
    row = person.row
    assert (row.status, row.error_code, row.is_interrupted) == ("failed", "interrupted", True)
    failed = Step.objects.get(status="failed")
    assert failed.position == {"questions": "determine_clarifications", "draft": "formulate_draft"}[phase]
    assert person.retry().state["draft_history"] == [f"Draft {len(model.calls_for('draft'))}."]


def test_a_mistake_in_an_action_is_told_without_its_text(person, model, caplog):
    model.will_write(RuntimeError("secret mail text"))
    error = person.fails_at("process_input", email_to_respond="secret", response_instructions="b")
    assert (error.code, error.status) == ("internal_error", 500)
    assert "secret" not in error.message + caplog.text
    assert person.retry().status == "waiting"


@pytest.fixture
def own_runner(monkeypatch, model):
    """A separate runner, which the test may shut down."""
    fresh = Runner()
    fresh.client = model
    monkeypatch.setattr(answering, "runner", fresh)
    yield fresh
    fresh.shutdown()


def test_a_run_that_takes_longer_than_its_lease_keeps_it(own_runner, person, model, settings):
    settings.RUN_LEASE_SECONDS = 6  # long enough for a machine that is slow, short enough to wait for
    run, gate = running(person, model)
    expires_at = person.row.lease_expires_at
    wait_until(lambda: person.row.lease_expires_at > expires_at)
    assert person.row.lease_expires_at - conf.lease() < expires_at  # when it was renewed
    gate.set()
    assert run.ended.result(10).error is None


def test_a_run_that_is_stopped_again_and_again_is_cancelled_once(own_runner, person, model, all_queries):
    """Another cancellation would hit the save of the first, which here waits for a lock."""
    run, _gate = running(person, model)
    token = person.row.lease_token
    with all_queries() as queries:
        with transaction.atomic():
            Application.objects.select_for_update().get(pk=person.app_id)
            queries.clear()
            own_runner.stop(token, Cancelled())
            wait_until(lambda: queries)
            for _ in range(3):
                own_runner.stop(token, Interrupted())
                one_turn = asyncio.run_coroutine_threadsafe(asyncio.sleep(0), own_runner._thread.loop)
                one_turn.result(10)
        assert run.ended.result(10).error.code == person.row.error_code == "cancelled"
    assert len([sql for _, sql in queries if "UPDATE" in sql and Application._meta.db_table in sql]) == 1


def test_shutdown_lets_a_run_finish_within_the_grace_period(own_runner, person, model):
    run, gate = running(person, model)
    own_runner.begin_shutdown()
    assert person.fails_at("process_feedback", feedback="x").code == "already_running"
    gate.set()
    assert own_runner.drained.wait(10)
    assert run.ended.result(0).row.state["current_draft"] == "Dear A draft."


def test_shutdown_interrupts_what_takes_longer(own_runner, person, model, settings):
    settings.SHUTDOWN_GRACE_SECONDS = 0.1
    run, _gate = running(person, model)
    own_runner.begin_shutdown()
    assert own_runner.drained.wait(10)
    assert run.ended.result(0).error.code == "interrupted"
    assert (person.row.status, person.row.error_code) == ("failed", "interrupted")


def test_a_server_that_stops_starts_nothing(own_runner, person, model):
    person.give_input()
    own_runner.begin_shutdown()
    error = person.fails_at("process_feedback", feedback="Warmer")
    assert (error.code, error.status, error.retry_after) == ("shutting_down", 503, 5)
    assert person.row.version == 3
