"""The email beside the drafts: where there is room, in view while one reads, untouched by a run."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NARROW, WIDE
from tests.browser.stage import beside, writing

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SHORT = {"width": 1280, "height": 420}


def email_of(page):
    return page.get_by_role("complementary", name="The email")


def row_of(page):
    return page.locator("#email")


def test_the_email_lies_beside_the_draft_and_stays_in_view(stage):
    beside(stage)
    page = stage.page
    email, draft = email_of(page).bounding_box(), page.locator("#draft-2").bounding_box()
    assert email["x"] + email["width"] < draft["x"]
    expect(row_of(page)).to_be_hidden()
    page.get_by_label("What should change?").focus()
    expect(email_of(page)).to_be_in_viewport(ratio=1)


def test_a_long_email_is_scrolled_with_the_keyboard(stage):
    beside(stage)
    page = stage.page
    page.set_viewport_size(SHORT)
    text = page.get_by_role("article", name="Text of the email")
    text.focus()
    page.keyboard.press("End")
    page.wait_for_function("() => document.activeElement.scrollTop > 0")


def test_on_a_narrow_screen_there_is_only_its_row(stage):
    beside(stage)
    page = stage.page
    page.set_viewport_size(NARROW)
    expect(email_of(page)).to_be_hidden()
    expect(row_of(page)).to_be_visible()
    expect(page.get_by_role("link", name="Email above")).to_be_hidden()


def test_it_works_without_scripts(open_window, stage):
    beside(stage)
    page = open_window(stage.owner, java_script_enabled=False)
    page.goto(stage.address)
    page.get_by_role("link", name="Email beside").click()
    expect(email_of(page)).to_be_visible()
    page.get_by_role("link", name="Email above").click()
    expect(email_of(page)).to_have_count(0)


def test_the_end_of_a_run_leaves_the_email_as_it_was_read(stage):
    writing(stage)
    page = stage.page
    page.get_by_role("link", name="Email beside").click()
    page.set_viewport_size(SHORT)
    text = page.get_by_role("article", name="Text of the email")
    text.get_by_text("The rest of the email").click()
    text.evaluate("element => { element.scrollTop = 100; }")
    text.focus()
    stage.let_go()
    expect(page.get_by_role("heading", name="Your turn: is draft 2 right?")).to_be_visible()
    expect(text.get_by_text("order 4471 is in final calibration")).to_be_visible()
    expect(text).to_be_focused()
    assert text.evaluate("element => element.scrollTop") == 100
    page.set_viewport_size(WIDE)
    expect(page.get_by_role("link", name="Email above")).to_be_visible()
