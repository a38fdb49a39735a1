"""Where the eye must be: each event leaves the reply, the bar and the focus where the person needs them.

Measured with an email of 40 paragraphs and 30 past rounds, in three windows: a desk, a phone, a small phone.
"""

import re
import threading

import pytest
from playwright.sync_api import expect

from assistant_app.errors import ModelTimeout
from tests.conftest import Person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SIZES = {
    "desk": {"width": 1280, "height": 900},
    "phone": {"width": 390, "height": 844},
    "small phone": {"width": 320, "height": 640},
}
FIRST_LINE = {"desk": 212, "phone": 163, "small phone": 163}  # pixels from the top, at most
EMAIL = "From: Sarah Whitfield <sarah@northgate.example>\nSubject: Onboarding\n\n" + "\n\n".join(
    f"Paragraph {number} of a long email about the onboarding." for number in range(1, 41)
)
REPLY = (
    "Hi Sarah,\n\nThank you for the kind words. It is good to hear that the reporting view "
    "went down well.\n\n"
    "Tuesday 8 December at 10:00 works for us, and Tom Barker will join as well.\n\n"
    "If you sign for two years, we are happy to take 5 % off.\n\nBest regards,\nIda"
)
LINES = """() => Array.from(document.querySelectorAll('#reply-text p'), (paragraph) => {
    const range = document.createRange();
    range.selectNodeContents(paragraph);
    return Array.from(range.getClientRects(), ({ x, y }) => [Math.round(x), Math.round(y)]);
}).flat()"""
TOP_OF_TEXT = "() => document.querySelector('#reply-text p, #text').getBoundingClientRect().top"
FOCUSED = "() => document.activeElement.id"
HAS_BEGUN = "() => document.querySelector('#reply-text').textContent.includes('kind words')"
IS_CLEAR = """(part) => {
    const { top, bottom } = part.getBoundingClientRect();
    const bar = document.querySelector('.bar').getBoundingClientRect().top;
    return top >= 0 && bottom <= Math.max(bar, 0);
}"""


@pytest.fixture
def windows(stage, open_window):
    """A window of each size, by its name. The first one is the stage's."""
    stage.page.set_viewport_size(SIZES["desk"])
    stage.page.emulate_media(reduced_motion="reduce")
    others = [name for name in SIZES if name != "desk"]
    return {
        "desk": stage.page,
        **{name: open_window(stage.owner, SIZES[name], reduced_motion="reduce") for name in others},
    }


@pytest.fixture
def workspace(stage, settings):
    """An email with 31 drafts."""
    settings.MAX_ROUNDS = 50
    stage.person = Person(stage.owner)
    for _ in range(31):
        stage.model.will_write(REPLY)
    stage.person.give_input(EMAIL, "Tuesday is fine.")
    for number in range(30):
        stage.person.give_feedback(f"Round {number}: a bit warmer, and shorter.")
    return stage


def write_in_two_parts(stage, *then):
    """Let the next draft wait in its middle, and end as given; return the gate."""
    gate = threading.Event()
    stage.gates.append(gate)
    stage.model.will_write(["<reply>", REPLY[:60], gate, *(then or [REPLY[60:]])])
    return gate


def press(page, name):
    with page.expect_navigation():
        page.get_by_role("button", name=name, exact=True).click()


def assert_is_still_at_the_top(page):
    assert page.evaluate("scrollY") == 0


def assert_bar_is_seen(page, *buttons):
    for name in buttons:
        expect(page.get_by_role("button", name=name, exact=True)).to_be_in_viewport(ratio=1)


def assert_lines_have_not_moved(page, before):
    """The lines that were there stand where they stood; only the one that was being written has grown."""
    after = page.evaluate(LINES)
    seen = [line for line in after if line in before]
    assert seen == before[: len(seen)]
    assert len(seen) >= len(before) - 1


def test_a_page_opens_with_the_first_line_of_the_reply_and_the_whole_bar(workspace, windows):
    for size, page in windows.items():
        page.goto(workspace.address)
        assert page.evaluate(TOP_OF_TEXT) <= FIRST_LINE[size]
        assert_is_still_at_the_top(page)
        assert page.evaluate("document.activeElement === document.body")
        assert page.title().startswith("Draft 31 is ready: ")
        assert_bar_is_seen(page, "Send feedback", "Accept")
        page.keyboard.press("f")
        assert page.evaluate(FOCUSED) == "feedback"
        assert_is_still_at_the_top(page)


