"""The drawing of a state machine: plain values in, plain values out."""

import re
from itertools import pairwise

import pytest

from assistant_app.inspection.drawing import (
    BOX_HEIGHT,
    Edge,
    condition_in_words,
    draw,
    in_order,
)

ACTIONS = {"ask": True, "look": False, "answer": True, "write": False, "judge": True, "end": False}
EDGES = [
    Edge("ask", "look"),
    Edge("look", "answer", "if questions"),
    Edge("look", "write", "otherwise"),
    Edge("answer", "write"),
    Edge("write", "judge"),
    Edge("judge", "write", "if feedback"),
    Edge("judge", "end", "otherwise"),
]


def drawn(way=(), now="", actions=ACTIONS, edges=EDGES, **options):
    return draw(actions=actions, edges=edges, entrypoint="ask", way=way, now=now, **options)


def box(drawing, name):
    return next(box for box in drawing.boxes if box.name == name)


def arrow(drawing, title):
    return next(arrow for arrow in drawing.arrows if arrow.title.startswith(title))


def points(arrow):
    """The corners of an arrow made of M, V and H."""
    x = y = 0
    for command, first, second in re.findall(r"([MVH])(-?\d+)(?: (-?\d+))?", arrow.path):
        x, y = (int(first), int(second)) if command == "M" else (x, y)
        x = int(first) if command == "H" else x
        y = int(first) if command == "V" else y
        yield x, y


def test_actions_stand_in_the_order_in_which_they_are_run():
    assert [box.name for box in drawn().boxes] == ["ask", "look", "answer", "write", "judge", "end"]


def test_the_order_follows_the_arrows_and_not_the_declaration():
    shuffled = dict(sorted(ACTIONS.items()))
    assert in_order(shuffled, EDGES, "ask") == list(ACTIONS)


def test_a_person_is_round_and_the_model_is_square():
    assert box(drawn(), "answer").radius == BOX_HEIGHT // 2
    assert box(drawn(), "write").radius == 4


def test_the_way_taken_is_told_from_the_rest():
    drawing = drawn(way=["ask", "look", "write"], now="judge")
    assert [box.kind for box in drawing.boxes] == ["went", "went", "off", "went", "here", "off"]
    taken = {arrow.title for arrow in drawing.arrows if arrow.kind == "took"}
    assert taken == {"Ask to Look", "Look to Write, otherwise", "Write to Judge"}


def test_only_steps_that_followed_each_other_make_an_arrow_taken():
    drawing = drawn(way=["ask", "look", "answer", "write"], now="judge")
    assert arrow(drawing, "Look to Write").kind == "off"


def test_what_was_sent_instead_of_what_was_due_is_taken_too():
    actions = ACTIONS | {"edit": True, "undo": True}
    choices = [
        Edge("write", "edit", "if"),
        Edge("edit", "judge"),
        Edge("write", "undo"),
        Edge("undo", "judge"),
    ]
    way = ["ask", "look", "write", "edit", "undo", "edit"]
    drawing = drawn(way=way, now="judge", actions=actions, edges=[*choices, *EDGES])
    taken = {arrow.title for arrow in drawing.arrows if arrow.kind == "took"}
    assert taken == {
        *("Ask to Look", "Look to Write, otherwise", "Write to Edit, if", "Write to Undo"),
        *("Edit to Judge", "Undo to Judge"),
    }


def test_a_finished_way_ends_where_it_is():
    drawing = drawn(way=["ask", "look", "write", "judge", "end"], now="end")
    assert box(drawing, "end").kind == "here"
    assert arrow(drawing, "Judge to End").kind == "took"


def test_before_the_first_step_only_the_first_box_is_marked():
    drawing = drawn(now="ask")
    assert [box.kind for box in drawing.boxes] == ["here", "off", "off", "off", "off", "off"]
    assert {arrow.kind for arrow in drawing.arrows} == {"off"}


