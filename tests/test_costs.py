"""Costs of calls by the price table: exact, and none without a price."""

from decimal import Decimal

import pytest

from assistant_app.inspection import costs
from assistant_app.models import ModelCall
from emailassistant import env

PRICES = {"gpt-5-mini": {"in": Decimal("0.25"), "out": Decimal(2)}}


def call(model="gpt-5-mini", tokens_in=2_000_000, tokens_out=500_000, **values):
    return ModelCall(model=model, tokens_in=tokens_in, tokens_out=tokens_out, duration=2.5, **values)


@pytest.fixture
def prices(settings):
    settings.MODEL_PRICES = PRICES


def test_a_million_tokens_cost_their_price(prices):
    assert costs.of_call(call()) == Decimal("1.5")
    assert costs.of_call(call(tokens_out=None)) == Decimal("0.5")


def test_without_a_price_or_a_count_there_is_no_cost(prices):
    assert costs.of_call(call(model="other")) is None
    assert costs.of_call(call(tokens_in=None, tokens_out=None)) is None
    assert costs.total([call(model="other")]).cost is None


def test_a_total_says_what_it_leaves_out(prices):
    total = costs.total(
        [call(), call(), call(model="other"), call(tokens_in=None, tokens_out=None, error_code="x")]
    )
    assert (total.calls, total.failed, total.tokens_in, total.tokens) == (4, 1, 6_000_000, 7_500_000)
    assert (total.cost, total.without_cost, total.seconds) == (Decimal(3), 1, 10.0)
    assert total.is_partial


@pytest.fixture
def read(monkeypatch):
    monkeypatch.setattr(env, "PROBLEMS", [])

    def read(value):
        monkeypatch.setenv("MODEL_PRICES", value)
        return env.prices("MODEL_PRICES")

    return read


def test_the_table_is_read_to_the_last_digit(read):
    assert read('{"gpt-5-mini": {"in": 0.25, "out": 2}, "free": {"in": 0, "out": 0}}') == {
        **PRICES,
        "free": {"in": 0, "out": 0},
    }
    assert read("") == {}
    assert env.PROBLEMS == []


@pytest.mark.parametrize(
    "value",
    [
        "0.25",
        "[]",
        "{",
        '{"m": 2}',
        '{"m": {"in": 1}}',
        '{"m": {"in": "much", "out": 1}}',
        '{"m": {"in": -1, "out": 1}}',
        '{"m": {"in": NaN, "out": 1}}',
        '{"m": {"in": 1, "out": 1, "cached": 1}}',
        '{"m": {"in": null, "out": 1}}',
    ],
)
def test_a_table_that_makes_no_sense_is_refused_by_name(read, value):
    assert read(value) == {}
    assert [problem.name for problem in env.PROBLEMS] == ["MODEL_PRICES"]
