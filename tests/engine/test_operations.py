"""What an owner can do, through the operations that every door calls."""

import pytest
from django.db import connection
from django.utils import timezone

from assistant_app import operations
from assistant_app.contract.changes import fold
from assistant_app.engine.history import path_to
from assistant_app.engine.runner import runner
from assistant_app.engine.runs import Run
from assistant_app.engine.writer import Writer
from assistant_app.errors import ApplicationNotFound, ModelTimeout, NothingToCancel
from assistant_app.models import Application, ModelCall, Step
from assistant_app.operations import stopping
from assistant_app.workflow.graph import DEFAULT_STATE
from tests.conftest import Person, stop

pytestmark = pytest.mark.django_db(transaction=True)


def steps_of(person):
    return list(person.row.steps.values_list("sequence_id", "base", "position", "status"))


def test_an_email_is_answered_from_input_to_final_draft(person, model):
    model.will_ask("Which Thursday?", "Who calls?")
    assert person.give_input().state["clarification_questions"] == ["Which Thursday?", "Who calls?"]
    assert person.answer("The 3rd", "").state["current_draft"] == "Draft 1."
    assert person.give_feedback("Warmer.").state["current_draft"] == "Draft 2."
    row = person.give_feedback("")
    assert (row.status, row.next_step) == ("finished", "")
    assert row.state["final_draft"] == "Draft 2."
    assert row.state["draft_history"] == ["Draft 1.", "Draft 2."]
    assert (row.title, row.sender) == ("Late delivery", "Marta Kowalczyk")


def test_without_questions_the_draft_follows_at_once(person):
    row = person.give_input()
    assert (row.next_step, row.state["clarification_questions"]) == ("process_feedback", [])


def test_a_question_is_stored_with_the_reason_for_it(person, model):
    model.will_ask("Which Thursday?", "Who calls?", reasons=["There are two.", ""])
    row = person.give_input()
    assert row.state["clarification_questions"] == ["Which Thursday?", "Who calls?"]
    assert row.state["clarification_reasons"] == ["There are two.", ""]
    assert "There are two." not in person.answer("The 3rd", "").state["current_draft"]


def test_a_version_that_knows_no_reasons_reads_what_was_stored_with_them(person, model):
    model.will_ask("Which Thursday?", reasons=["There are two."])
    row = person.give_input()
    known = {key: value for key, value in DEFAULT_STATE.items() if key != "clarification_reasons"}
    path = path_to(row, row.sequence_id)
    assert fold(known, (step.changes for step in path)) == row.state


def test_an_email_of_a_version_that_knew_no_reasons_goes_on(person, model):
    model.will_ask("Which Thursday?")
    state = person.give_input().state
    assert state.pop("clarification_reasons") is None
    Application.objects.filter(pk=person.app_id).update(state=state)
    assert person.answer("The 3rd").state["current_draft"] == "Draft 1."
    assert "clarification_reasons" not in {
        key for step in person.row.steps.all() for part in step.changes.values() for key in part
    }


def test_the_returned_row_is_what_is_stored(person):
    returned, stored = person.give_input(), person.row
    for field in ("state", "version", "status", "next_step", "position", "title", "updated_at"):
        assert getattr(returned, field) == getattr(stored, field)


def test_every_step_is_one_row(person):
    person.give_input()
    person.give_feedback("")
    assert steps_of(person) == [
        (0, None, "process_input", "completed"),
        (1, 0, "determine_clarifications", "completed"),
        (2, 1, "formulate_draft", "completed"),
        (3, 2, "process_feedback", "completed"),
        (4, 3, "final_result", "completed"),
    ]


def test_every_model_call_is_one_row_failed_ones_too(person, model):
    model.will_write(ModelTimeout("No answer for 60 seconds."))
    assert (
        person.fails_at("process_input", email_to_respond="a", response_instructions="b").code
        == "model_timeout"
    )
    person.retry()
    assert list(ModelCall.objects.values_list("sequence_id", "purpose", "error_code", "reply")) == [
        (1, "questions", "", ""),
        (2, "draft", "model_timeout", ""),
        (3, "draft", "", "Draft 2."),
    ]