def test_a_box_says_how_often_it_was_run_and_where_it_stands():
    drawing = drawn(way=["ask", "look", "write", "judge", "write"], now="judge")
    assert box(drawing, "write").note == "write · 2 times"
    assert box(drawing, "judge").note == "judge · now here"


def test_the_description_tells_the_way_in_words():
    drawing = drawn(way=["ask", "look", "write"], now="judge")
    assert drawing.description == "Taken: Ask, Look, Write. Now at: Judge. Not yet: Answer, End."


def test_an_action_may_be_called_by_other_words_than_its_name():
    drawing = drawn(way=["ask"], now="look", words=str.upper)
    assert (box(drawing, "ask").label, box(drawing, "ask").note) == ("ASK", "ask")
    assert "Taken: ASK." in drawing.description
    assert "ASK to LOOK" in {arrow.title for arrow in drawing.arrows}


def test_everything_lies_within_the_drawing():
    drawing = drawn()
    for x, y in (point for arrow in drawing.arrows for point in points(arrow)):
        assert 0 <= x <= drawing.width
        assert 0 <= y <= drawing.height
    assert max(box.x + box.width for box in drawing.boxes) <= drawing.width
    assert max(box.y + box.height for box in drawing.boxes) <= drawing.height


@pytest.mark.parametrize("arrow", drawn().arrows, ids=lambda arrow: arrow.title)
def test_no_arrow_crosses_a_box(arrow):
    corners = list(points(arrow))
    for (x1, y1), (x2, y2) in pairwise(corners):
        for box in drawn().boxes:
            inside_x = max(min(x1, x2), box.x + 1) < min(max(x1, x2) + 1, box.x + box.width - 1)
            inside_y = max(min(y1, y2), box.y + 1) < min(max(y1, y2) + 1, box.y + box.height - 1)
            assert not (inside_x and inside_y)


def test_arrows_that_pass_the_same_boxes_have_lanes_of_their_own():
    edges = [*EDGES, Edge("ask", "judge"), Edge("end", "ask")]
    drawing = drawn(edges=edges)
    lanes = [arrow.path.split("H")[1].split("V")[0] for arrow in drawing.arrows if arrow.turn]
    assert len(lanes) == 4
    assert len(set(lanes)) == 4


def test_an_added_step_is_drawn_where_it_is_run():
    actions = ACTIONS | {"sign": True}
    edges = [*EDGES[:-1], Edge("judge", "sign", "otherwise"), Edge("sign", "end")]
    drawing = drawn(actions=actions, edges=edges)
    assert [box.name for box in drawing.boxes][-2:] == ["sign", "end"]
    assert box(drawing, "sign").radius == BOX_HEIGHT // 2


def test_an_action_that_nothing_leads_to_is_drawn_last():
    drawing = drawn(actions=ACTIONS | {"alone": False})
    assert drawing.boxes[-1].name == "alone"


def test_an_action_that_leads_to_itself_leaves_and_arrives_apart():
    drawing = drawn(edges=[*EDGES, Edge("write", "write")])
    corners = list(points(arrow(drawing, "Write to Write")))
    assert corners[0] != corners[-1]


def test_a_label_that_does_not_fit_is_cut_and_whole_in_the_title():
    label = "if " + "something that takes long to say " * 3
    drawing = drawn(edges=[Edge("ask", "look", label), *EDGES[1:]])
    assert drawing.arrows[0].label.endswith("…")
    assert label in drawing.arrows[0].title


@pytest.mark.parametrize(
    ("name", "is_default", "is_alone", "words"),
    [
        ("default", True, True, ""),
        ("default", True, False, "otherwise"),
        ("len(clarification_questions) > 0", False, False, "if clarification questions"),
        ("tone == 'formal'", False, False, "tone == 'formal'"),
    ],
)
def test_a_condition_is_said_in_words(name, is_default, is_alone, words):
    assert condition_in_words(name, is_default, is_alone) == words
