"""The checker of the chaos rig complains about each fault that is planted in a good record."""

import copy

import pytest

from tests.chaos.checker import letter, problems_of
from tests.chaos.records import Flow, Followed, Record, Sent
from tests.server.walking import STEPS

EMAIL, INSTRUCTIONS, ANSWER, FEEDBACK = "Where are they?", "On Thursday.", "At noon.", "Shorter."
FIRST, SECOND = letter(1), letter(2)


def state(version, feedback=(), drafts=(), final=None):
    return {
        "version": version,
        "status": "finished" if final else "waiting",
        "error": None,
        "email_to_respond": EMAIL,
        "response_instructions": INSTRUCTIONS,
        "answers": [ANSWER],
        "feedback_history": list(feedback),
        "drafts": list(drafts),
        "final_draft": final,
    }


def pieces(text):
    return [("token", {"text": text[start : start + 9]}) for start in range(0, len(text), 9)]


@pytest.fixture
def record():
    """What a run without a fault leaves."""
    follower = Followed([FIRST], [("state", {"status": "running"}), *pieces(SECOND), ("end", {})], True)
    late = Followed([FIRST], [("draft", {"text": SECOND[:40]}), *pieces(SECOND[40:]), ("end", {})], True)
    flow = Flow(
        "a",
        EMAIL,
        INSTRUCTIONS,
        [ANSWER],
        [FEEDBACK],
        states=[
            state(4, drafts=[FIRST]),
            state(6, [FEEDBACK], [FIRST, SECOND]),
            state(8, [FEEDBACK], [FIRST, SECOND], SECOND),
        ],
        sent=[Sent(4, (FEEDBACK,), True, 1, seen_before=1)],
        attempts=4,
        followed=[follower, late],
        path=list(STEPS),
        numbers=list(range(len(STEPS))),
        draft_calls=2,
        question_calls=1,
    )
    return Record([flow])


def test_a_good_record_has_no_problems(record):
    assert problems_of(record) == []


def test_a_taken_over_run_that_is_told_anew_is_no_problem(record):
    lost_run = [*pieces(letter(7)[:60]), ("draft", {"text": ""})]
    record.flows[0].followed[0].told[:0] = lost_run
    assert problems_of(record) == []


def lose_an_input(flow):
    flow.states[1]["feedback_history"] = []


def lose_it_at_the_end(flow):
    flow.states[-1]["answers"] = [""]


def double_an_input(flow):
    flow.states[-1]["feedback_history"] *= 2


def double_a_step(flow):
    flow.path.insert(3, "formulate_draft")


def double_a_number(flow):
    flow.numbers[-1] = flow.numbers[-2]


def let_two_clients_win(flow):
    flow.sent[0].winners = 2


def write_a_second_draft(flow):
    flow.states[-1]["drafts"].insert(1, letter(3))


def store_a_draft_with_another_appended(flow):
    flow.states[-1]["drafts"][-1] = flow.states[-1]["final_draft"] = FIRST + SECOND


def leave_a_follower_without_an_end(flow):
    flow.followed[0].has_ended = False


def tell_the_old_draft(flow):
    flow.followed[0].told[:0] = [("draft", {"text": FIRST})]


def tell_the_old_draft_before_it_is_replaced(flow):
    flow.followed[0].told[:0] = [("draft", {"text": FIRST}), ("draft", {"text": ""})]


def tell_late_text_of_a_lost_run(flow):
    flow.followed[0].told[:0] = pieces(letter(7)[:60])


def tell_a_piece_twice(flow):
    flow.followed[0].told.insert(5, flow.followed[0].told[4])


def leave_out_a_piece(flow):
    del flow.followed[0].told[8:10]


def pay_twice(flow):
    flow.draft_calls = 5


def refuse_without_a_reason(flow):
    flow.refused.append("PUT process_feedback: 500 internal_error")


PLANTED = {
    lose_an_input: "lost",
    lose_it_at_the_end: "lost",
    double_an_input: "doubled",
    double_a_step: "doubled",
    double_a_number: "doubled",
    let_two_clients_win: "clients won",
    write_a_second_draft: "3 drafts for 1 feedback",
    store_a_draft_with_another_appended: "several letters",
    leave_a_follower_without_an_end: "without an end",
    tell_the_old_draft: "earlier letter",
    tell_the_old_draft_before_it_is_replaced: "earlier letter",
    tell_late_text_of_a_lost_run: "several letters",
    tell_a_piece_twice: "missing or doubled words",
    leave_out_a_piece: "missing or doubled words",
    pay_twice: "paid twice",
    refuse_without_a_reason: "refused",
}


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.__name__)
def test_a_planted_fault_is_found(record, plant):
    planted = copy.deepcopy(record)
    plant(planted.flows[0])
    assert any(PLANTED[plant] in problem for problem in problems_of(planted)), problems_of(planted)


def test_a_lease_that_is_left_is_found(record):
    record.leases_left = 1
    assert problems_of(record) == ["1 leases are left"]


def test_an_email_that_does_not_end_is_found(record):
    record.unfinished.append("b")
    assert problems_of(record) == ["b: did not come to its end"]
