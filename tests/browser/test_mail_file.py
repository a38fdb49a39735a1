"""An email from a file to the reply as a file, in a real browser."""

import re
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from playwright.sync_api import expect

from assistant_app.models import Application
from tests.browser.stage import DRAFTS, INSTRUCTIONS, choose_a_file
from tests.eml_samples import OUTLOOK

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def button(page, name):
    return page.get_by_role("button", name=name, exact=True)


def choose_without_scripts(page):
    page.get_by_label("Choose an .eml file").set_input_files(
        {"name": "Late delivery.eml", "mimeType": "message/rfc822", "buffer": OUTLOOK}
    )
    button(page, "Read file").click()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_a_file_that_is_chosen_becomes_a_reply_in_the_same_thread(open_window, owner, model, scripts):
    model.will_write(DRAFTS[0])
    page = open_window(owner, java_script_enabled=scripts)
    page.goto("/new/")
    page.get_by_label("What do you want to say?").fill(INSTRUCTIONS)
    (choose_a_file if scripts else choose_without_scripts)(page)
    notice = page.get_by_role("status").filter(has_text="Late delivery.eml")
    expect(notice).to_contain_text("PO-4471.pdf not read")
    if scripts:
        expect(notice).to_be_focused()
    expect(page.get_by_label("The email you’re replying to")).to_contain_text("für Tønsberg")
    expect(page.get_by_label("What do you want to say?")).to_have_value(INSTRUCTIONS)
    assert not Application.objects.exists()

    page.get_by_label("Include 1 quoted message").uncheck()
    button(page, "Draft a reply").click()
    finish = button(page, "Accept")
    finish.click()
    page.get_by_text("More ways").click()
    with page.expect_download() as info:
        page.get_by_role("link", name="Download .eml file").click()
    assert info.value.suggested_filename == "Re Sensoren für Tønsberg – Lieferung.eml"
    reply = message_from_bytes(Path(info.value.path()).read_bytes(), policy=policy.default)
    assert reply["X-Unsent"] == "1"
    assert reply["To"] == '"Kowalczyk, Marta" <m.kowalczyk@nordlys.example>'
    assert reply["Subject"] == "Re: Sensoren für Tønsberg – Lieferung"
    assert reply["In-Reply-To"].strip().endswith("eurprd04.prod.outlook.example>")
    text = reply.get_content().replace("\r\n", "\n")
    assert text.startswith(f"{DRAFTS[0]}\n\nOn 22 November 2026 at 07:31, ")
    assert "\n> Liebe Ida,\n" in text
    assert "Sie kommen am 20." not in Application.objects.get().state["incoming_email"]


def test_what_was_read_is_offered_again_if_the_page_was_left(open_window, owner):
    page = open_window(owner)
    page.goto("/new/")
    choose_a_file(page)
    page.goto("/")
    page.goto("/new/")
    button(page, "Restore").click()
    expect(page.get_by_label("The email you’re replying to")).to_have_value(re.compile("für Tønsberg"))


def test_a_file_that_is_too_large_does_not_leave_the_browser(open_window, owner, settings):
    settings.MAX_BODY_BYTES = 20_000
    page = open_window(owner)
    page.goto("/new/")
    page.get_by_label("What do you want to say?").fill(INSTRUCTIONS)
    field = page.get_by_label("Choose an .eml file")
    field.set_input_files({"name": "a.eml", "mimeType": "message/rfc822", "buffer": b"x" * 20_001})
    assert field.evaluate("input => input.validationMessage").startswith("This file is too large.")
    assert page.get_by_label("What do you want to say?").input_value() == INSTRUCTIONS


def test_enter_at_the_choice_does_not_take_the_file_away(open_window, owner, model):
    model.will_write(DRAFTS[0])
    page = open_window(owner)
    page.goto("/new/")
    choose_a_file(page, OUTLOOK)
    page.get_by_text("Show or edit the email").click()
    page.get_by_label("The email you’re replying to").press_sequentially("Mine. ")
    with page.expect_navigation():
        page.get_by_label("Include 1 quoted message").press("Enter")
    expect(page.locator("#state", has_text="Draft 1 is ready")).to_be_visible()
    assert re.search(r"Mine\. .*Liebe Ida", Application.objects.get().state["incoming_email"], re.DOTALL)
