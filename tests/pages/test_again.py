"""Pressed twice, refused, put aside: nothing is made twice, and no text is lost or held on to."""

import pytest

from tests.conftest import wait_for_runs

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def at_draft_1(person, page_of):
    person.give_input()
    return page_of(person)


def press(browser, button, **typed):
    browser.press(button, **typed)
    wait_for_runs()
    return browser.open(browser.address)


def edit(browser):
    return browser.open(browser.page.links["Edit"].partition("#")[0])


@pytest.mark.parametrize("button", ["Save as draft 2", "Save and finish"])
def test_an_edited_text_that_was_sent_twice_is_told_as_sent(at_draft_1, other_window, person, button):
    edit(at_draft_1)
    edit(other_window.open(at_draft_1.address.partition("drafts")[0]))
    press(other_window, button, text="My own words.")
    at_draft_1.press(button, text="My own words.")
    assert at_draft_1.status == 200
    assert not at_draft_1.says("not sent")
    assert person.row.is_finished is (button == "Save and finish")
    assert person.row.state["draft_history"][1:] == ["My own words."]


def test_an_edited_text_that_another_one_was_faster_than_is_told_as_not_sent(
    at_draft_1, other_window, person
):
    edit(at_draft_1)
    edit(other_window.open(at_draft_1.address.partition("drafts")[0]))
    press(other_window, "Save and finish", text="My own words.")
    at_draft_1.press("Save and finish", text="Quite others.")
    assert at_draft_1.status == 412
    assert at_draft_1.says("Your text was not sent. The text is kept below.")
    assert at_draft_1.says("Quite others.")
