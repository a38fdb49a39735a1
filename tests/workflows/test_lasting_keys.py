"""Lasting keys are only set once or appended to, by every action: branches rely on it."""

import logging
from dataclasses import replace

import pytest
from burr.core import action

from assistant_app import operations
from assistant_app.contract.changes import apply_changes
from assistant_app.contract.workflow import binding
from assistant_app.engine import history
from assistant_app.errors import ModelTimeout
from assistant_app.models import Application
from assistant_app.workflow.email import EMAIL
from docs.examples.trip_planner import graph as trips
from docs.examples.trip_planner.workflow import TRIP_PLANNER
from tests.conftest import Person
from tests.workflows.reading_round import READING_ROUND

pytestmark = pytest.mark.django_db(transaction=True)
INPUT = {"email_to_respond": Person.EMAIL, "response_instructions": "Yes."}
ENVELOPE = {"to": ["Otto <otto@example.org>"], "cc": [], "subject": "Hi", "identity": "", "quote": ""}
FAILING = "the next draft breaks off"
TRIP = {"destination": "Bergen", "days": 2, "pace": "slow"}
PROPOSED = {"books": ["Solaris", "Emma"], "members": 3, "mood": "calm", "about": "We meet on Mondays."}
WALKS = [  # each takes every action of its graph at least once
    (
        EMAIL,
        [
            ("process_input", INPUT),
            ("clarify_instructions", {"answers": ["On Monday."]}),
            ("change_envelope", ENVELOPE),
            ("edit_draft", {"text": "My own words."}),
            (
                "change_envelope",
                {"to": ["marta@nordlys.example"], "cc": [], "subject": "", "identity": "", "quote": ""},
            ),
            ("use_draft", {"draft": 1}),
            ("process_feedback", {"feedback": "Shorter."}),
            ("regenerate", {}),
            ("choose_sources", {"left_out": ["always"]}),
            ("process_feedback", {"feedback": ""}),
            ("reopen", {}),
            ("process_feedback", {"feedback": "Longer."}),
            FAILING,
            ("process_feedback", {"feedback": "Warmer."}),
            ("write_draft", {"text": "Dear Marta, finished by hand."}),
            ("process_feedback", {"feedback": ""}),
        ],
    ),
    (
        TRIP_PLANNER,
        [
            ("describe_trip", TRIP),
            ("say_wish", {"wish": "More indoors."}),
            ("say_wish", {"wish": ""}),
        ],
    ),
    (
        READING_ROUND,
        [
            ("propose", PROPOSED),
            ("vote", {"votes": [""], "verdict": "again"}),
            ("vote", {"votes": ["Yes"], "verdict": "done"}),
        ],
    ),
]
walks = pytest.mark.parametrize(
    ("workflow", "sent"), [pytest.param(*walk, id=walk[0].name) for walk in WALKS]
)


def walk(owner, workflow, sent, model):
    row = operations.create(actor=owner, workflow=workflow.name)[0]
    for each in sent:
        if each == FAILING:
            model.will_write(["<reply>Dear Marta,\n\nwe ", ModelTimeout()])
            continue
        step, data = each
        run = operations.submit(actor=owner, app_id=row.pk, step=step, data=data, workflow=workflow.name)
        run.ended.result(30)
    return Application.objects.get(pk=row.pk)


def begins_with(after, before):
    return after[: len(before)] == before if isinstance(before, str | list) else after == before


@walks
def test_every_action_keeps_every_lasting_key(serve, owner, model, caplog, workflow, sent):
    serve(*([EMAIL] if workflow is EMAIL else [EMAIL, workflow]))
    for _ in range(2):
        model.will_ask("Which day?")
    row = walk(owner, workflow, sent, model)
    state, seen, taken = dict(workflow.default_state), set(), []
    for step in history.path_to(row, row.sequence_id):
        before, state = state, apply_changes(state, step.changes)
        broken = [key for key in workflow.lasting if before[key] and not begins_with(state[key], before[key])]
        assert broken == [], step.position
        taken.append(step.position)
        seen |= {key for key in workflow.lasting if state[key]}
    assert set(taken) == workflow.actions
    assert seen == {*workflow.lasting} - {"clarification_reasons"}  # the model gave no reasons
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


def test_a_save_that_changes_one_is_logged_without_its_text(serve, owner, model, caplog):
    @action(reads=["plans"], writes=["accepted", "plans"])
    async def accept_plan(state):
        return state.update(accepted=state["plans"][-1], plans=["Nothing."])

    actions = {**trips.ACTIONS, "accept_plan": accept_plan}
    serve(EMAIL, replace(TRIP_PLANNER, build_graph=binding(actions, trips.TRANSITIONS)))
    model.will_write("Day 1: the harbour.")
    walk(owner, TRIP_PLANNER, [("describe_trip", TRIP), ("say_wish", {"wish": ""})], model)
    [logged] = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert logged.getMessage() == "The step accept_plan changed the lasting key plans."
