"""A draft that broke off is finished by hand. What the model had written never counts as the person's."""

import pytest

from assistant_app import operations
from assistant_app.errors import ModelTimeout
from assistant_app.operations.drafts import forking, report
from assistant_app.workflow import drafts
from tests.conftest import stop

pytestmark = pytest.mark.django_db(transaction=True)
BEGUN = "Dear Marta,\n\nSixty sensors ship on Thursday, and the others follow. I am sorry for "
TEXT = (
    "Dear Marta,\n\nSixty sensors ship on Thursday, and the others follow. I am sorry for the long wait.\n\n"
    "Please call me on my own number if anything is left open.\n\nIda"
)


def break_off(person, model, step, **data):
    model.will_write([f"<reply>{BEGUN}", ModelTimeout()])
    person.fails_at(step, **data)


def test_a_first_draft_is_finished_from_what_was_written(person, model):
    break_off(person, model, "process_input", email_to_respond=person.EMAIL, response_instructions="Yes.")
    begun = person.row.partial
    assert BEGUN.startswith(begun)
    row = person.send("write_draft", text=TEXT)
    assert (row.status, row.next_step, row.state["current_draft"]) == ("waiting", "process_feedback", TEXT)
    assert row.state["draft_sources"] == [{"by": "person", "of": None, "feedback": 0, "began_with": begun}]
    assert len(model.calls_for("draft")) == 1
    own = drafts.own_passages(row.state)
    assert "Please call me on my own number if anything is left open." in own
    assert not any("ship on Thursday" in passage or "sorry" in passage for passage in own)
    assert person.fails_at("write_draft", text=TEXT).code == "wrong_step"
    assert person.give_feedback("").state["final_draft"] == TEXT


def test_feedback_stays_said_and_later_drafts_are_told_the_persons_words(person, model):
    person.give_input()
    break_off(person, model, "process_feedback", feedback="Name the day.")
    row = person.send("write_draft", text=TEXT)
    assert row.state["draft_sources"][-1].items() >= {"by": "person", "of": 1, "feedback": 1}.items()
    assert drafts.feedback_for(row.state, row.state["draft_sources"][-1]) == "Name the day."
    assert person.fails_at("regenerate").code == "nothing_to_regenerate"
    person.give_feedback("Warmer.")
    asked = model.asked[-1].text
    assert "Name the day." in asked
    assert "Please call me" in asked.split("I wrote these passages of it myself.")[1]
    assert "ship on Thursday" not in asked.split("I wrote these passages of it myself.")[1]
    fork, _ = operations.fork(actor=person.user, app_id=person.app_id, at=forking.at(2))
    assert fork.state["draft_sources"][1]["began_with"] == row.state["draft_sources"][1]["began_with"]
    assert (fork.state["current_draft"], fork.next_step) == (TEXT, "process_feedback")
    assert report.report_on(person.row, 3).lost == drafts.own_passages(row.state)


def test_it_is_open_only_after_a_run_that_stopped_before_its_draft(person, model, owner):
    assert person.fails_at("write_draft", text=TEXT).code == "wrong_step"
    gate = model.will_wait_to_ask("Which day?")
    person.begin(
        "process_input", {"email_to_respond": person.EMAIL, "response_instructions": "Yes."}
    ).claimed.result(30)
    assert person.fails_at("write_draft", text=TEXT).code == "already_running"
    stop(actor=owner, app_id=person.app_id)
    gate.set()
    row = person.send("write_draft", text="All by hand.")
    assert row.state["draft_sources"] == [{"by": "person", "of": None, "feedback": 0, "began_with": ""}]
    assert drafts.own_passages(row.state) == ["All by hand."]
    person.give_feedback("Shorter.")
    model.will_write(ModelTimeout())
    person.fails_at("regenerate")
    row = person.send("write_draft", text="Once more by hand.")
    assert row.state["draft_sources"][-1] == {"by": "person", "of": 1, "feedback": 1, "began_with": ""}
    person.give_feedback("")
    assert person.fails_at("write_draft", text=TEXT).code == "finished"
