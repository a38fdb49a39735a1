"""From the first account to the deleted email: wide, without scripts, and narrow by keyboard only."""

from html import escape
from pathlib import Path

import pytest
from playwright.sync_api import expect

from assistant_app.models import Application
from assistant_app.people.identities import save as save_identity
from tests.browser import stage as states
from tests.browser.conftest import NARROW
from tests.browser.keyboard import Keyboard, is_said_to_be_copied
from tests.browser.stage import DRAFTS, EMAIL, FEEDBACK, INSTRUCTIONS, QUESTIONS
from tests.conftest import Person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


# Chromium adds what it needs to a copied piece of HTML, such as a charset.
READ_HTML = """async () => {
  const [item] = await navigator.clipboard.read();
  const html = await (await item.getType("text/html")).text();
  return [...new DOMParser().parseFromString(html, "text/html").querySelectorAll("p")].map((each) => {
    each.removeAttribute("style");
    return each.outerHTML;
  }).join("");
}"""


def html_of(text):
    return "".join(
        f"<p>{escape(each, quote=False).replace(chr(10), '<br>')}</p>" for each in text.split("\n\n")
    )


@pytest.fixture
def scripted(model):
    model.will_ask(*QUESTIONS)
    for draft in (*DRAFTS, DRAFTS[1].replace("I am sorry", "We are sorry")):
        model.will_write(draft)


def button(page, name):
    return page.get_by_role("button", name=name, exact=True)


def heading(page, name):
    return page.get_by_role("heading", name=name)


def create_first_account(page):
    page.goto("/")
    page.get_by_label("Username").fill("ida")
    page.get_by_label("Password", exact=True).fill("correct horse")
    page.get_by_label("Confirm password").fill("correct horse")
    button(page, "Create account").click()
    page.get_by_label("Your name").fill("Ida")
    button(page, "Continue").click()


def answer_an_email(page, again=lambda: None):
    """Everything up to the finished reply; `again` looks at the page again where it does not by itself."""
    page.get_by_role("link", name="Write your first reply").click()
    page.get_by_label("The email you’re replying to").fill(EMAIL)
    page.get_by_label("What do you want to say?").fill(INSTRUCTIONS)
    button(page, "Draft a reply").click()
    again()
    expect(heading(page, "2 quick questions")).to_be_visible()
    page.get_by_label(QUESTIONS[0]).fill("The whole order.")
    button(page, "Draft the reply").click()
    for number, feedback in ((1, FEEDBACK), (2, "Write “we”.")):
        again()
        expect(page.locator("#state", has_text=f"Draft {number} is ready")).to_be_visible()
        page.get_by_label("Any changes?").fill(feedback)
        button(page, "Send feedback").click()
    again()
    expect(page.locator("#state", has_text="Draft 3 is ready")).to_be_visible()
    expect(page.locator("#reply-text")).to_contain_text("We are sorry")
    button(page, "Accept").click()
    again()
    expect(heading(page, "Ready to send")).to_be_visible()


def download(page):
    page.get_by_text("More ways").click()
    with page.expect_download() as info:
        page.get_by_role("link", name="Download as plain text").click()
    return Path(info.value.path()).read_text()


def delete(page):
    page.locator(".work-head .menu > summary").click()
    page.get_by_role("link", name="Delete…").click()
    button(page, "Delete").click()
    expect(heading(page, "Paste an email, get a reply worth sending")).to_be_visible()


def finish_by_keyboard(page, keyboard):
    """From the last draft to the deleted email."""
    keyboard.press("button", "Accept")
    expect(heading(page, "Ready to send")).to_be_visible()
    final = Application.objects.get().state["final_draft"]
    assert keyboard.copy() == final
    assert keyboard.download() == final
    keyboard.delete()
    assert not Application.objects.exists()


def test_the_whole_way_on_a_wide_screen(open_window, scripted):
    page = open_window()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    create_first_account(page)
    answer_an_email(page)
    with is_said_to_be_copied(button(page, "Copy")):
        button(page, "Copy").click()
    final = Application.objects.get().state["final_draft"]
    assert page.evaluate("navigator.clipboard.readText()") == final
    assert page.evaluate(READ_HTML) == html_of(final)
    assert download(page) == final
    delete(page)
    assert not Application.objects.exists()


SENTENCE = "Sixty of the sensors leave on Thursday morning, and all the others follow a week later."
HUNDRED_WORDS = "\n\n".join(["Hi Marta,", *[f"{SENTENCE} {SENTENCE}"] * 3, "Best, Ida"])
DAYS = {"question": "Which day?", "reason": "", "choices": ["Monday", "Friday"]}
CHORDS = {"Accept": "Control+Shift+Enter"}
SHORTEST = ["Draft a reply", "Accept", "Copy"]


