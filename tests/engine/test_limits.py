"""Budgets: checked before a model is called, given back if it gave nothing, kept after a deletion."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from assistant_app import operations
from assistant_app.contract.actions import may_call_model
from assistant_app.engine import budget as spending
from assistant_app.engine.budget import tokens_of
from assistant_app.engine.runner import runner
from assistant_app.errors import Cancelled, ModelTimeout, Superseded
from assistant_app.llm.base import Call
from assistant_app.models import Application, ModelCall, Usage
from assistant_app.workflow.graph import build_graph
from tests.conftest import Person, stop
from tests.engine.conftest import used
from tests.engine.test_runner import all_but, at_once, send_feedback

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("one_day")]


# --- What is refused -----------------------------------------------------------------------------


def test_what_is_over_the_budget_calls_no_model_and_changes_nothing(budget, person, model):
    budget.MAX_DRAFTS_PER_DAY = 1
    person.give_input()
    before, asked = person.row, len(model.asked)
    error = person.fails_at("process_feedback", feedback="Warmer")
    assert (error.code, error.status) == ("budget_spent", 429)
    assert error.message == "You have used today's 1 draft. The next are free at 00:00."
    assert 0 < error.retry_after <= 25 * 3600
    assert (person.row.version, person.row.state, len(model.asked)) == (before.version, before.state, asked)


def test_accepting_is_free(budget, person, owner):
    budget.MAX_DRAFTS_PER_DAY, budget.MAX_RUNS_AT_ONCE = 1, 1
    person.give_input()
    Application.objects.create(
        **{"owner": owner, "next_step": "process_input", "status": "running"},
        **{"lease_token": person.app_id, "lease_expires_at": timezone.now() + timedelta(minutes=1)},
    )
    assert person.give_feedback("").status == "finished"
    assert used(owner) == (1, 0)


def test_what_is_wrong_otherwise_comes_first(budget, person, model):
    budget.MAX_DRAFTS_PER_DAY = 1
    gate = model.will_wait_to_write()
    run = person.begin("process_input", {"email_to_respond": "a", "response_instructions": "b"})
    model.wait_until_asked("draft")
    assert person.fails_at("process_feedback", feedback="x").code == "already_running"
    gate.set()
    run.ended.result(10)
    assert person.fails_at("clarify_instructions", answers=[]).code == "wrong_step"


def test_the_loser_of_a_race_for_the_last_draft_hears_of_the_race(budget, person, model):
    """Both pass the first check; at its claim, the second is also over the budget."""
    budget.MAX_DRAFTS_PER_DAY = 2
    person.give_input()
    gate = model.will_wait_to_write()
    results = at_once(2, send_feedback(person), gates=[gate], until=all_but(1))
    assert sorted(getattr(result, "code", "ran") for result in results) == ["already_running", "ran"]


def test_the_loser_of_a_race_for_the_only_place_hears_of_the_race(settings, person, model):
    settings.MAX_RUNS_AT_ONCE = 1
    model.will_write(ModelTimeout())
    person.fails_at("process_input", email_to_respond="a", response_instructions="b")
    gate = model.will_wait_to_write()
    results = at_once(2, person.retry, gates=[gate], until=all_but(1))
    assert sorted(getattr(result, "code", "ran") for result in results) == ["already_running", "ran"]


def test_a_strangers_drafts_are_not_ones_own(budget, person, stranger):
    budget.MAX_DRAFTS_PER_DAY = 1
    person.give_input()
    assert Person(stranger).give_input().status == "waiting"


def test_a_retry_is_judged_like_a_submit(budget, person, model):
    model.will_write(ModelTimeout())
    person.fails_at("process_input", email_to_respond="a", response_instructions="b")
    budget.MAX_DRAFTS_PER_DAY = 1
    Person(person.user).give_input()
    with pytest.raises(spending.BudgetSpent):
        person.retry()
    assert person.row.status == "failed"


def test_a_run_whose_process_is_gone_takes_no_place(settings, person, owner):
    settings.MAX_RUNS_AT_ONCE = 1
    other = Person(owner)
    values = {"status": "running", "lease_token": other.app_id}
    for minutes, code in ((1, "too_many_runs"), (-1, None)):
        expiry = timezone.now() + timedelta(minutes=minutes)
        Application.objects.filter(pk=other.app_id).update(lease_expires_at=expiry, **values)
        if code:
            error = person.fails_at("process_input", email_to_respond="a", response_instructions="b")
            assert (error.code, error.status, error.retry_after) == (code, 429, 5)
        else:
            assert person.give_input().status == "waiting"


def test_an_email_has_only_so_many_rounds(settings, person, model):
    settings.MAX_ROUNDS = 2
    person.give_input()
    person.give_feedback("Warmer")
    error = person.fails_at("process_feedback", feedback="Colder")
    assert (error.code, error.status) == ("too_many_rounds", 409)
    assert person.give_feedback("").state["final_draft"] == "Draft 2."


@pytest.mark.parametrize(
    ("step", "data"),
    [
        ("process_feedback", {"feedback": "Colder, too"}),
        ("regenerate", {}),
        ("edit_draft", {"text": "Hello Marta."}),
    ],
)
def test_the_drafts_of_an_email_are_only_so_long_together(settings, person, model, step, data):
    model.will_write("x" * 50)
    model.will_write("y" * 50)
    person.give_input()
    before, asked = person.give_feedback("Warmer"), len(model.asked)
    settings.MAX_DRAFTS_CHARACTERS = 105
    error = person.fails_at(step, **data)
    assert (error.code, error.status) == ("drafts_too_long", 409)
    assert (person.row.version, person.row.state, len(model.asked)) == (before.version, before.state, asked)
    assert person.give_feedback("").is_finished


def test_a_text_that_still_fits_becomes_a_draft(settings, person, model):
    model.will_write("x" * 50)
    person.give_input()
    settings.MAX_DRAFTS_CHARACTERS = 60
    error = person.fails_at("edit_draft", text="Hello Marta")
    assert "have 50 characters together, and this text has 11; 60 fit. Shorten it" in error.message
    assert person.send("edit_draft", text="Dear Marta").state["current_draft"] == "Dear Marta"


def test_not_even_the_first_run_of_a_day_may_need_more_than_the_day_has(settings, person, model):
    settings.MAX_TOKENS_PER_DAY = 3_000
    error = person.fails_at("process_input", email_to_respond="a", response_instructions="b")
    assert error.message.startswith("Too few of today's 3,000 tokens are left for this.")
    assert (model.asked, Usage.objects.count()) == ([], 0)


# --- What is given back, and what is not -----------------------------------------------------------


def test_questions_cost_no_draft(budget, person, model, owner):
    model.will_ask("When?")
    person.give_input()
    assert used(owner) == (0, 0)
    person.answer("Monday")
    assert used(owner) == (1, 0)


@pytest.mark.parametrize("questions_too", [True, False])
def test_a_failure_before_the_model_answered_gives_its_draft_back(
    budget, person, model, owner, questions_too
):
    if questions_too:
        model.will_fail_to_ask(ModelTimeout())
    model.will_write(ModelTimeout())
    person.fails_at("process_input", email_to_respond="a", response_instructions="b")
    assert used(owner) == (0, 0)


def test_a_failure_after_it_answered_does_not(budget, person, model, owner):
    model.will_write(["<reply>Dear ", ModelTimeout()])
    person.fails_at("process_input", email_to_respond="a", response_instructions="b")
    assert used(owner) == (1, 0)


def test_stopping_the_model_at_work_gives_nothing_back(budget, person, model, owner):
    model.will_wait_to_write()
    person.begin("process_input", {"email_to_respond": "a", "response_instructions": "b"})
    model.wait_until_asked("draft")
    stop(actor=owner, app_id=person.app_id)
    assert used(owner) == (1, 0)


def test_deleting_gives_nothing_back(budget, person, owner):
    person.give_input()
    operations.delete(actor=owner, app_id=person.app_id)
    assert used(owner) == (1, 0)


def test_deleting_while_it_is_written_gives_nothing_back(budget, person, model, owner):
    budget.MAX_TOKENS_PER_DAY = 100_000
    gate = model.will_wait_to_write("Dear ")
    run = person.begin("process_input", {"email_to_respond": "a", "response_instructions": "b"})
    model.wait_until_asked("draft")
    operations.delete(actor=owner, app_id=person.app_id)
    gate.set()
    assert isinstance(run.ended.result(10).error, Superseded)
    drafts, tokens = used(owner)
    assert drafts == 1
    assert tokens == sum(len(asked.text.split()) for asked in model.asked) + 2


def test_a_stop_by_another_process_settles_once(budget, person, model, owner, monkeypatch):
    monkeypatch.setattr(runner, "stop", lambda lease, reason, key: None)
    gate = model.will_wait_to_write()
    run = person.begin("process_input", {"email_to_respond": "a", "response_instructions": "b"})
    model.wait_until_asked("draft")
    assert stop(actor=owner, app_id=person.app_id).error_code == Cancelled.code
    gate.set()
    run.ended.result(10)
    assert used(owner) == (1, 0)


def test_the_tokens_that_were_counted_stand_for_those_reserved(settings, person, owner):
    settings.MAX_TOKENS_PER_DAY = 50_000
    person.give_input()
    spent = sum(call.tokens_in + call.tokens_out for call in ModelCall.objects.all())
    assert used(owner) == (1, spent)
    assert spending.left_today(owner.pk) == (None, 50_000 - spent)


@pytest.mark.parametrize(
    ("values", "tokens"),
    [
        ({"reply": "12345678", "tokens_in": 30, "tokens_out": 7}, 37),
        ({"reply": "12345678"}, 10 + 2),
        ({"reply": "12345678", "error_code": "model_failed"}, 10 + 2),
        ({"error_code": "cancelled"}, 10),
        ({"error_code": "model_timeout"}, 0),
    ],
)
def test_what_is_not_counted_is_estimated(values, tokens):
    call = Call(purpose="draft", provider="p", model="m", messages=[{"content": "x" * 40}], **values)
    assert tokens_of(call) == tokens


# --- The day ---------------------------------------------------------------------------------------


def test_a_new_day_begins_at_midnight(budget, person, owner, monkeypatch):
    budget.MAX_DRAFTS_PER_DAY = 1
    monkeypatch.setattr(spending, "today", lambda: date(2026, 3, 28))
    person.give_input()
    assert spending.left_today(owner.pk) == (0, None)
    assert person.fails_at("process_feedback", feedback="x").code == "budget_spent"
    monkeypatch.setattr(spending, "today", lambda: date(2026, 3, 29))
    assert spending.left_today(owner.pk) == (1, None)
    assert person.give_feedback("Warmer").status == "waiting"


def test_a_run_over_midnight_gives_back_to_the_day_it_began_on(budget, person, model, owner, monkeypatch):
    monkeypatch.setattr(spending, "today", lambda: date(2026, 3, 28))
    gate = model.will_wait_to_ask()
    model.will_write(ModelTimeout())
    run = person.begin("process_input", {"email_to_respond": "a", "response_instructions": "b"})
    model.wait_until_asked("questions")
    monkeypatch.setattr(spending, "today", lambda: date(2026, 3, 29))
    gate.set()
    run.ended.result(10)
    assert list(Usage.objects.values_list("day", "drafts")) == [(date(2026, 3, 28), 0)]


@pytest.mark.parametrize(
    ("now", "midnight"),
    [
        ("2026-01-10T22:59", "2026-01-10T23:00"),
        ("2026-01-10T23:00", "2026-01-11T23:00"),
        ("2026-03-28T23:00", "2026-03-29T22:00"),  # a day of 23 hours
        ("2026-10-24T22:00", "2026-10-25T23:00"),  # and one of 25
    ],
)
def test_midnight_is_that_of_the_time_zone(settings, now, midnight):
    settings.TIME_ZONE = "Europe/Berlin"
    moment = spending.next_midnight(datetime.fromisoformat(now).replace(tzinfo=UTC))
    assert moment.astimezone(UTC) == datetime.fromisoformat(midnight).replace(tzinfo=UTC)


def test_whether_a_run_may_call_the_model_is_seen_from_the_graph():
    graph = build_graph()
    asks = [action.name for action in graph.actions if may_call_model(graph, action.name)]
    assert sorted(asks) == ["determine_clarifications", "formulate_draft"]
