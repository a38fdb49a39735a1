"""New reply is one panel: it takes a drop anywhere, has the focus where one pastes, and keeps every text."""

import pytest
from playwright.sync_api import expect

from assistant_app.models import Identity

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
FILE = "From: Sarah <sarah@northgate.example>\r\nSubject: Onboarding\r\n\r\nWhich day suits you?\r\n"
DRAGGED = """([name, text]) => {
    const dragged = new DataTransfer();
    dragged.items.add(new File([text], name));
    return dragged;
}"""


def drop(page, place, name="sarah.eml", text=FILE):
    dragged = page.evaluate_handle(DRAGGED, [name, text])
    for kind in ("dragenter", "dragover"):
        page.dispatch_event(place, kind, {"dataTransfer": dragged})
    is_over = page.locator(".compose").evaluate("panel => panel.classList.contains('is-over')")
    page.dispatch_event(place, "drop", {"dataTransfer": dragged})
    return is_over


def test_the_whole_panel_takes_a_file_and_a_miss_leads_nowhere(stage):
    page = stage.page
    stage.open("/new/")
    expect(page.get_by_label("The email you’re replying to")).to_be_focused()
    assert not drop(page, "h1")
    assert page.url.endswith("/new/")
    with page.expect_navigation():
        assert drop(page, "#email_to_respond", "notes.docx", "PK no email")
    expect(page.locator("#eml-error")).to_contain_text("That’s not an .eml file.")
    with page.expect_navigation():
        assert drop(page, "#response_instructions")
    expect(page.locator("#file")).to_contain_text("Onboarding")


def test_what_was_typed_ticked_and_chosen_survives_the_tab(stage, owner):
    for name in ("ida", "shop"):
        Identity.objects.create(
            owner=owner, name=name, addresses=[f"{name}@brevik.example"], is_default=name == "ida"
        )
    page = stage.page
    stage.open("/new/")
    page.get_by_label("The email you’re replying to").fill("Which day suits you?")
    page.get_by_label("Say thanks").check()
    page.get_by_text("In the email’s language").click()
    page.get_by_label("Language").fill("Deutsch")
    page.get_by_label("Tone").select_option("Brief")
    page.get_by_label("Length").select_option("Detailed")
    page.get_by_label("Reply as").select_option("shop <shop@brevik.example>")
    chosen = "As shop <shop@brevik.example> · In Deutsch · brief · detailed"
    expect(page.locator("#options summary")).to_have_text(chosen)
    other = page.context.new_page()
    page.close(run_before_unload=False)
    other.goto("/new/")
    other.get_by_role("button", name="Restore").click()
    expect(other.get_by_label("The email you’re replying to")).to_have_value("Which day suits you?")
    expect(other.get_by_label("Say thanks")).to_be_checked()
    expect(other.locator("#options summary")).to_have_text(chosen)
    with other.expect_navigation():
        other.keyboard.press("Control+Enter")
    expect(other.locator("#instructions")).to_contain_text("Write it in Deutsch.")
    expect(other.locator("#instructions")).to_contain_text("Go into detail.")
    expect(other.get_by_text("shop <shop@brevik.example>")).to_be_visible()
