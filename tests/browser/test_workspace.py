"""Where the eye must be: each event leaves the reply, the bar and the focus where the person needs them.

Measured with an email of 40 paragraphs and 30 past rounds, on a desk, a phone and a small phone.
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
IS_CLEAR = """(part) => {
    const { top, bottom } = part.getBoundingClientRect();
    const bar = document.querySelector('.bar').getBoundingClientRect().top;
    return top >= 0 && bottom <= Math.max(bar, 0);
}"""


@pytest.fixture(params=SIZES)
def size(request):
    return request.param


@pytest.fixture
def workspace(stage, settings, size):
    """An email with 31 drafts, and its page in that size."""
    settings.MAX_ROUNDS = 50
    stage.page.set_viewport_size(SIZES[size])
    stage.page.emulate_media(reduced_motion="reduce")
    stage.person = Person(stage.owner)
    for _ in range(31):
        stage.model.will_write(REPLY)
    stage.person.give_input(EMAIL, "Tuesday is fine.")
    for number in range(30):
        stage.person.give_feedback(f"Round {number}: a bit warmer, and shorter.")
    return stage


def write_in_two_parts(stage):
    """Let the next draft wait in its middle; return the gate."""
    gate = threading.Event()
    stage.gates.append(gate)
    stage.model.will_write(["<reply>", REPLY[:60], gate, REPLY[60:]])
    return gate


def is_ready(page, number):
    expect(page.locator("#heading")).to_have_text(f"Draft {number} is ready")


def assert_bar_is_seen(page, *buttons):
    for name in buttons:
        expect(page.get_by_role("button", name=name, exact=True)).to_be_in_viewport(ratio=1)


def test_a_page_opens_with_the_first_line_of_the_reply_and_the_whole_bar(workspace, size):
    page = workspace.page
    workspace.open()
    assert page.evaluate(TOP_OF_TEXT) <= FIRST_LINE[size]
    assert page.evaluate("scrollY") == 0
    assert page.evaluate("document.activeElement === document.body")
    assert_bar_is_seen(page, "Send feedback", "Accept")


def test_the_draft_that_is_done_has_not_moved_by_a_pixel(workspace):
    page, gate = workspace.page, write_in_two_parts(workspace)
    workspace.open()
    page.get_by_label("Any changes?").fill("Warmer.")
    workspace.press("Send feedback")
    assert page.evaluate(FOCUSED) == "stop-writing"
    assert_bar_is_seen(page, "Stop")
    assert page.evaluate("scrollY") == 0
    page.wait_for_function("() => document.querySelector('#reply-text').textContent.includes('kind words')")
    before = page.evaluate(LINES)
    gate.set()
    is_ready(page, 32)
    after = page.evaluate(LINES)
    seen = [line for line in after if line in before]
    assert seen == before[: len(seen)]
    assert len(seen) >= len(before) - 1, "only the line that was being written has grown"
    assert page.evaluate("scrollY") == 0
    expect(page.locator("#feedback")).to_be_focused()
    assert_bar_is_seen(page, "Send feedback", "Accept")
    expect(page.locator("#news-aloud")).to_have_text(re.compile(r"^Draft 32 is ready, \d+ words\."))
    final = page.evaluate(LINES)
    page.reload()
    assert page.evaluate(LINES) == final


def test_the_editor_begins_in_the_same_line(workspace):
    page = workspace.page
    workspace.open()
    before = page.evaluate(TOP_OF_TEXT)
    page.get_by_role("link", name="Edit", exact=True).click()
    page.wait_for_url("**/edit/**")
    expect(page.locator("#text")).to_be_focused()
    assert abs(page.evaluate(TOP_OF_TEXT) - before) <= 1
    assert page.evaluate("scrollY") == 0
    assert_bar_is_seen(page, "Save and accept", "Save as draft 32")


def test_questions_come_into_view_with_the_focus_on_the_first_choice(stage, size):
    day = {"question": "Which day?", "reason": "", "choices": ["Monday", "Tuesday"]}
    page, gate = stage.page, stage.model.will_wait_to_ask(day, "Who?")
    stage.gates.append(gate)
    page.set_viewport_size(SIZES[size])
    stage.person = Person(stage.owner)
    stage.person.begin(
        "process_input", {"email_to_respond": EMAIL, "response_instructions": "Yes."}
    ).claimed.result(30)
    stage.open()
    gate.set()
    expect(page.locator("#heading")).to_have_text("2 questions for you")
    expect(page.get_by_role("radio", name="Monday")).to_be_focused()
    expect(page.locator("legend", has_text="Which day?")).to_be_in_viewport(ratio=1)
    expect(page.locator("#news-aloud")).to_have_text("2 quick questions.")
    assert_bar_is_seen(page, "Skip questions", "Draft the reply")


def test_a_failure_appears_in_the_bar_and_moves_nothing(workspace):
    page, gate = workspace.page, threading.Event()
    workspace.gates.append(gate)
    workspace.model.will_write(["<reply>", REPLY[:60], gate, ModelTimeout("The server went quiet.")])
    workspace.open()
    page.get_by_label("Any changes?").fill("Warmer.")
    workspace.press("Send feedback")
    page.wait_for_function("() => document.querySelector('#reply-text').textContent.includes('kind words')")
    gate.set()
    expect(page.locator("#notice")).to_be_focused()
    expect(page.locator("#notice")).to_contain_text("Couldn’t finish draft 32 The server went quiet.")
    assert page.evaluate("scrollY") == 0
    expect(page.locator("#notice h3")).to_be_in_viewport(ratio=1)
    assert_bar_is_seen(page, "Try again")


def test_a_newer_draft_is_said_on_top_and_the_text_waits_in_the_bar(workspace):
    page = workspace.page
    workspace.open()
    workspace.person.give_feedback("Shorter.")
    page.get_by_label("Any changes?").fill("Add her number.")
    workspace.press("Send feedback")
    expect(page.locator("#notice")).to_be_focused()
    expect(page.locator("#notice h3")).to_be_in_viewport(ratio=1)
    expect(page.locator("#feedback")).to_have_value("Add her number.")
    expect(page.locator("#feedback")).to_be_in_viewport()


def test_a_mark_and_its_row_lead_to_each_other_clear_of_the_bar(workspace):
    page = workspace.page
    workspace.open()
    mark = page.locator("a.look", has_text="Tom Barker")
    row = page.locator(mark.get_attribute("href"))
    mark.click()
    page.wait_for_function("() => document.querySelector(':target')?.id.startsWith('check-')")
    assert row.evaluate(IS_CLEAR)
    row.get_by_role("link").click()
    page.wait_for_function("() => document.querySelector(':target')?.id.startsWith('look-')")
    assert mark.evaluate(IS_CLEAR)


def test_the_accepted_reply_begins_on_top_with_the_focus_on_its_heading(workspace):
    page = workspace.page
    workspace.open()
    workspace.press("Accept")
    expect(page.get_by_role("heading", name="Ready to send")).to_be_focused()
    assert page.evaluate("scrollY") == 0
    assert_bar_is_seen(page, "Copy")


def test_the_email_is_beside_the_reply_or_one_press_away(workspace, size):
    page = workspace.page
    workspace.open()
    email = page.get_by_role("region", name="The email from Sarah Whitfield")
    if size == "desk":
        expect(email).to_be_in_viewport()
        email.focus()
        page.keyboard.press("End")
        page.wait_for_function("() => document.getElementById('email').scrollTop > 0")
        assert page.evaluate("scrollY") == 0
        return
    expect(email).to_be_hidden()
    page.get_by_label("Any changes?").fill("Warmer.")
    page.get_by_role("link", name="Sarah’s email").click()
    expect(email).to_be_visible()
    expect(page.locator("#reply")).to_be_hidden()
    page.get_by_role("link", name="Back to the reply").click()
    expect(page.get_by_label("Any changes?")).to_have_value("Warmer.")


def test_the_filled_button_follows_the_field(workspace):
    page = workspace.page
    workspace.open()
    filled = "button => getComputedStyle(button).backgroundColor"
    send = page.get_by_role("button", name="Send feedback")
    accept = page.get_by_role("button", name="Accept", exact=True)
    empty = (send.evaluate(filled), accept.evaluate(filled))
    page.get_by_label("Any changes?").fill("Warmer.")
    assert (accept.evaluate(filled), send.evaluate(filled)) == empty
