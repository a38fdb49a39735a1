"""Drafts as versions: edited, used again, regenerated, reopened; and the prompts that follow."""

import pytest
from burr.lifecycle import PostRunStepHook

from assistant_app import operations
from assistant_app.contract.changes import fold
from assistant_app.engine.history import path_to
from assistant_app.engine.runner import _Follow, runner
from assistant_app.engine.runs import Run
from assistant_app.errors import ModelTimeout
from assistant_app.models import Application, Step
from assistant_app.operations.drafts import forking
from assistant_app.workflow import steps
from assistant_app.workflow.graph import DEFAULT_STATE
from tests.conftest import Person

pytestmark = pytest.mark.django_db(transaction=True)

MODEL = {"by": "model", "of": None, "feedback": 0}


@pytest.fixture
def drafted(person):
    """An email with two drafts, the second after feedback."""
    person.give_input()
    person.give_feedback("Shorter")
    return person


def path_of(person):
    return [step.position for step in path_to(person.row, person.row.sequence_id)]


def current(row):
    return row.state["draft_number"], row.state["current_draft"]


def test_an_edited_text_is_the_next_draft(drafted, model):
    row = drafted.send("edit_draft", text="My own words.")
    assert (row.status, row.next_step) == ("waiting", "process_feedback")
    assert row.state["draft_history"] == ["Draft 1.", "Draft 2.", "My own words."]
    assert row.state["draft_sources"] == [
        MODEL,
        {"by": "model", "of": 1, "feedback": 1},
        {"by": "person", "of": 2, "feedback": 1},
    ]
    assert current(row) == (3, "My own words.")
    assert len(model.calls_for("draft")) == 2
    assert drafted.give_feedback("").state["final_draft"] == "My own words."


def test_feedback_on_an_edited_draft_tells_the_model_to_keep_the_persons_words(drafted, model):
    model.will_write("Dear Marta, we ship on Thursday.\n\nBest regards")
    drafted.give_feedback("Longer")
    drafted.send("edit_draft", text="Dear Marta, we ship on Friday at noon.\n\nBest regards")
    model.will_write("Dear Marta, we ship on Friday at noon. Sorry!\n\nBest regards")
    row = drafted.give_feedback("Say sorry")
    assert "I wrote these passages of it myself." in model.asked[-1].text
    assert "Friday at noon" in model.asked[-1].text.split("myself")[1]
    assert row.state["draft_sources"][-1] == {"by": "model", "of": 4, "feedback": 3}

    drafted.give_feedback("Formal")
    assert "Friday at noon" in model.asked[-1].text.split("myself")[1]
    model.will_write("Something else.")
    drafted.give_feedback("Start again")
    drafted.give_feedback("Longer")
    assert "myself" not in model.asked[-1].text


@pytest.mark.parametrize("text", ["Draft 2.", " Draft 2.\r\n"])
def test_what_was_not_changed_is_no_new_draft(drafted, text):
    refused = drafted.fails_at("edit_draft", text=text)
    assert refused.code == "does_not_fit"
    assert refused.fields == {"text": ["Nothing was changed, so no new draft was made."]}
    assert drafted.row.version == 5


def test_an_earlier_draft_is_used_again_and_nothing_is_lost(drafted, model):
    row = drafted.send("use_draft", draft=1)
    assert current(row) == (1, "Draft 1.")
    assert row.state["draft_history"] == ["Draft 1.", "Draft 2."]
    row = drafted.give_feedback("Friendlier")
    assert row.state["draft_sources"][-1] == {"by": "model", "of": 1, "feedback": 2}
    assert "===\nDraft 1.\n===" in model.asked[-1].text
    assert "1. Friendlier" in model.asked[-1].text
    assert "Shorter" not in model.asked[-1].text, "it led to a draft that the person went back from"


@pytest.mark.parametrize("draft", [0, 3, -1, "x", True, None, 1.5, "²"])
def test_a_draft_that_is_not_there_cannot_be_used(drafted, draft):
    refused = drafted.fails_at("use_draft", draft=draft)
    code = "does_not_fit" if draft == 3 else "invalid"
    assert (refused.code, list(refused.fields)) == (code, ["draft"])


def test_another_try_has_the_same_input_and_the_earlier_one_stays(drafted, model):
    drafted.give_feedback("Warmer")
    drafted.send("use_draft", draft=2)
    row = drafted.send("regenerate")
    assert row.state["draft_history"][1:] == ["Draft 2.", "Draft 3.", "Draft 4."]
    assert row.state["draft_sources"][3] == row.state["draft_sources"][1]
    first, again = (model.calls_for("draft")[number].messages[1].content for number in (1, 3))
    before, unlike = again.split("You wrote this version of it already.")
    assert first.startswith(before)
    assert unlike.split("===")[2].strip() == "Draft 2."


def test_the_first_draft_can_be_tried_again(person, model):
    person.give_input()
    row = person.send("regenerate")
    row = person.send("regenerate")
    assert row.state["draft_sources"] == [MODEL] * 3
    assert current(row) == (3, "Draft 3.")
    assert "The previous draft:" not in model.asked[-1].messages[1].content


