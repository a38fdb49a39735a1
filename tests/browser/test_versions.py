"""Versions in a real browser: edit by keyboard, one press for another version, compare, branch."""

import pytest
from playwright.sync_api import expect

from tests.browser.stage import draft, worth_a_look

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
OWN = "Dear Marta,\n\nI will call you tomorrow.\n\nIda"


def test_a_draft_is_edited_with_the_keyboard(stage):
    draft(stage)
    page = stage.page
    page.get_by_role("link", name="Edit", exact=True).press("Enter")
    text = page.get_by_role("textbox", name="Your text")
    expect(text).to_be_focused()
    page.get_by_role("link", name="Cancel").press("Enter")
    page.wait_for_url(f"**{stage.address}#edit")
    expect(page.get_by_role("link", name="Edit", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    text.fill(OWN)
    page.wait_for_load_state()  # what the keys do comes with the scripts
    with page.expect_navigation():
        text.press("Control+Enter")
    expect(page.get_by_role("heading", name="Draft 3 of 3", exact=True)).to_be_visible()
    expect(page.locator("#reply-text p")).to_have_text(OWN.split("\n\n"))
    assert stage.person.row.state["draft_history"][-1] == OWN


def test_an_edited_text_is_kept_in_the_window(stage):
    draft(stage)
    page = stage.page
    stage.open(f"{stage.address}drafts/2/edit/")
    page.get_by_role("textbox", name="Your text").fill(OWN)
    stage.open()  # a dialog asks, and is accepted
    stage.open(f"{stage.address}drafts/2/edit/")
    page.get_by_role("button", name="Restore").click()
    expect(page.get_by_role("textbox", name="Your text")).to_have_value(OWN)


def test_another_version_is_written_while_one_looks_and_both_are_compared(stage):
    draft(stage)
    page = stage.page
    stage.model.will_write("Dear Marta,\n\nquite another one.\n\nIda")
    page.get_by_text("Quick changes").click()
    page.get_by_role("button", name="Try again, same instructions").click()
    expect(page.locator("#state", has_text="Draft 3 is ready")).to_be_visible()
    page.get_by_role("link", name="Compare").click()
    page.get_by_label("From").select_option("2")
    page.get_by_role("button", name="Compare").click()
    expect(page.locator("ins").filter(has_text="quite another one.")).to_be_visible()
    page.get_by_role("link", name="Inline").click()
    expect(page.locator("del").filter(has_text="60 of the 96 sensors")).to_be_visible()
    page.get_by_role("button", name="Restore draft 2").click()
    expect(page.locator("#state", has_text="Draft 2 is ready")).to_be_visible()


def test_an_assumption_is_corrected_with_the_keyboard(stage):
    worth_a_look(stage)
    page = stage.page
    page.locator("#assumptions summary").first.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.insert_text("Only to the 36 late ones.")
    with page.expect_navigation():
        page.keyboard.press("Control+Enter")
    expect(page.locator("#state", has_text="Draft 4 is ready")).to_be_visible()
    assert stage.person.row.state["feedback_history"][-1].endswith("\nInstead: Only to the 36 late ones.")


def test_versions_work_without_scripts(open_window, stage):
    draft(stage)
    page = open_window(stage.owner, java_script_enabled=False)
    page.goto(stage.address)
    page.get_by_role("link", name="Edit", exact=True).click()
    page.get_by_role("textbox", name="Your text").fill(OWN)
    page.get_by_role("button", name="Save as draft 3").click()
    expect(page.get_by_text("Edited by you")).to_be_visible()
    page.locator(".work-head .menu > summary").click()
    page.get_by_role("link", name="Change instructions…").click()
    expect(page.get_by_label("What do you want to say?")).not_to_be_empty()
    page.get_by_role("button", name="Draft an alternative").click()
    page.get_by_role("link", name="The first").click()
    page.wait_for_url(f"**{stage.address}")
