"""A state machine as a drawing: where its boxes and arrows go, and which way was taken.

Pure: plain values in, plain values out. Knows neither Django nor Burr, and writes no markup.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from django.utils.translation import gettext, ngettext

from assistant_app.contract.wording import in_words
from assistant_app.translation import translated

BOX_WIDTH, BOX_HEIGHT, ROW = 304, 52, 96
MARGIN = 8
LANE = 36  # between two arrows that pass boxes on the same side
ATTACH = 8  # from the middle of a box's side to where arrows leave and arrive
CHARACTER = 5.2  # width of a letter of an arrow's label

WENT, HERE, OFF, TOOK = "went", "here", "off", "took"


@dataclass(frozen=True, slots=True)
class Edge:
    """One transition; `label` says when it is taken."""

    source: str
    target: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Box:
    name: str
    label: str
    note: str  # the name, and how often it was run
    kind: str  # WENT, HERE or OFF
    x: int
    y: int
    radius: int  # round: a person; square: a model or a program
    width: int = BOX_WIDTH
    height: int = BOX_HEIGHT

    @property
    def middle(self) -> int:
        return self.x + self.width // 2

    @property
    def label_y(self) -> int:
        return self.y + 23

    @property
    def note_y(self) -> int:
        return self.y + 40


@dataclass(frozen=True, slots=True)
class Arrow:
    path: str  # an SVG path's `d`
    kind: str  # TOOK or OFF
    title: str
    label: str = ""  # what fits of the edge's
    x: int = 0
    y: int = 0
    turn: str = ""  # an SVG `transform` for the label


@dataclass(frozen=True, slots=True)
class Drawing:
    width: int
    height: int
    description: str
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]


def draw(
    *,
    actions: Mapping[str, bool],
    edges: Sequence[Edge],
    entrypoint: str,
    way: Sequence[str] = (),
    now: str = "",
    words: Callable[[str], str] = in_words,
) -> Drawing:
    """Lay the actions out from top to bottom; `actions` says of each whether it waits for a person.

    `way` holds the actions that were run, oldest first; `now` is the one that is due, or the last;
    `words` is what an action is called.
    """
    rows = {name: row for row, name in enumerate(in_order(actions, edges, entrypoint))}
    passing = [edge for edge in edges if rows[edge.target] != rows[edge.source] + 1]
    left = _lanes([edge for edge in passing if rows[edge.target] > rows[edge.source]], rows)
    right = _lanes([edge for edge in passing if rows[edge.target] <= rows[edge.source]], rows)
    x = MARGIN + _room(left)
    taken = _taken([*way, now] if way and now and way[-1] != now else way, edges)
    ran = Counter(way)
    return Drawing(
        width=x + BOX_WIDTH + _room(right) + MARGIN,
        height=len(rows) * ROW - (ROW - BOX_HEIGHT) + 2 * MARGIN,
        description=describe(list(rows), way, now, words),
        boxes=tuple(
            _box(name, words(name), x, row, actions[name], ran[name], now) for name, row in rows.items()
        ),
        arrows=tuple(
            _arrow(edge, words, x, rows, left, right, (edge.source, edge.target) in taken) for edge in edges
        ),
    )


def _taken(way: Sequence[str], edges: Sequence[Edge]) -> set[tuple[str, str]]:
    """Return the arrows of a way, each as source and target.

    Where none leads from one step to the next, that one was sent instead of what was due: then those
    count that lead to it, and the one to what was due.
    """
    arrows = {(edge.source, edge.target) for edge in edges}
    steps = set(pairwise(way))
    for source, target in steps - arrows:
        steps |= {arrow for arrow in arrows if arrow[1] == target}
        due = [arrow for arrow in arrows if arrow[0] == source]
        steps |= set(due) if len(due) == 1 else set()
    return steps


def in_order(actions: Iterable[str], edges: Sequence[Edge], entrypoint: str) -> list[str]:
    """Return the actions in topological order, ignoring back edges."""
    order: list[str] = []
    seen: set[str] = set()

    def visit(name: str) -> None:
        seen.add(name)
        for edge in edges:
            if edge.source == name and edge.target not in seen:
                visit(edge.target)
        order.append(name)

    visit(entrypoint)
    return [*reversed(order), *(name for name in actions if name not in seen)]


def describe(names: Sequence[str], way: Sequence[str], now: str, words: Callable[[str], str]) -> str:
    """Return in words what the drawing shows."""
    missing = [name for name in names if name not in way and name != now]
    parts = [
        (gettext("Taken: %(steps)s."), way),
        (gettext("Now at: %(steps)s."), [now] if now else []),
        (gettext("Not yet: %(steps)s."), missing),
    ]
    return " ".join(said % {"steps": ", ".join(map(words, some))} for said, some in parts if some)


def condition_in_words(name: str, is_default: bool, is_alone: bool) -> str:
    """Return when a transition is taken: nothing if it always is, and short for "the list is not empty"."""
    if is_default:
        return "" if is_alone else gettext("otherwise")
    some = re.fullmatch(r"len\((\w+)\) > 0", name)
    return gettext("if %(key)s") % {"key": some[1].replace("_", " ")} if some else translated(name)


def _lanes(edges: list[Edge], rows: Mapping[str, int]) -> dict[Edge, int]:
    """Give each edge the lane nearest to the boxes in which no other one is in its way."""
    lanes: dict[Edge, int] = {}
    for edge in sorted(edges, key=lambda edge: abs(rows[edge.target] - rows[edge.source])):
        in_the_way = {lane for other, lane in lanes.items() if _overlap(edge, other, rows)}
        lanes[edge] = next(lane for lane in range(len(edges)) if lane not in in_the_way)
    return lanes


def _overlap(one: Edge, other: Edge, rows: Mapping[str, int]) -> bool:
    first, second = (sorted((rows[edge.source], rows[edge.target])) for edge in (one, other))
    return first[0] <= second[1] and second[0] <= first[1]


def _room(lanes: Mapping[Edge, int]) -> int:
    return LANE * (1 + max(lanes.values(), default=-1)) + (ATTACH if lanes else 0)


def _times(ran: int) -> str:
    return ngettext("%(number)s time", "%(number)s times", ran) % {"number": ran}


def _box(name: str, label: str, x: int, row: int, is_human: bool, ran: int, now: str) -> Box:
    notes = [name, *([_times(ran)] if ran > 1 else []), *([gettext("now here")] if name == now else [])]
    return Box(
        name=name,
        label=label,
        note=" · ".join(notes),
        kind=HERE if name == now else WENT if ran else OFF,
        x=x,
        y=MARGIN + row * ROW,
        radius=BOX_HEIGHT // 2 if is_human else 4,
    )


def _arrow(
    edge: Edge,
    words: Callable[[str], str],
    x: int,
    rows: Mapping[str, int],
    left: Mapping[Edge, int],
    right: Mapping[Edge, int],
    is_taken: bool,
) -> Arrow:
    kind = TOOK if is_taken else OFF
    names = {"source": words(edge.source), "target": words(edge.target), "condition": edge.label}
    said = (
        gettext("%(source)s to %(target)s, %(condition)s")
        if edge.label
        else gettext("%(source)s to %(target)s")
    )
    title = said % names
    if edge in left:
        return _passing(edge, kind, title, rows, side=x, lane=x - LANE * (left[edge] + 1) + ATTACH, turn=-90)
    if edge in right:
        side = x + BOX_WIDTH
        lane = side + LANE * (right[edge] + 1) - ATTACH
        return _passing(edge, kind, title, rows, side=side, lane=lane, turn=90)
    middle = x + BOX_WIDTH // 2
    top = MARGIN + rows[edge.source] * ROW + BOX_HEIGHT
    label = _cut(edge.label, BOX_WIDTH // 2 - 10)
    return Arrow(f"M{middle} {top}V{top + ROW - BOX_HEIGHT - 2}", kind, title, label, middle + 10, top + 26)


def _passing(
    edge: Edge, kind: str, title: str, rows: Mapping[str, int], *, side: int, lane: int, turn: int
) -> Arrow:
    """An arrow that leaves a box at its side and passes others in a lane of its own."""
    start, end = (MARGIN + rows[name] * ROW + BOX_HEIGHT // 2 for name in (edge.source, edge.target))
    start, end = start + ATTACH, end - ATTACH
    tip = side - 2 if lane < side else side + 2
    x, y = lane + (-6 if turn < 0 else 6), (start + end) // 2
    return Arrow(
        path=f"M{side} {start}H{lane}V{end}H{tip}",
        kind=kind,
        title=title,
        label=_cut(edge.label, max(abs(end - start), ROW)),
        x=x,
        y=y,
        turn=f"rotate({turn} {x} {y})",
    )


def _cut(label: str, room: int) -> str:
    fits = int(room / CHARACTER)
    return label if len(label) <= fits else label[: fits - 1].rstrip() + "…"
