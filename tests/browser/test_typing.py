"""Typed text survives everything that happens to the page, and automatic updates disturb no typing."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser import stage as states
from tests.browser.stage import SECOND_THOUGHT
from tests.conftest import Person, wait_for_runs

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def feedback(stage):
    return stage.page.get_by_label("Any changes?")


def test_a_text_that_was_not_sent_is_offered_again_after_a_crash(stage):
    states.draft(stage)
    feedback(stage).press_sequentially("Ring her up")
    stage.open("/")
    stage.open()
    stage.page.get_by_role("button", name="Restore").click()
    expect(feedback(stage)).to_have_value("Ring her up")
    expect(feedback(stage)).to_be_focused()


def test_a_text_survives_the_tab_that_it_was_typed_in(stage):
    states.new(stage)
    page, context = stage.page, stage.page.context
    page.get_by_label("The email you’re replying to").fill("Where are my sensors?")
    page.get_by_role("checkbox", name="Ask for more time").check()
    page.close()
    page = context.new_page()
    page.goto("/new/")
    page.get_by_role("button", name="Restore").click()
    expect(page.get_by_label("The email you’re replying to")).to_have_value("Where are my sensors?")
    expect(page.get_by_role("checkbox", name="Ask for more time")).to_be_checked()


def test_who_signs_out_leaves_no_text_behind(stage):
    states.draft(stage)
    feedback(stage).fill("Ring her up")
    stores = "[localStorage, sessionStorage].flatMap(Object.keys)"
    kept = f"{stores}.filter((key) => key.startsWith('typed')).length"
    assert stage.page.evaluate(kept) == 2
    stage.page.locator(".top .menu > summary").click()
    stage.press("Sign out")
    assert stage.page.evaluate(kept) == 0


def test_the_offer_shows_the_beginning_of_a_long_text_and_a_button_below(stage):
    states.draft(stage)
    feedback(stage).fill("Ring her up " * 20)
    stage.open("/")
    stage.open()
    offer = stage.page.locator(".put-back")
    words, button = offer.locator("p"), offer.get_by_role("button", name="Restore")
    expect(words).to_have_text("You’d started writing: “" + ("Ring her up " * 20)[:79] + "…”")
    at, below = words.bounding_box(), button.bounding_box()
    assert at["x"] == below["x"]
    assert below["width"] < at["width"] / 2
    assert at["x"] - offer.bounding_box()["x"] < 30, "no place is kept for an icon that is not there"


def test_a_text_that_was_sent_is_not_offered_again(stage):
    states.draft(stage)
    feedback(stage).fill("Ring her up")
    stage.press("Send feedback")
    expect(stage.page.locator("#state", has_text="Draft 3 is ready")).to_be_visible()
    expect(stage.page.get_by_text("You’d started writing")).to_have_count(0)
    expect(feedback(stage)).to_have_value("")


def test_a_text_that_a_broken_connection_swallowed_is_offered_again(stage):
    states.draft(stage)
    feedback(stage).fill("Ring her up")
    stage.page.route("**/process_feedback/", lambda route: route.abort())
    with stage.page.expect_event("requestfailed"):
        stage.page.get_by_role("button", name="Send feedback").click()
    stage.page.unroute("**/process_feedback/")
    stage.open()
    expect(stage.page.get_by_text("You’d started writing: “Ring her up”")).to_be_visible()


def test_another_email_does_not_take_such_a_text_away(stage):
    states.draft(stage)
    other = Person(stage.owner)
    feedback(stage).fill("Ring her up")
    stage.page.route("**/process_feedback/", lambda route: route.abort())
    with stage.page.expect_event("requestfailed"):
        stage.page.get_by_role("button", name="Send feedback").click()
    stage.page.unroute("**/process_feedback/")
    stage.open(f"/a/{other.app_id}/")
    stage.open()
    expect(stage.page.get_by_text("You’d started writing: “Ring her up”")).to_be_visible()


@pytest.mark.parametrize("state", [states.conflict, states.kept])
def test_a_text_that_was_refused_is_offered_again(stage, state):
    state(stage)
    stage.let_go()
    wait_for_runs()
    stage.open("/")
    stage.open()
    stage.page.get_by_role("button", name="Restore").click()
    expect(feedback(stage)).to_have_value(SECOND_THOUGHT)
    stage.press("Send feedback")
    expect(stage.page.locator("#state", has_text="Draft 4 is ready")).to_be_visible()
    stage.open()
    expect(stage.page.get_by_text("You’d started writing")).to_have_count(0)


def test_an_edited_text_that_was_refused_is_offered_again_beside_the_newest_draft(stage):
    states.edit_conflict(stage)
    stage.page.get_by_role("link", name="See what changed since draft 2").click()
    stage.page.get_by_role("link", name="Late delivery of order 4471").click()
    stage.page.get_by_role("link", name="Edit", exact=True).click()
    stage.page.get_by_role("button", name="Restore").click()
    editor = stage.page.get_by_role("textbox", name="Your text")
    expect(editor).to_have_value("Dear Marta,\n\nI would rather call you.\n\nIda")


def test_a_refused_text_that_went_into_a_branch_is_not_offered_again(stage):
    states.kept(stage)
    stage.press("Start an alternative from draft 2")
    stage.let_go()
    wait_for_runs()
    stage.open()
    expect(feedback(stage)).to_be_visible()
    expect(stage.page.get_by_text("You’d started writing")).to_have_count(0)


def test_leaving_with_an_unsent_text_asks_once(stage):
    states.draft(stage)
    asked = []
    stage.page.on("dialog", lambda dialog: asked.append(dialog.type))
    feedback(stage).press_sequentially("Ring her")
    stage.open("/")
    assert asked == ["beforeunload"]
    stage.open()
    stage.open("/")
    assert asked == ["beforeunload"]


def test_the_back_button_leads_to_the_newest_state(stage):
    states.draft(stage)
    feedback(stage).fill("Ring her up")
    stage.press("Send feedback")
    expect(stage.page.locator("#state", has_text="Draft 3 is ready")).to_be_visible()
    stage.open("/")
    stage.page.go_back()
    expect(stage.page.locator("#state", has_text="Draft 3 is ready")).to_be_visible()


def test_a_double_press_makes_one_draft(stage):
    states.draft(stage)
    feedback(stage).fill("Ring her up")
    stage.page.get_by_role("button", name="Send feedback").dblclick()
    expect(stage.page.locator("#state", has_text="Draft 3 is ready")).to_be_visible()
    assert stage.person.row.state["feedback_history"][1:] == ["Ring her up"]


def test_the_keys_send_nothing_that_the_button_is_sending(stage):
    states.draft(stage)
    stage.page.evaluate("""
        window.sent = 0;
        addEventListener("submit", (event) => { event.preventDefault(); window.sent += 1; });
    """)
    feedback(stage).fill("Ring her up")
    feedback(stage).press("Control+Enter")
    expect(stage.page.get_by_role("button", name="Send feedback")).to_be_disabled()
    feedback(stage).press("Control+Enter")
    assert stage.page.evaluate("window.sent") == 1


def test_a_session_that_ended_while_typing_loses_nothing(stage):
    states.signed_out(stage)
    stage.page.get_by_label("Username").fill("ida")
    stage.page.get_by_label("Password").fill("correct horse")
    stage.press("Sign in")
    expect(feedback(stage)).to_have_value(SECOND_THOUGHT)


def test_a_running_page_shows_the_draft_by_itself_and_says_so(stage):
    states.writing(stage)
    page = stage.page
    page.locator("#header summary").click()
    page.locator("#header summary").focus()
    stage.let_go()
    expect(page.locator("#state", has_text="Draft 2 is ready")).to_be_visible()
    expect(page).to_have_title("Draft 2 is ready: Late delivery of order 4471 · Email assistant")
    expect(page.locator("#news-aloud")).to_have_text(
        re.compile(r"^Draft 2 is ready, 2 words\. \d things to check\.$")
    )
    assert page.locator("#header").evaluate("details => details.open")
    expect(page.locator("#header > summary")).to_be_focused()


def test_who_was_at_the_stop_button_goes_on_at_the_draft(stage):
    states.writing(stage)
    page = stage.page
    page.get_by_role("button", name="Stop").focus()
    stage.let_go()
    expect(page.locator("#state", has_text="Draft 2 is ready")).to_be_visible()
    expect(feedback(stage)).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Send feedback")).to_be_focused()


def test_a_text_that_is_kept_beside_a_run_is_not_swept_away(stage):
    states.kept(stage)
    stage.let_go()
    wait_for_runs()
    stage.page.wait_for_timeout(2500)
    expect(stage.page.locator("#kept textarea")).to_have_value(SECOND_THOUGHT)


@pytest.mark.parametrize("state", ["new_errors", "conflict", "sign_in_error"])
def test_the_focus_goes_to_what_went_wrong(stage, state):
    getattr(states, state)(stage)
    expect(stage.page.locator("#notice")).to_be_focused()


def test_the_focus_goes_to_the_field_that_says_what_went_wrong(stage):
    states.empty_feedback(stage)
    expect(feedback(stage)).to_be_focused()
    expect(stage.page.locator("#feedback-error")).to_be_in_viewport()


def test_a_menu_closes_with_escape_and_by_a_click_elsewhere(stage):
    states.draft(stage)
    menu = stage.page.locator(".work-head .menu")
    menu.locator("summary").click()
    stage.page.keyboard.press("Escape")
    assert not menu.evaluate("details => details.open")
    menu.locator("summary").click()
    stage.page.locator("h1").click()
    assert not menu.evaluate("details => details.open")


def test_a_menu_closes_when_the_keys_go_on_past_it(stage):
    states.draft(stage)
    menu = stage.page.locator(".work-head .menu")
    menu.locator("summary").press("Enter")
    menu.get_by_role("link", name="Delete…").focus()
    assert menu.evaluate("details => details.open")
    stage.page.keyboard.press("Tab")
    expect(stage.page.locator("#email")).to_be_focused()
    assert not menu.evaluate("details => details.open")


def test_a_copy_of_a_draft_is_its_text_also_without_a_clipboard(stage):
    states.draft(stage)
    page = stage.page
    page.evaluate("""
        navigator.clipboard.write = () => Promise.reject();
        document.execCommand = () => { window.copied = document.activeElement.value; };
    """)
    page.get_by_role("button", name="Copy draft 2").click()
    page.wait_for_function("() => window.copied")
    assert page.evaluate("window.copied") == stage.person.row.state["current_draft"]
