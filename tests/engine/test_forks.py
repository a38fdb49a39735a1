"""Forks: an email that continues from a step of another one."""

import json
import tarfile
from itertools import accumulate, pairwise

import pytest

from assistant_app import operations
from assistant_app.contract.changes import apply_changes, changes_between, fold
from assistant_app.engine.history import path_to, steps_of
from assistant_app.errors import ApplicationNotFound, IdTaken, InvalidInput, ModelTimeout
from assistant_app.models import Application, ModelCall, Step
from assistant_app.operations.drafts import forking
from assistant_app.operations.drafts.versions import versions_of
from assistant_app.people.accounts import say_for_all
from assistant_app.workflow.graph import ACTIONS, DEFAULT_STATE, LASTING
from tests.conftest import Person
from tests.upgrade.previous import ARCHIVE

pytestmark = pytest.mark.django_db(transaction=True)


def at(draft=None, **where):
    """Return the arguments of a fork at a draft as the operation takes them."""
    return where if draft is None else {"at": forking.at(draft), **where}


def fork(person, **where):
    row, is_new = operations.fork(actor=person.user, app_id=person.app_id, **at(**where))
    assert is_new
    return as_person(person.user, row.pk)


def as_person(user, app_id):
    one = Person.__new__(Person)
    one.user, one.app_id = user, app_id
    return one


def texts_of(row):
    """Return all texts in the state of an email."""
    state = row.state
    return [state["incoming_email"], *(state["clarification_answers"] or []), *state["draft_history"]]


def folded(row):
    path = path_to(row, row.sequence_id)
    return fold(DEFAULT_STATE, (step.changes for step in path))


@pytest.fixture
def answered(person, model):
    """An email with questions, answers, drafts, feedback, an edit and an acceptance: steps 0 to 9."""
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


def test_the_fork_goes_on_as_if_it_had_always_been_its_own(answered, model):
    child = fork(answered, sequence_id=5)
    assert (child.row.version, child.row.title) == (1, answered.row.title)
    assert child.send("regenerate").state["draft_history"] == ["Draft 1.", "Draft 2.", "Draft 3."]
    child.give_feedback("Warmer")
    assert "My own words." not in model.asked[-1].text
    child.give_feedback("")
    assert (child.row.status, folded(child.row)) == ("finished", child.row.state)
    assert list(child.row.steps.values_list("sequence_id", "base", "position")) == [
        (0, None, "formulate_draft"),
        (1, 0, "regenerate"),
        (2, 1, "formulate_draft"),
        (3, 2, "process_feedback"),
        (4, 3, "formulate_draft"),
        (5, 4, "process_feedback"),
        (6, 5, "final_result"),
    ]


def test_a_fork_that_stops_at_once_goes_back_to_where_it_began(answered, model):
    child = fork(answered, draft=2)
    model.will_write(ModelTimeout())
    child.fails_at("process_feedback", feedback="Typo")
    assert child.give_feedback("Warmer").state["feedback_history"] == ["Shorter", "Warmer"]
    child = fork(answered, sequence_id=1)
    model.will_write(ModelTimeout())
    child.fails_at("clarify_instructions", answers=["Tuesday"])
    assert child.answer("Friday").state["clarification_answers"] == ["Friday"]


@pytest.mark.parametrize(("number", "feedback"), [(1, []), (2, ["Shorter"]), (3, ["Shorter"])])
def test_at_a_draft_a_fork_has_what_there_was_then(answered, number, feedback):
    row = fork(answered, draft=number).row
    texts = ["Draft 1.", "Draft 2.", "My own words."][:number]
    assert (row.state["draft_history"], row.state["feedback_history"]) == (texts, feedback)
    assert (row.state["draft_number"], row.state["current_draft"]) == (number, texts[-1])
    assert row.parent_sequence_id == (3, 5, 6)[number - 1]
    assert folded(row) == row.state


def test_a_fork_of_a_fork_is_whole_without_its_parents(answered, model):
    child = fork(answered, draft=2)
    child.give_feedback("Warmer")
    grandchild = fork(child, draft=1)
    assert grandchild.row.root_id == answered.app_id
    tree = Application.objects.tree_of(child.row)
    assert {row.pk for row in tree} == {answered.app_id, child.app_id, grandchild.app_id}
    operations.delete(actor=child.user, app_id=child.app_id)
    assert (grandchild.row.parent_id, grandchild.row.root_id) == (None, answered.app_id)
    operations.delete(actor=child.user, app_id=answered.app_id)
    assert grandchild.give_feedback("Longer").state["draft_history"] == ["Draft 1.", "Draft 4."]
    [first, _] = versions_of(grandchild.row)
    assert (first.model, first.by) == ("scripted-1", "model")
    assert first.created_at is not None