def test_the_draft_that_is_done_has_not_moved_by_a_pixel(workspace, windows):
    gate = write_in_two_parts(workspace)
    workspace.open()
    workspace.page.get_by_label("Any changes?").fill("Warmer.")
    workspace.press("Send feedback")
    assert workspace.page.evaluate(FOCUSED) == "stop-writing"
    before = {}
    for size, page in windows.items():
        if size != "desk":
            page.goto(workspace.address)
            page.locator("#stop-writing").focus()
        assert page.title().startswith("Writing draft 32: ")
        assert_bar_is_seen(page, "Stop")
        assert_is_still_at_the_top(page)
        page.wait_for_function(HAS_BEGUN)
        before[size] = page.evaluate(LINES)
        assert page.evaluate(TOP_OF_TEXT) <= FIRST_LINE[size]
    gate.set()
    for size, page in windows.items():
        expect(page.locator("#heading")).to_have_text("Draft 32 is ready")
        assert_lines_have_not_moved(page, before[size])
        assert_is_still_at_the_top(page)
        expect(page.locator("#feedback")).to_be_focused()
        assert_bar_is_seen(page, "Send feedback", "Accept")
        ready = re.compile(r"^Draft 32 is ready, \d+ words\. \d+ things? to check\.$")
        expect(page.locator("#news-aloud")).to_have_text(ready)
        final = page.evaluate(LINES)
        page.reload()
        assert page.evaluate(LINES) == final


def test_who_reads_the_email_meanwhile_goes_on_reading_when_the_draft_is_done(workspace, windows):
    gate = write_in_two_parts(workspace)
    workspace.person.begin("process_feedback", {"feedback": "Warmer."}).claimed.result(30)
    phones = {size: page for size, page in windows.items() if size != "desk"}
    before = {}
    for size, page in phones.items():
        page.goto(workspace.address)
        page.wait_for_function(HAS_BEGUN)
        page.get_by_role("link", name="Sarah’s email").click()
        page.evaluate("scrollTo(0, 600)")
        before[size] = page.evaluate("scrollY")
        assert before[size] > 0
    gate.set()
    for size, page in phones.items():
        expect(page.locator("#news-aloud")).to_have_text(re.compile(r"^Draft 32 is ready, \d+ words"))
        assert page.evaluate("scrollY") == before[size]
        expect(page.locator("#email")).to_be_visible()
        page.get_by_role("link", name="Back to the reply").click()
        expect(page.locator("#reply-text p").first).to_be_in_viewport(ratio=1)
        assert_bar_is_seen(page, "Send feedback", "Accept")


def test_the_editor_begins_in_the_same_line(workspace, windows):
    for page in windows.values():
        page.goto(workspace.address)
        before = page.evaluate(TOP_OF_TEXT)
        page.get_by_role("link", name="Edit", exact=True).click()
        page.wait_for_url("**/edit/**")
        expect(page.locator("#text")).to_be_focused()
        assert page.locator("#text").evaluate("text => text.selectionStart") == 0
        assert abs(page.evaluate(TOP_OF_TEXT) - before) <= 1
        assert_is_still_at_the_top(page)
        assert page.title().startswith("Editing draft 31: ")
        assert_bar_is_seen(page, "Save and accept", "Save as draft 32")


def test_questions_come_into_view_with_the_focus_on_the_first_choice(stage, windows):
    day = {"question": "Which day?", "reason": "", "choices": ["Monday", "Tuesday"]}
    gate = stage.model.will_wait_to_ask(day, "Who?")
    stage.gates.append(gate)
    stage.person = Person(stage.owner)
    stage.person.begin(
        "process_input", {"email_to_respond": EMAIL, "response_instructions": "Yes."}
    ).claimed.result(30)
    for page in windows.values():
        page.goto(stage.address)
    gate.set()
    for page in windows.values():
        expect(page.locator("#heading")).to_have_text("2 questions for you")
        expect(page.get_by_role("radio", name="Monday")).to_be_focused()
        expect(page.locator("legend", has_text="Which day?")).to_be_in_viewport(ratio=1)
        expect(page.locator("#news-aloud")).to_have_text("2 quick questions.")
        assert_bar_is_seen(page, "Skip questions", "Draft the reply")


