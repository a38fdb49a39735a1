"""Parallel submits spend no more than sequential ones. Without the guards they spend more."""

import threading

import pytest
from django.db import connection

from assistant_app.engine import budget as spending
from assistant_app.models import ModelCall
from tests.conftest import Person
from tests.engine.conftest import used
from tests.engine.test_runner import all_but, at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("one_day")]
TEN = 10


def give_input_to_each(people, **held):
    """Send all their emails at the same moment; return the result of each as a code."""
    queue = list(people)
    results = at_once(len(people), lambda: queue.pop().give_input(), **held)
    return sorted(getattr(result, "code", "ran") for result in results)


@pytest.fixture
def people(owner, model):
    """Ten emails of one owner that wait for input."""
    return [Person(owner) for _ in range(TEN)]


def test_of_ten_in_parallel_no_more_run_than_the_budget_allows(budget, people, model, owner):
    codes = give_input_to_each(people)
    assert codes == ["budget_spent"] * (TEN - 3) + ["ran"] * 3
    assert len(model.calls_for("questions")) == len(model.calls_for("draft")) == 3
    assert used(owner) == (3, 0)


def test_without_the_guard_those_who_looked_before_spend_more(budget, people, model, owner, monkeypatch):
    """The race is real: each sees that three are left, and without the condition all of them spend."""
    monkeypatch.setattr(spending, "_budget", lambda: (spending.NO_LIMIT, spending.NO_LIMIT))
    looked = threading.Barrier(TEN)
    queue = list(people)

    def look_and_spend():
        person = queue.pop()
        left, _ = spending.left_today(owner.pk)
        connection.close()
        looked.wait()
        return person.give_input() if left else None

    at_once(TEN, look_and_spend)
    assert len(model.calls_for("draft")) == TEN


def test_parallel_runs_stay_within_the_tokens_too(settings, people, model, owner):
    settings.MAX_RUNS_AT_ONCE, settings.MAX_TOKENS_PER_DAY = 0, 10_000
    gates = [model.will_wait_to_ask() for _ in range(TEN)]
    codes = give_input_to_each(people, gates=gates, until=all_but(2))  # tokens for two
    spent = sum(call.tokens_in + call.tokens_out for call in ModelCall.objects.all())
    assert codes == ["budget_spent"] * (TEN - 2) + ["ran"] * 2
    assert used(owner)[1] == spent <= 10_000


def test_of_ten_in_parallel_no_more_are_under_way_than_may_be(settings, people, model):
    settings.MAX_RUNS_AT_ONCE = 4
    gates = [model.will_wait_to_ask() for _ in range(TEN)]
    codes = give_input_to_each(people, gates=gates, until=all_but(4))
    assert codes == ["ran"] * 4 + ["too_many_runs"] * (TEN - 4)
    assert len(model.calls_for("questions")) == 4


def test_without_its_guard_all_ten_are_under_way(settings, people, model, monkeypatch):
    settings.MAX_RUNS_AT_ONCE = 4
    monkeypatch.setattr(spending, "room", lambda owner_id: None)
    gates = [model.will_wait_to_ask() for _ in range(TEN)]
    codes = give_input_to_each(
        people, gates=gates, until=lambda results: len(model.calls_for("questions")) == TEN
    )
    assert codes == ["ran"] * TEN


def test_a_limit_of_zero_is_no_limit(settings, people, owner):
    settings.MAX_RUNS_AT_ONCE = 0
    assert give_input_to_each(people) == ["ran"] * TEN
    assert spending.left_today(owner.pk) == (None, None)