def test_a_persons_own_draft_cannot_be_tried_again(drafted):
    drafted.send("edit_draft", text="Mine.")
    assert drafted.fails_at("regenerate").code == "nothing_to_regenerate"


def test_the_same_choice_twice_in_a_row_is_two_steps(drafted):
    drafted.send("edit_draft", text="One")
    drafted.send("edit_draft", text="Two")
    drafted.send("use_draft", draft=1)
    drafted.send("use_draft", draft=2)
    assert path_of(drafted)[-4:] == ["edit_draft", "edit_draft", "use_draft", "use_draft"]


def test_a_finished_email_is_reopened_and_goes_on(drafted, model):
    drafted.give_feedback("")
    row = drafted.send("reopen")
    assert (row.status, row.next_step, row.state["final_draft"]) == ("waiting", "process_feedback", None)
    assert drafted.give_feedback("Longer").state["draft_sources"][-1]["of"] == 2
    assert drafted.give_feedback("").state["final_draft"] == "Draft 3."
    drafted.send("reopen")
    assert drafted.send("edit_draft", text="Mine").state["current_draft"] == "Mine"


REFUSED = [
    ("new", "wrong_step"),
    ("asked", "wrong_step"),
    ("failed", "wrong_step"),
    ("finished", "finished"),
    ("running", "already_running"),
]
CHOICES = {"edit_draft": {"text": "Mine"}, "use_draft": {"draft": 1}, "regenerate": {}}


@pytest.mark.parametrize("step", CHOICES)
@pytest.mark.parametrize(("where", "code"), REFUSED)
def test_where_no_draft_waits_a_choice_is_refused(person, model, where, code, step):
    gate = None
    if where == "asked":
        model.will_ask("When?")
    if where == "failed":
        model.will_write(ModelTimeout())
        person.fails_at("process_input", email_to_respond="a", response_instructions="b")
    elif where != "new":
        person.give_input()
    if where == "finished":
        person.give_feedback("")
    if where == "running":
        gate = model.will_wait_to_write()
        run = person.begin("process_feedback", {"feedback": "Longer"})
        model.wait_until_asked("draft", times=2)
    assert person.fails_at(step, **CHOICES[step]).code == code
    if gate:
        gate.set()
        run.ended.result(30)


def test_only_what_is_finished_can_be_reopened(drafted):
    assert drafted.fails_at("reopen").code == "wrong_step"


@pytest.mark.parametrize(("step", "data"), CHOICES.items())
def test_after_a_run_that_failed_any_of_them_goes_on_from_before_it(drafted, model, step, data):
    model.will_write(ModelTimeout())
    drafted.fails_at("process_feedback", feedback="Typo")
    row = drafted.send(step, **data)
    assert "Typo" not in row.state["feedback_history"]
    assert path_of(drafted)[:5] == [
        "process_input",
        "determine_clarifications",
        "formulate_draft",
        "process_feedback",
        "formulate_draft",
    ]
    assert path_of(drafted)[5] == step
    assert fold(DEFAULT_STATE, (s.changes for s in path_to(row, row.sequence_id))) == row.state


def test_a_try_that_failed_can_be_retried_sent_again_and_given_up(drafted, model):
    def fail(error=ModelTimeout):
        model.will_write(error())
        assert drafted.fails_at("regenerate").code == "model_timeout"

    fail()
    assert (drafted.row.next_step, drafted.row.due_step) == ("process_feedback", "process_feedback")
    assert drafted.retry().state["draft_sources"][2] == {"by": "model", "of": 1, "feedback": 1}
    fail()
    fail()  # checked against the draft that it replaces, not against the one before
    assert drafted.send("regenerate").state["draft_sources"][3] == {"by": "model", "of": 1, "feedback": 1}
    fail()
    assert drafted.fails_at("edit_draft", text=drafted.row.state["draft_history"][-1]).code == "does_not_fit"
    assert drafted.give_feedback("").state["final_draft"] == drafted.row.state["draft_history"][-1]


def test_an_edit_counts_as_one_of_the_drafts_that_an_email_may_have(drafted, settings):
    settings.MAX_ROUNDS = 2
    assert drafted.fails_at("edit_draft", text="Mine").code == "too_many_rounds"
    assert drafted.fails_at("regenerate").code == "too_many_rounds"
    assert drafted.send("use_draft", draft=1).status == "waiting"


def test_two_edits_at_once_make_one_draft(drafted):
    read_before = [Run(drafted.row, "edit_draft", {"text": text}) for text in ("One", "Two")]
    errors = [runner.start(run).ended.result(30).error for run in read_before]
    assert sorted(error.code if error else "" for error in errors) == ["", "already_running"]
    assert len(drafted.row.state["draft_history"]) == 3


# --- Assumptions ----------------------------------------------------------------------------------


