"""A small chart of bars, one for each day: where they go. Pure: writes no markup."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from assistant_app.inspection.costs import Totals

WIDTH, HEIGHT = 720, 120
GAP = 0.25  # of a day's room


@dataclass(frozen=True, slots=True)
class Bar:
    """A day: the tokens that the model read below, those that it wrote on top."""

    day: date
    tokens: int
    x: float
    width: float
    read_y: float
    read_height: float
    written_y: float
    written_height: float


@dataclass(frozen=True, slots=True)
class Chart:
    bars: tuple[Bar, ...]  # of days with tokens
    first: date
    last: date
    most: int  # tokens on one day
    width: int = WIDTH
    height: int = HEIGHT


def of_days(days: Mapping[date, Totals]) -> Chart:
    """Return the chart of these days, oldest first; there is at least one."""
    most = max(totals.tokens for totals in days.values())
    room = WIDTH / len(days)
    bars = [
        _bar(day, totals, n * room, room, most)
        for n, (day, totals) in enumerate(days.items())
        if totals.tokens
    ]
    return Chart(tuple(bars), min(days), max(days), most)


def _bar(day: date, totals: Totals, left: float, room: float, most: int) -> Bar:
    read, written = (HEIGHT * tokens / most for tokens in (totals.tokens_in, totals.tokens_out))
    return Bar(
        day=day,
        tokens=totals.tokens,
        x=round(left + room * GAP / 2, 2),
        width=round(room * (1 - GAP), 2),
        read_y=round(HEIGHT - read, 2),
        read_height=round(read, 2),
        written_y=round(HEIGHT - read - written, 2),
        written_height=round(written, 2),
    )