def test_it_costs_one_copy_of_the_state_and_what_it_adds(person, model):
    drafts = [f"{number} " * 1000 for number in range(1, 21)]
    for text in drafts:
        model.will_write(text)
    person.give_input(email="Please answer. " * 1000)
    for number in range(2, 21):
        person.give_feedback(f"Change {number}: " + "more of it. " * 20)
    before = Step.objects.count()
    child = fork(person, draft=20)
    [step] = child.row.steps.all()
    assert Step.objects.count() == before + 1
    assert len(json.dumps(child.row.state)) > 60_000
    assert len(json.dumps(step.changes)) < 1_000
    child.give_feedback("Warmer")
    added = sum(len(json.dumps(step.changes)) for step in child.row.steps.all()[1:])
    assert added < 1_000
    child.send("use_draft", draft=3)
    grandchild = fork(child, sequence_id=child.row.sequence_id)
    assert grandchild.row.state["current_draft"] == grandchild.row.state["draft_history"][2]
    assert len(json.dumps(grandchild.row.steps.get().changes)) < 1_000
    assert folded(grandchild.row) == grandchild.row.state


@pytest.mark.parametrize("sequence_id", [1, 3, 4, 5, 8])
def test_its_first_step_reads_whole_and_holds_none_of_the_texts(answered, sequence_id):
    child = fork(answered, sequence_id=sequence_id)
    [step] = steps_of(child.row).values()
    state = {key: value for key, value in child.row.state.items() if key in DEFAULT_STATE}
    assert step.changes == changes_between(DEFAULT_STATE, state)
    stored = str(child.row.steps.get().changes)
    assert [text for text in texts_of(child.row) if text in stored] == []


@pytest.mark.parametrize("step", [0, 2])
def test_what_was_typed_for_its_step_is_there_until_it_is_sent(answered, step):
    child = fork(answered, sequence_id=step)
    typed = child.row.typed_before
    assert typed == {key: answered.row.state[key] for key in typed} != {}
    grandchild = fork(child)
    operations.delete(actor=answered.user, app_id=answered.app_id)
    operations.delete(actor=answered.user, app_id=child.app_id)
    assert grandchild.row.typed_before == typed
    if step == 0:
        grandchild.give_input()
    else:
        grandchild.answer("Friday")
    assert grandchild.row.state.keys() == DEFAULT_STATE.keys()
    assert folded(grandchild.row) == grandchild.row.state


def test_what_comes_later_does_not_change_what_it_began_with(answered, model):
    child = fork(answered, draft=2)
    began = steps_of(child.row)[0].changes
    child.send("use_draft", draft=1)
    child.send("edit_draft", text="Mine again.")
    model.will_write(ModelTimeout())
    child.fails_at("process_feedback", feedback="Typo")
    child.give_feedback("Warmer")
    child.give_feedback("")
    child.send("reopen")
    assert steps_of(child.row)[0].changes == began
    assert folded(child.row) == child.row.state


def is_kept(before, after):
    """Return whether a value is a prefix of the later one, so that its length can replace it."""
    if not before:
        return True
    return isinstance(before, str | list) and type(after) is type(before) and after[: len(before)] == before


def test_no_action_does_more_than_add_to_what_a_fork_leaves_to_its_row(person, model):
    model.will_ask("Which day?", "Who calls?", reasons=["There are two.", "It is not said."])
    model.will_write("On Monday.\n\nASSUMPTIONS:\n- The day is Monday.")
    person.give_input()
    person.answer("", "Tom")
    person.give_feedback("Shorter")
    person.send("edit_draft", text="My own words.")
    person.send("use_draft", draft=2)
    person.send("regenerate")
    person.send("choose_sources", left_out=["always"])
    person.send("choose_sources", left_out=[])
    person.give_feedback("Warmer")
    person.give_feedback("")
    person.send("reopen")
    for to in ("anna@example.org", "bob@example.org"):
        envelope = {"to": [to], "cc": [], "subject": "", "identity": "", "quote": ""}
        person.send("change_envelope", **envelope)
    model.will_write(["<reply>Hello", ModelTimeout()])
    person.fails_at("process_feedback", feedback="Longer")
    person.send("write_draft", text="Hello, finished by hand.")
    path = path_to(person.row, person.row.sequence_id)
    assert {step.position for step in path} == ACTIONS.keys()
    states = list(accumulate((step.changes for step in path), apply_changes, initial=DEFAULT_STATE))
    changed = {
        key
        for before, after in pairwise(states)
        for key in DEFAULT_STATE
        if not is_kept(before[key], after[key])
    }
    # The previous version, which may read these forks, stops at a lasting key that it doesn't know.
    new = {"clarification_choices", "clarification_error", "contexts", "chosen_identity"}
    assert set(LASTING) | new == DEFAULT_STATE.keys() - changed


