"""The chart of days: bars within it, read below and written on top."""

from datetime import date, timedelta
from itertools import pairwise

from assistant_app.inspection import chart
from assistant_app.inspection.costs import Totals

FIRST = date(2026, 1, 1)


def days(*tokens):
    return {
        FIRST + timedelta(days=n): Totals(tokens_in=read, tokens_out=written)
        for n, (read, written) in enumerate(tokens)
    }


def test_the_busiest_day_is_as_high_as_the_chart():
    drawn = chart.of_days(days((30, 10), (0, 0), (10, 10)))
    highest, lower = drawn.bars
    assert (highest.written_y, highest.written_height + highest.read_height) == (0, chart.HEIGHT)
    assert (lower.read_height, lower.written_height) == (chart.HEIGHT / 4, chart.HEIGHT / 4)
    assert lower.written_y + lower.written_height == lower.read_y
    assert lower.read_y + lower.read_height == chart.HEIGHT
    assert (drawn.most, drawn.first, drawn.last) == (40, FIRST, FIRST + timedelta(days=2))


def test_bars_lie_side_by_side_within_the_chart():
    bars = chart.of_days(days(*[(1, 1)] * 365)).bars
    assert len(bars) == 365
    assert all(one.x + one.width <= other.x for one, other in pairwise(bars))
    assert bars[0].x > 0
    assert bars[-1].x + bars[-1].width < chart.WIDTH


def test_without_a_token_there_is_no_bar():
    assert chart.of_days(days((0, 0))).bars == ()