def test_a_failure_appears_in_the_bar_and_is_finished_in_the_same_place(workspace, windows):
    gate = write_in_two_parts(workspace, ModelTimeout("The server went quiet."))
    workspace.person.begin("process_feedback", {"feedback": "Warmer."}).claimed.result(30)
    before = {}
    for size, page in windows.items():
        page.goto(workspace.address)
        page.wait_for_function(HAS_BEGUN)
        before[size] = page.evaluate(LINES)
    gate.set()
    for size, page in windows.items():
        expect(page.locator("#notice")).to_be_focused()
        cause = "The model’s server went quiet halfway through"
        expect(page.locator("#notice")).to_contain_text(f"{cause} The server went quiet.")
        expect(page.locator("#notice")).to_have_role("alert")
        assert_lines_have_not_moved(page, before[size])
        assert_is_still_at_the_top(page)
        expect(page.locator("#notice h3")).to_be_in_viewport(ratio=1)
        assert_bar_is_seen(page, "Try again")
        top = page.evaluate(TOP_OF_TEXT)
        page.get_by_role("link", name="Finish it yourself").click()
        page.wait_for_url("**/write/**")
        expect(page.locator("#text")).to_be_focused()
        begun = page.locator("#text").input_value()
        assert page.locator("#text").evaluate("text => text.selectionStart") == len(begun) > 0
        assert abs(page.evaluate(TOP_OF_TEXT) - top) <= 1
        assert_is_still_at_the_top(page)
        assert_bar_is_seen(page, "Save and accept", "Save as draft 32")


def test_what_was_stopped_stays_in_its_place(workspace, windows):
    write_in_two_parts(workspace)
    workspace.person.begin("process_feedback", {"feedback": "Warmer."}).claimed.result(30)
    before = {}
    for size, page in windows.items():
        page.goto(workspace.address)
        page.wait_for_function(HAS_BEGUN)
        before[size] = page.evaluate(LINES)
    workspace.press("Stop")
    for size, page in windows.items():
        expect(page.locator("#heading")).to_have_text("You stopped draft 32")
        expect(page.locator("#notice")).to_be_focused()
        assert_lines_have_not_moved(page, before[size])
        assert_is_still_at_the_top(page)
        assert_bar_is_seen(page, "Write it again", "Back to draft 31")
        expect(page.get_by_role("link", name="Finish it yourself")).to_be_in_viewport(ratio=1)


def test_an_empty_feedback_is_said_under_its_field_and_moves_nothing(workspace, windows):
    for page in windows.values():
        page.goto(workspace.address)
        before = page.evaluate(LINES)
        press(page, "Send feedback")
        expect(page.locator("#feedback")).to_be_focused()
        expect(page.locator("#feedback-error")).to_be_in_viewport(ratio=1)
        expect(page.locator("#feedback-error")).to_have_role("alert")
        assert page.evaluate(LINES) == before
        assert_is_still_at_the_top(page)


def test_a_newer_draft_is_said_on_top_and_the_text_waits_in_the_bar(workspace, windows):
    for page in windows.values():
        page.goto(workspace.address)
    workspace.person.give_feedback("Shorter.")
    for page in windows.values():
        page.get_by_label("Any changes?").fill("Add her number.")
        press(page, "Send feedback")
        expect(page.locator("#notice")).to_be_focused()
        expect(page.locator("#notice h3")).to_be_in_viewport(ratio=1)
        assert_is_still_at_the_top(page)
        expect(page.locator("#feedback")).to_have_value("Add her number.")
        expect(page.locator("#feedback")).to_be_in_viewport()


