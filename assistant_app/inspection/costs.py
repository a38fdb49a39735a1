"""Cost of model calls by the operator's price table, and totals over calls.

A model without a price has no cost; nothing is guessed. Money is `Decimal` in the table's currency.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings

from assistant_app.models import ModelCall

NO_FAILURE = ("", "cancelled")  # error codes of calls that went well, or were stopped
MILLION = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Sums over calls. `cost` covers the calls with a known cost; it is None if there are none."""

    calls: int = 0
    failed: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    seconds: float = 0.0
    cost: Decimal | None = None
    without_cost: int = 0  # successful calls with unknown cost

    def __add__(self, other: Totals) -> Totals:
        costs = [cost for cost in (self.cost, other.cost) if cost is not None]
        return Totals(
            calls=self.calls + other.calls,
            failed=self.failed + other.failed,
            tokens_in=self.tokens_in + other.tokens_in,
            tokens_out=self.tokens_out + other.tokens_out,
            seconds=self.seconds + other.seconds,
            cost=sum(costs, Decimal(0)) if costs else None,
            without_cost=self.without_cost + other.without_cost,
        )

    @property
    def tokens(self) -> int:
        return self.tokens_in + self.tokens_out

    @property
    def is_partial(self) -> bool:
        """Return whether the real cost is higher than `cost`."""
        return self.cost is not None and self.without_cost > 0


def of_tokens(model: str, tokens_in: int | None, tokens_out: int | None) -> Decimal | None:
    """Return the cost of these tokens; None if the model has no price or the tokens were not counted."""
    price: Mapping[str, Decimal] | None = settings.MODEL_PRICES.get(model)
    if price is None or tokens_in is tokens_out is None:
        return None
    return (price["in"] * (tokens_in or 0) + price["out"] * (tokens_out or 0)) / MILLION


def of_call(call: ModelCall) -> Decimal | None:
    return of_tokens(call.model, call.tokens_in, call.tokens_out)


def total(calls: Iterable[ModelCall]) -> Totals:
    return sum((_totals_of(call) for call in calls), Totals())


def _totals_of(call: ModelCall) -> Totals:
    cost = of_call(call)
    return Totals(
        calls=1,
        failed=0 if call.error_code in NO_FAILURE else 1,
        tokens_in=call.tokens_in or 0,
        tokens_out=call.tokens_out or 0,
        seconds=call.duration,
        cost=cost,
        without_cost=1 if cost is None and not call.error_code else 0,
    )