def test_retry_goes_on_with_what_is_stored(person, model):
    model.will_write(ModelTimeout())
    person.fails_at("process_input", email_to_respond="Hello", response_instructions="Yes")
    assert (person.row.status, person.row.due_step) == ("failed", "process_input")
    assert person.retry().state["current_draft"] == "Draft 2."
    assert steps_of(person)[2:] == [
        (2, 1, "formulate_draft", "failed"),
        (3, 1, "formulate_draft", "completed"),
    ]
    assert len(model.calls_for("questions")) == 1


def test_after_a_failure_the_step_can_be_sent_with_other_text(person, model):
    person.give_input()
    model.will_write(ModelTimeout())
    person.fails_at("process_feedback", feedback="Shorter!")
    row = person.give_feedback("Longer!")
    assert row.state["feedback_history"] == ["Longer!"]
    assert "Longer!" in model.asked[-1].text
    assert "Shorter!" not in model.asked[-1].text
    assert steps_of(person)[3:] == [
        (3, 2, "process_feedback", "completed"),
        (4, 3, "formulate_draft", "failed"),
        (5, 2, "process_feedback", "completed"),
        (6, 5, "formulate_draft", "completed"),
    ]


def test_the_first_step_too_can_be_sent_with_other_text(person, model):
    model.will_write(ModelTimeout())
    person.fails_at("process_input", email_to_respond="Old", response_instructions="Old")
    row = person.give_input(email="New", instructions="Newer")
    assert (row.state["incoming_email"], row.title) == ("New", "New")
    assert steps_of(person)[3] == (3, None, "process_input", "completed")


def test_fold_equals_the_stored_state_after_each_of_fifty_drafts(person, model):
    person.give_input()
    sizes = {}
    for number in range(2, 51):
        model.will_write(f"Draft {number} " + "x" * 2000)
        row = person.give_feedback(f"Change {number}")
        path = path_to(row, row.sequence_id)
        assert fold(DEFAULT_STATE, (step.changes for step in path)) == row.state
        sizes[number] = len(str(path[-1].changes))
    assert sizes[50] <= sizes[5] * 1.25


def test_all_feedback_so_far_and_the_last_draft_are_in_the_prompt(person, model):
    person.give_input()
    for feedback in ("Warmer", "Name the train", "No discount"):
        person.give_feedback(feedback)
    prompt = model.asked[-1].text
    for said in ("Warmer", "Name the train", "No discount", "Draft 3.", Person.EMAIL, Person.INSTRUCTIONS):
        assert said in prompt


def test_creating_twice_with_one_id_gives_the_same(owner, person):
    again, is_new = operations.create(actor=owner, app_id=person.app_id)
    assert (again.pk, is_new) == (person.app_id, False)
    assert Application.objects.count() == 1


def test_a_stopped_run_keeps_what_was_typed_and_goes_on(person, model):
    person.give_input()
    model.will_wait_to_write(before="Dear ")
    run = person.begin("process_feedback", {"feedback": "Warmer"})
    model.wait_until_asked("draft", times=2)
    row = stop(actor=person.user, app_id=person.app_id)
    assert (row.status, row.error_code, row.due_step) == ("failed", "cancelled", "process_feedback")
    assert run.ended.result(10).error.code == "cancelled"
    assert model.calls_for("draft")[1].ended.wait(10)
    assert person.retry().state["feedback_history"] == ["Warmer"]


def test_another_servers_run_is_stopped_although_it_saved_a_step_meanwhile(person, model, monkeypatch):
    gate = model.will_wait_to_write(before="Dear ")
    run = person.begin("process_input", {"email_to_respond": "Hello", "response_instructions": "Yes"})
    model.wait_until_asked("draft")
    under_lease_of, rows = Writer.under_lease_of, []

    def as_read_before_its_last_step(row):
        if not rows:
            row.version, row.last_sequence_id = row.version - 1, row.last_sequence_id - 1
        rows.append(row)
        return under_lease_of(row)

    monkeypatch.setattr(runner, "stop", lambda *_: None)  # as if another process ran it
    monkeypatch.setattr(stopping, "PATIENCE_SECONDS", 0.0)  # and did not look at its row
    monkeypatch.setattr(Writer, "under_lease_of", as_read_before_its_last_step)
    row = stop(actor=person.user, app_id=person.app_id)
    gate.set()
    assert (row.status, row.error_code, row.due_step) == ("failed", "cancelled", "process_input")
    assert run.ended.result(10).error.code == "superseded"
    assert len(rows) == 2