def test_after_signing_in_again_the_page_begins_with_what_was_not_sent(workspace, windows):
    for page in windows.values():
        page.goto(workspace.address)
        page.get_by_label("Any changes?").fill("Add her number.")
        page.context.clear_cookies()
        press(page, "Send feedback")
        page.get_by_label("Username").fill("ida")
        page.get_by_label("Password", exact=True).fill("correct horse")
        press(page, "Sign in")
        expect(page.get_by_role("heading", name="Not sent yet")).to_be_in_viewport(ratio=1)
        expect(page.locator("#notice")).to_be_focused()
        assert_is_still_at_the_top(page)
        expect(page.locator("#feedback")).to_have_value("Add her number.")
        press(page, "Send feedback")
        expect(page.locator("#heading")).to_have_text(re.compile("is ready"))


def test_a_mark_and_its_row_lead_to_each_other_clear_of_the_bar(workspace, windows):
    for page in windows.values():
        page.goto(workspace.address)
        mark = page.locator("a.look", has_text="Tom Barker")
        row = page.locator(mark.get_attribute("href"))
        mark.click()
        page.wait_for_function("() => document.querySelector(':target')?.id.startsWith('check-')")
        assert row.evaluate(IS_CLEAR)
        row.get_by_role("link").click()
        page.wait_for_function("() => document.querySelector(':target')?.id.startsWith('look-')")
        assert mark.evaluate(IS_CLEAR)
        page.get_by_role("link", name="Edit", exact=True).click()
        page.wait_for_url("**/edit/**")
        selected = "text => text.value.slice(text.selectionStart, text.selectionEnd)"
        assert page.locator("#text").evaluate(selected) == "Tom Barker"
        page.goto(workspace.address)
        if (strip := page.locator(".bar a.strip")).is_visible():
            strip.click()
            assert page.get_by_role("heading", name="to check").evaluate(IS_CLEAR)


def test_what_a_mark_leads_to_glows_once_unless_motion_is_unwanted(workspace):
    page = workspace.page
    page.goto(workspace.address)
    animation = "part => (({ animationName, animationIterationCount: times }) => [animationName, times])"
    animation += "(getComputedStyle(part))"
    for motion, glows in (("no-preference", ["glow", "1"]), ("reduce", ["none", "1"])):
        page.emulate_media(reduced_motion=motion)
        mark = page.locator("a.look", has_text="Tom Barker")
        row = page.locator(mark.get_attribute("href"))
        mark.click()
        assert row.evaluate(animation) == glows
        row.get_by_role("link").click()
        assert mark.evaluate(animation) == glows


def test_the_accepted_reply_begins_on_top_with_the_focus_on_its_heading(workspace, windows):
    for page in windows.values():
        page.goto(workspace.address)
        press(page, "Accept")
        expect(page.get_by_role("heading", name="Ready to send")).to_be_focused()
        assert page.title().startswith("Accepted: ")
        assert_is_still_at_the_top(page)
        assert_bar_is_seen(page, "Copy")
        workspace.person.send("reopen")


def test_the_email_is_beside_the_reply_or_one_press_away(workspace, windows):
    for size, page in windows.items():
        page.goto(workspace.address)
        email = page.get_by_role("region", name="The email from Sarah Whitfield")
        if size == "desk":
            expect(email).to_be_in_viewport()
            email.focus()
            page.keyboard.press("End")
            page.wait_for_function("() => document.getElementById('email').scrollTop > 0")
            assert_is_still_at_the_top(page)
            continue
        expect(email).to_be_hidden()
        page.get_by_label("Any changes?").fill("Warmer.")
        page.get_by_role("link", name="Sarah’s email").click()
        expect(email).to_be_visible()
        expect(page.locator("#reply")).to_be_hidden()
        page.get_by_role("link", name="Back to the reply").click()
        expect(page.get_by_label("Any changes?")).to_have_value("Warmer.")


def test_the_filled_button_follows_the_field(workspace):
    page = workspace.page
    page.emulate_media(reduced_motion="reduce")
    workspace.open()
    filled = "button => getComputedStyle(button).backgroundColor"
    send = page.get_by_role("button", name="Send feedback")
    accept = page.get_by_role("button", name="Accept", exact=True)
    empty = (send.evaluate(filled), accept.evaluate(filled))
    page.get_by_label("Any changes?").fill("Warmer.")
    assert (accept.evaluate(filled), send.evaluate(filled)) == empty
