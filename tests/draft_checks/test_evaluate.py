"""The labelled emails that `make evaluate` measures, and what it prints."""

import json
from collections import Counter

import pytest

from tests.draft_checks import evaluate
from tests.draft_checks.evaluate import Figures, figures_of, published, table

LANGUAGES = {"en", "de", "fr", "es", "it", "nl", "pl", "pt", "sv", "cs", "ja", "zh"}


@pytest.mark.parametrize(
    ("path", "fewest"), [(evaluate.PUBLISHED, 4), (evaluate.HELD_OUT, 5), (evaluate.SEVERAL_VALUES, 2)]
)
def test_emails_in_each_language_are_labelled(path, fewest):
    emails = Counter(labelled["language"] for labelled in json.loads(path.read_text()))

    assert set(emails) == LANGUAGES
    assert min(emails.values()) >= fewest


@pytest.mark.parametrize("path", [evaluate.PUBLISHED, evaluate.HELD_OUT, evaluate.SEVERAL_VALUES])
def test_each_planted_error_changes_the_draft(path):
    errors = [case for case in published(path) if case["kind"] == "error"]

    assert len(errors) > 100
    assert all(case["draft"] != case["base"] for case in errors)


@pytest.mark.parametrize(
    ("path", "false_missing"),
    [(evaluate.PUBLISHED, 0), (evaluate.HELD_OUT, 1), (evaluate.SEVERAL_VALUES, 0)],
)
def test_the_published_drafts_that_are_right_have_no_alarm(path, false_missing):
    figures = figures_of(case for case in published(path) if case["kind"] == "natural")

    assert (figures.false_alarms, figures.false_missing) == (0, false_missing)


def test_the_table_compares_with_the_previous_release():
    before = Figures(drafts=2, with_false_alarm=2, errors=Counter(dropped=3), shown=Counter(dropped=1))
    now = Figures(drafts=2, with_false_alarm=0, errors=Counter(dropped=3), shown=Counter(dropped=3))

    lines = list(table(now, before))

    assert "| of them with a false alarm | 2 | 0 |" in lines
    assert "| dropped | 1 of 3 | 3 of 3 |" in lines


def test_an_alarm_counts_once_for_an_email_and_is_right_where_it_is_labelled():
    case = next(case for case in published() if case["kind"] == "natural" and case["id"].startswith("en"))
    wrong = {**case, "draft": case["draft"] + "\n\nIt takes 77 weeks."}

    assert figures_of([wrong, wrong]).false_alarms == figures_of([case]).false_alarms + 1
    labelled = {**wrong, "right_alarms": ["77 weeks"]}
    assert figures_of([labelled]).right_alarms == 1


def test_an_error_in_a_quiet_note_is_shown_but_not_among_the_things_to_check():
    case = {
        "id": "en01.amount-changed",
        "kind": "error",
        "error": "amount-changed",
        "email": "The door is €300, the lock €80.",
        "instructions": "",
        "answers": [],
        "feedback": [],
        "by_hand": [],
        "known": "",
        "base": "I pay for the door.",
        "draft": "I pay €380 for the door.",
    }

    figures = figures_of([case, {**case, "draft": "I pay €390 for the door."}])

    assert (figures.shown["amount-changed"], figures.listed) == (2, 1)


def test_a_link_of_the_email_in_a_draft_that_is_right_is_a_false_alarm():
    case = next(case for case in published() if case["kind"] == "natural" and case["id"].startswith("en"))
    link = "https://pay.example.net/now"
    wrong = {**case, "email": f"{case['email']}\n{link}", "draft": f"{case['draft']}\n\n{link}"}

    assert figures_of([wrong]).false_alarms == figures_of([case]).false_alarms + 1


def test_most_values_that_stand_with_each_others_item_are_shown():
    figures = figures_of(published(evaluate.SEVERAL_VALUES))
    kinds = [kind for kind in figures.errors if kind.endswith("-swapped")]

    assert sum(figures.errors[kind] for kind in kinds) == 58
    assert sum(figures.shown[kind] for kind in kinds) >= 41