def test_another_servers_run_stops_itself_and_keeps_its_text(person, model, monkeypatch):
    person.give_input()
    model.will_wait_to_write(before="Dear Marta,\n\nSixty of them ship on Thursday.\n\nThe ")
    run = person.begin("process_feedback", {"feedback": "Warmer"})
    model.wait_until_asked("draft", times=2)
    version = person.row.version
    monkeypatch.setattr(runner, "stop", lambda *_: None)  # as if another process ran it
    row = stop(actor=person.user, app_id=person.app_id)
    assert (row.status, row.error_code, row.due_step) == ("failed", "cancelled", "process_feedback")
    assert (row.version, row.stop_requested_at) == (version + 1, None)
    assert "Sixty of them" in row.partial
    assert run.ended.result(10).error.code == "cancelled"
    assert row.model_calls.last().error_code == "cancelled"


def test_a_request_to_stop_is_for_one_run_only(person, model):
    person.give_input()
    Application.objects.filter(pk=person.app_id).update(stop_requested_at=timezone.now())  # by an older run
    gate = model.will_wait_to_write()
    run = person.begin("process_feedback", {"feedback": "Warmer"})
    model.wait_until_asked("draft", times=2)
    assert person.row.stop_requested_at is None
    gate.set()
    assert run.ended.result(10).error is None


def test_a_run_that_ends_in_time_although_it_was_to_stop_is_no_error(person, model, monkeypatch):
    gate = model.will_wait_to_write()
    run = person.begin("process_input", {"email_to_respond": "Hello", "response_instructions": "Yes"})
    model.wait_until_asked("draft")
    monkeypatch.setattr(runner, "stop", lambda *_: None)
    until_ended = runner.until_ended

    def it_ends_first(row, patience):
        gate.set()
        run.ended.result(10)
        return until_ended(row, patience)

    monkeypatch.setattr(runner, "until_ended", it_ends_first)
    row = stop(actor=person.user, app_id=person.app_id)
    assert (row.status, row.stop_requested_at) == ("waiting", None)


def test_the_run_that_is_stopped_is_the_one_that_holds_the_lease(person, model, expire_lease):
    gates = [model.will_wait_to_ask(), model.will_wait_to_ask()]
    late = person.begin("process_input", {"email_to_respond": "a", "response_instructions": "b"})
    model.wait_until_asked("questions")
    expire_lease(person.app_id)
    operations.retry(actor=person.user, app_id=person.app_id)
    model.wait_until_asked("questions", times=2)
    row = stop(actor=person.user, app_id=person.app_id)
    assert (row.status, row.error_code) == ("failed", "cancelled")
    assert not late.ended.done()
    for gate in gates:
        gate.set()
    assert late.ended.result(10).error.code == "superseded"


def test_nothing_can_be_stopped_where_nothing_runs(person):
    person.give_input()
    with pytest.raises(NothingToCancel):
        stop(actor=person.user, app_id=person.app_id)


def test_a_deletion_during_a_run_leaves_no_row_behind(person, model):
    gate = model.will_wait_to_write()
    run = person.begin("process_input", {"email_to_respond": "a", "response_instructions": "b"})
    model.wait_until_asked("draft")
    operations.delete(actor=person.user, app_id=person.app_id)
    gate.set()
    assert run.ended.result(10).error.code == "superseded"
    with pytest.raises(ApplicationNotFound):
        operations.wait_until_ended(run)
    for records in (Application, Step, ModelCall):
        assert not records.objects.exists()


def test_what_is_sent_again_to_a_deleted_email_finds_nothing(person, model):
    model.will_write(ModelTimeout())
    person.fails_at("process_input", email_to_respond="a", response_instructions="b")
    read_before = Run(person.row, "process_input", {"email_to_respond": "c", "response_instructions": "d"})
    operations.delete(actor=person.user, app_id=person.app_id)
    with pytest.raises(ApplicationNotFound):
        operations.wait_until_ended(runner.start(read_before))


def test_a_text_in_another_script_takes_no_more_space_than_its_letters(person):
    email = "納期が遅れています。" * 200
    row = person.give_input(email=email)
    is_sqlite = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        size = "length(cast(state AS blob))" if is_sqlite else "octet_length(state::text)"
        cursor.execute(f"SELECT {size} FROM assistant_app_application")
        (used,) = cursor.fetchone()
    assert len(email.encode()) < used < len(email.encode()) + 2_000
    assert row.state["incoming_email"] == email