def code_of_previous_version(path):
    """Return what a module of the previous version defines."""
    with tarfile.open(ARCHIVE) as archive:
        (member,) = [each for each in archive.getnames() if each.removeprefix("./") == path]
        source = archive.extractfile(member).read()
    defined = {"__name__": "previous"}
    exec(compile(source, path, "exec"), defined)
    return defined


def test_a_fork_keeps_what_its_drafts_were_told_also_for_the_previous_version(person):
    for always in ("No discounts.", "No promises."):
        say_for_all(actor=person.user, texts={"always": always})
        person.give_feedback("Shorter") if person.row.version else person.give_input()
    person.send("choose_sources", left_out=["always"])
    contexts = person.row.state["contexts"]
    assert [context["always"] for context in contexts] == ["No discounts.", "No promises."]
    assert fork(person, draft=1).row.state["contexts"] == contexts[:1]
    row = fork(person, draft=2).row
    assert row.state["contexts"] == folded(row)["contexts"] == contexts
    assert not row.state["left_out_sources"]
    last = fork(person, draft=3)
    assert last.row.state["left_out_sources"] == ["always"]
    last.give_feedback("Longer")
    assert "discounts" not in str(ModelCall.objects.last().messages)

    whole = code_of_previous_version("assistant_app/history.py")["whole"]
    known = {key: value for key, value in DEFAULT_STATE.items() if key != "contexts"}
    stored = Step.objects.get(application=row, sequence_id=0).changes
    assert whole(stored, known, row.state)["set"]["contexts"] == contexts


def test_where_a_run_failed_a_fork_begins_before_what_started_it(answered, model):
    operations.wait_until_ended(
        operations.submit(actor=answered.user, app_id=answered.app_id, step="reopen", data={})
    )
    model.will_write(ModelTimeout())
    answered.fails_at("process_feedback", feedback="Typo")
    row = fork(answered, sequence_id=answered.row.last_sequence_id).row
    assert (row.next_step, row.state["feedback_history"]) == ("process_feedback", ["Shorter"])


def test_while_it_runs_its_drafts_can_be_forked(answered, model):
    answered.send("reopen")
    gate = model.will_wait_to_write()
    run = answered.begin("process_feedback", {"feedback": "Warmer"})
    model.wait_until_asked("draft", times=3)
    assert fork(answered).row.state["current_draft"] == "My own words."
    gate.set()
    assert run.ended.result(30).error is None


def test_it_starts_from_the_beginning_if_nothing_was_sent_yet(person):
    row = fork(person).row
    assert (row.next_step, row.status, row.state, row.version) == ("process_input", "waiting", {}, 0)


def test_only_what_is_there_and_ones_own_can_be_forked(answered, stranger):
    named = {"app_id": answered.app_id}
    for actor, where in ((stranger, {"draft": 1}), (answered.user, {"sequence_id": 99})):
        with pytest.raises(ApplicationNotFound):
            operations.fork(actor=actor, **named, **at(**where))
    for draft in (0, 4):
        with pytest.raises(InvalidInput):
            operations.fork(actor=answered.user, **named, **at(draft))
    assert Application.objects.count() == 1


def test_a_fork_repeated_with_its_id_is_the_same_and_needs_a_free_id(answered, stranger):
    child = fork(answered, draft=1)
    again, is_new = operations.fork(actor=answered.user, app_id=answered.app_id, **at(1), new_id=child.app_id)
    assert (again.pk, is_new) == (child.app_id, False)
    theirs = operations.create(actor=stranger)[0]
    with pytest.raises(IdTaken):
        operations.fork(actor=answered.user, app_id=answered.app_id, **at(1), new_id=theirs.pk)
    assert Step.objects.filter(application=child.app_id).count() == 1


def test_limits_are_a_forks_too(answered, settings):
    settings.MAX_ROUNDS = 2
    assert fork(answered, draft=2).fails_at("process_feedback", feedback="More").code == "too_many_rounds"
