"""The flow as a screen reader has it: the accessibility tree of each page, in the order of reading."""

import re

import pytest

from tests.browser import stage as states

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

EMAIL = [r'region "The email from Marta Kowalczyk"', "According to the confirmation", "What you asked for"]


def assert_is_read(page, *parts):
    """The tree has these parts, each behind the one before."""
    tree, place = page.locator("body").aria_snapshot(), 0
    for part in parts:
        found = re.compile(part).search(tree, place)
        assert found, f"{part} is not behind what comes before it:\n{tree}"
        place = found.end()


def test_a_new_reply_is_read_from_the_email_to_the_button(stage):
    states.new(stage)
    assert_is_read(
        stage.page,
        r'link "Skip to content"',
        r'heading "New reply" \[level=1\]',
        r'textbox "The email you’re replying to"',
        r'button "Choose an .eml file"',
        r'group "Ideas"',
        r'checkbox "No, thanks"',
        r'textbox "What do you want to say\? Optional"',
        r'button "Draft a reply"',
    )


def test_questions_are_read_behind_the_email_each_with_its_reason_before_its_field(stage):
    states.questions(stage)
    assert_is_read(
        stage.page,
        r'heading "Late delivery of order 4471" \[level=1\]',
        "paragraph: 2 questions for you",
        *EMAIL,
        r'region "Your reply"',
        r'heading "2 quick questions" \[level=2\]',
        r'link "Change who gets the reply"',
        r'group "1 Does the 5 % apply',
        "part of the order comes later",
        'textbox "In your own words: Does the 5 % apply',
        r'group "2 Who should Marta contact',
        r'button "Skip questions"',
        r'button "Draft the reply"',
    )


def test_a_draft_under_way_is_read_up_to_stop(stage):
    states.writing(stage)
    assert_is_read(
        stage.page,
        "paragraph: Writing draft 2",
        *EMAIL,
        r'heading "Draft 2" \[level=2\]',
        r'article "Draft 2"',
        r'group "Writing draft 2"',
        r'button "Stop"',
    )


def test_a_draft_is_read_before_its_checks_and_what_may_be_done_with_it(stage):
    states.worth_a_look(stage)
    assert_is_read(
        stage.page,
        "paragraph: Draft 3 is ready",
        *EMAIL,
        r'heading "Draft 3 of 3" \[level=2\]',
        r'button "Copy draft 3"',
        r'article "Draft 3 of 3"',
        "60 of the 96 sensors",
        r'link "Jonas Lie"',
        r'heading "7 things to check" \[level=3\]',
        "Missing: 36",
        "Placeholder left",
        r'form "Feedback"',
        r'textbox "Any changes\?"',
        r'button "Send feedback"',
        r'button "Accept"',
    )


def test_an_accepted_reply_is_read_with_its_recipients_before_the_copy(stage):
    states.finished(stage)
    assert_is_read(
        stage.page,
        "paragraph: Accepted",
        r'heading "Ready to send"',
        "You planned a crew",
        r'button "Copy"',
    )