def test_a_new_reply_is_copied_after_three_presses_or_chords_and_one_more_with_questions(
    open_window, owner, model
):
    page = open_window(owner)
    page.emulate_media(reduced_motion="reduce")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    for by_keys in (False, True):
        for asked, names in (
            ([], SHORTEST),
            ([DAYS], ["Draft a reply", "Draft the reply", "Accept", "Copy"]),
        ):
            model.will_ask(*asked)
            model.will_write(HUNDRED_WORDS)
            page.goto("/new/")
            expect(page.locator("#email_to_respond")).to_be_focused()
            page.keyboard.insert_text(EMAIL)
            for name in names:
                expect(button(page, name)).to_be_in_viewport(ratio=1)
                assert page.evaluate("scrollY") == 0
                if name == "Accept":
                    last = page.locator("#reply-text p").last.bounding_box()
                    assert last["y"] + last["height"] < page.locator(".bar").bounding_box()["y"]
                if by_keys:
                    page.keyboard.press(CHORDS.get(name, "Control+Enter"))
                else:
                    button(page, name).click()
            expect(button(page, "Copied")).to_be_visible()
            assert page.evaluate("navigator.clipboard.readText()") == HUNDRED_WORDS


def test_a_page_without_the_new_clipboard_copies_both_as_well(open_window, owner, model):
    final = "שלום <b>,\nשורה & עוד\n\nIda"
    model.will_write(final)
    person = Person(owner)
    person.give_input()
    person.give_feedback("")
    page = open_window(owner)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"/a/{person.app_id}/")
    page.evaluate("() => { navigator.clipboard.write = undefined; }")
    with is_said_to_be_copied(button(page, "Copy")):
        button(page, "Copy").click()
    assert page.evaluate("navigator.clipboard.readText()") == final
    assert page.evaluate(READ_HTML) == html_of(final).replace("<p>", '<p dir="rtl">')

    signature = "Ida Brevik\nNordlys <sales>"
    save_identity(actor=owner, pk=None, name="", addresses="", is_default=True, signature=signature)
    for write in ("undefined", "Clipboard.prototype.write"):
        page.reload()
        page.evaluate(f"() => {{ navigator.clipboard.write = {write}; }}")
        expect(page.locator("#final").get_by_text("Nordlys <sales>")).to_have_count(1)
        button(page, "Copy").click()
        expect(button(page, "Copied")).to_be_visible()
        assert page.evaluate("navigator.clipboard.readText()") == f"{final}\n\n{signature}"
        rich = page.evaluate(READ_HTML)
        assert rich.replace(' dir="rtl"', "").replace(' dir="ltr"', "") == html_of(f"{final}\n\n{signature}")
    expect(page.get_by_role("link", name="Open in mail app")).to_be_visible()


def test_the_whole_way_without_scripts(open_window, scripted):
    page = open_window(java_script_enabled=False)
    create_first_account(page)
    answer_an_email(page)  # the page looks again by itself
    expect(button(page, "Copy")).to_be_hidden()
    assert download(page) == Application.objects.get().state["final_draft"]
    delete(page)
    assert not Application.objects.exists()


def test_without_scripts_the_page_looks_again_after_a_submit(stage, open_window, owner):
    states.draft(stage)
    stage.hold_back()
    page = open_window(owner, java_script_enabled=False)
    page.goto(stage.address)
    page.get_by_label("Any changes?").fill(FEEDBACK)
    button(page, "Send feedback").click()
    expect(page.locator("meta[http-equiv=refresh]")).to_have_count(1)
    stage.let_go()
    expect(page.locator("#state", has_text="Draft 3 is ready")).to_be_visible()


def test_the_whole_way_on_a_narrow_screen_by_keyboard_only(open_window, scripted):
    page = open_window(viewport=NARROW)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    keyboard = Keyboard(page)
    keyboard.create_first_account()
    keyboard.send_email(EMAIL, INSTRUCTIONS)
    keyboard.type_in(f"In your own words: {QUESTIONS[0]}", "The whole order.")
    keyboard.press("button", "Draft the reply")
    for number, feedback in ((1, FEEDBACK), (2, "Write “we”.")):
        expect(page.locator("#state", has_text=f"Draft {number} is ready")).to_be_attached()
        keyboard.send_feedback(feedback)
    expect(page.locator("#state", has_text="Draft 3 is ready")).to_be_attached()
    finish_by_keyboard(page, keyboard)


def test_enter_in_the_language_asks_for_it_and_accepts_nothing(stage):
    states.draft(stage)
    page = stage.page
    page.get_by_text("Quick changes").click()
    page.get_by_label("Translate into").fill("Deutsch")
    page.keyboard.press("Enter")
    expect(page.locator("#state", has_text="Draft 3 is ready")).to_be_visible()
    assert "Deutsch" in stage.person.row.state["feedback_history"][-1]


def test_a_finished_reply_is_printed_alone_and_dark_on_white(stage):
    states.finished(stage)
    page = stage.page
    page.context.add_cookies([{"name": "theme", "value": "dark", "url": page.url}])
    stage.open()
    page.emulate_media(media="print")
    seen = page.locator("main").inner_text()
    for text in (*DRAFTS[1].split("\n\n"), "Ready to send"):
        assert text in seen
    for text in ("More", "Details", "What you asked for", "Reopen", "Copy it", "Written by"):
        assert text not in seen
    assert page.locator("body").evaluate("body => getComputedStyle(body).color") == "rgb(31, 33, 35)"


def test_a_draft_is_printed_without_the_email_and_without_the_bar(stage):
    states.draft(stage)
    page = stage.page
    page.emulate_media(media="print")
    seen = page.locator("main").inner_text()
    assert "You planned a crew" in seen
    for text in ("I am writing about order 4471", "We can ship 60", "Missing", "Accept", "Send feedback"):
        assert text not in seen