def test_what_the_model_assumed_is_kept_with_the_draft_and_can_be_corrected(person, model):
    model.will_ask("Which day?", "Who?")
    person.give_input()
    model.will_write(["On Monday", ".\n\nASSUMP", "TIONS:\n- The day is Monday.", "\n- Tom comes."])
    row = person.answer("", "Tom")
    assert row.state["current_draft"] == "On Monday."
    assert row.state["assumptions"] == ["The day is Monday.", "Tom comes."]
    assert "state that below </reply>" in model.asked[-1].text

    row = person.give_feedback(steps.corrected("The day is Monday.", "It is Tuesday."))
    assert row.state["assumptions"] == []
    assert "You assumed: The day is Monday.\nInstead: It is Tuesday." in model.asked[-1].text
    assert person.send("use_draft", draft=1).state["assumptions"] == ["The day is Monday.", "Tom comes."]
    assert len(person.send("edit_draft", text="Mine").state["assumptions"]) == 2
    assert person.send("use_draft", draft=2).state["assumptions"] == []


def test_assumptions_are_read_in_any_round_even_where_every_question_was_answered(person, model):
    model.will_ask("Which day?")
    person.give_input()
    model.will_write("Hello\n\nASSUMPTIONS:\n- one")
    row = person.answer("Monday")
    assert (row.state["current_draft"], row.state["assumptions"]) == ("Hello", ["one"])


def test_what_a_press_means_goes_after_what_was_typed():
    assert steps.refined("shorter", " And say sorry. ") == "And say sorry.\n\nMake it shorter."
    assert steps.refined("language", "", "Polish") == "Write it in Polish."


# --- Emails from a version that knew no sources ---------------------------------------------------


def test_an_email_of_an_earlier_version_goes_on(drafted, model):
    state = {key: drafted.row.state[key] for key in DEFAULT_STATE}
    for key in ("draft_sources", "draft_number", "assumptions"):
        del state[key]
    Application.objects.filter(pk=drafted.app_id).update(state=state)
    row = drafted.send("regenerate")
    assert row.state["draft_sources"] == [MODEL, *[{"by": "model", "of": 1, "feedback": 1}] * 2]
    assert "===\nDraft 1.\n===" in model.asked[-1].text


def test_a_draft_that_an_earlier_version_added_meanwhile_is_known(drafted):
    state = drafted.row.state
    Application.objects.filter(pk=drafted.app_id).update(
        state={
            **state,
            "draft_history": [*state["draft_history"], "Old"],
            "current_draft": "Old",
            "feedback_history": ["Shorter", "Older"],
        }
    )
    row = drafted.send("edit_draft", text="Mine")
    assert row.state["draft_sources"][2:] == [
        {"by": "model", "of": 2, "feedback": 2},
        {"by": "person", "of": 3, "feedback": 2},
    ]


# --- The state after each step is what Burr had in memory ------------------------------------------


@pytest.fixture
def remembered(monkeypatch):
    """Burr's own state after each step, by its number, as seen by a Burr hook."""
    seen = {}

    class Recorder(PostRunStepHook):
        def post_run_step(self, *, app_id, sequence_id, state, exception, **future_kwargs):
            if exception is None:
                values = state.get_all().items()
                seen[app_id, sequence_id] = {key: v for key, v in values if not key.startswith("__")}

    class FollowAndRecord(_Follow, Recorder):
        def post_run_step(self, **given):
            _Follow.post_run_step(self, **given)
            Recorder.post_run_step(self, **given)

    monkeypatch.setattr("assistant_app.engine.runner._Follow", FollowAndRecord)
    return seen


def test_the_state_after_every_step_is_what_burr_had_in_memory(person, model, remembered):
    model.will_ask("Which day?")
    person.give_input()
    model.will_write("First.\n\nASSUMPTIONS:\n- Monday.")
    person.answer("")
    person.give_feedback("Shorter")
    person.send("edit_draft", text="Mine.")
    person.send("use_draft", draft=1)
    person.send("regenerate")
    model.will_write(ModelTimeout())
    person.fails_at("process_feedback", feedback="Typo")
    person.send("edit_draft", text="Mine again.")
    person.give_feedback("Longer")
    person.give_feedback("")
    person.send("reopen")
    row, _ = operations.fork(actor=person.user, app_id=person.app_id, at=forking.at(2))
    fork = Person.__new__(Person)
    fork.user, fork.app_id = person.user, row.pk
    fork.send("use_draft", draft=1)
    fork.give_feedback("Warmer")
    fork.give_feedback("")

    compared = 0
    for app_id in (person.app_id, fork.app_id):
        completed = Step.objects.filter(application=app_id, status="completed")
        for number in completed.values_list("sequence_id", flat=True):
            path = path_to(Application.objects.get(pk=app_id), number)
            if (str(app_id), number) in remembered:
                assert fold(DEFAULT_STATE, (step.changes for step in path)) == remembered[str(app_id), number]
                compared += 1
    assert compared == Step.objects.filter(status="completed").count() - 1 == len(remembered)
