"""An email from a web page, pasted in a real browser."""

import pytest
from playwright.sync_api import expect

from tests.pages.test_pasting import HTML, TEXT

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

COPY = """async (html) => navigator.clipboard.write([new ClipboardItem({
  "text/html": new Blob([html], { type: "text/html" }),
  "text/plain": new Blob(["Plain, as it is"], { type: "text/plain" }),
})])"""


@pytest.fixture
def page(open_window, owner):
    page = open_window(owner)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/new/")
    page.evaluate(COPY, HTML.replace(' style="display:none"', " hidden"))
    return page


def email_in(page):
    return page.get_by_label("The email you’re replying to")


def test_rich_text_keeps_its_lists_tables_and_links(page):
    field = email_in(page)
    field.fill("Before. After.")
    field.evaluate("field => field.setSelectionRange(8, 8)")
    page.keyboard.press("Control+V")
    expect(field).to_have_value(f"Before. {TEXT}After.")
    page.keyboard.press("Control+Z")
    expect(field).to_have_value("Before. After.")


def test_the_plain_text_is_pasted_if_the_server_refuses(page):
    page.context.clear_cookies()
    email_in(page).focus()
    page.keyboard.press("Control+V")
    expect(email_in(page)).to_have_value("Plain, as it is")


def test_other_fields_take_the_plain_text(page):
    field = page.get_by_label("What do you want to say?")
    field.focus()
    page.keyboard.press("Control+V")
    expect(field).to_have_value("Plain, as it is")
