"""Forks: an email that goes on from a step of another one."""

import pytest

from assistant_app import operations
from assistant_app.errors import ApplicationNotFound, IdTaken, InvalidInput, ModelTimeout
from assistant_app.graph import DEFAULT_STATE
from assistant_app.history import fold
from assistant_app.models import Application, ModelCall, Step
from tests.conftest import Person

pytestmark = pytest.mark.django_db(transaction=True)


def fork(person, **where):
    row, is_new = operations.fork(actor=person.user, app_id=person.app_id, **where)
    assert is_new
    return as_person(person.user, row.pk)


def as_person(user, app_id):
    one = Person.__new__(Person)
    one.user, one.app_id = user, app_id
    return one


def folded(row):
    path = Step.objects.path_to(row.pk, row.sequence_id)
    return fold(DEFAULT_STATE, (step.changes for step in path))


@pytest.fixture
def answered(person, model):
    """Asked, answered, drafted, changed, edited, accepted: steps 0 to 9."""
    model.will_ask("Which day?")
    person.give_input()
    person.answer("Monday")
    person.give_feedback("Shorter")
    person.send("edit_draft", text="My own words.")
    person.give_feedback("")
    return person


WHERE = [
    (0, "process_input", [], None),
    (1, "clarify_instructions", [], None),
    (2, "clarify_instructions", [], None),
    (3, "process_feedback", ["Draft 1."], []),
    (4, "process_feedback", ["Draft 1."], []),
    (5, "process_feedback", ["Draft 1.", "Draft 2."], ["Shorter"]),
    (6, "process_feedback", ["Draft 1.", "Draft 2.", "My own words."], ["Shorter"]),
    (8, "process_feedback", ["Draft 1.", "Draft 2.", "My own words."], ["Shorter"]),
]


@pytest.mark.parametrize(("sequence_id", "next_step", "texts", "feedback"), WHERE)
def test_a_fork_waits_for_its_person_at_the_step(answered, sequence_id, next_step, texts, feedback):
    row = fork(answered, sequence_id=sequence_id).row
    assert (row.status, row.next_step, row.owner_id) == ("waiting", next_step, answered.row.owner_id)
    assert (row.parent_id, row.parent_sequence_id, row.root_id) == (
        answered.app_id,
        sequence_id,
        answered.app_id,
    )
    assert row.state.get("draft_history", []) == texts
    assert row.state.get("feedback_history", []) == (feedback or [])
    assert row.state.get("final_draft") is None
    assert not ModelCall.objects.filter(application=row).exists()
    assert answered.row.status == "finished"
