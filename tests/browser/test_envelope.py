"""Who gets the reply, in a real browser: pointed out, and changed before and after the reply is accepted."""

from email import message_from_bytes, policy
from pathlib import Path

import pytest
from playwright.sync_api import expect

from assistant_app.models import Identity
from tests.browser.stage import DRAFTS
from tests.conftest import Person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

HEAD = "From: Anna <anna@example.org>\nTo: ida@brevik.example\nSubject: Offer 12\n"
FORWARD = "---------- Forwarded message ---------\nFrom: Carl <carl@example.com>\nSubject: Offer 12\n\nHi"
SAID = {
    f"{HEAD}\nFYI\n\n{FORWARD}": "It forwards a message from Carl <carl@example.com>",
    f"{HEAD}Cc: dev@lists.example\nList-Post: <mailto:dev@lists.example>\n\nHi": "Everybody on the",
    "From: ida@brevik.example\nTo: anna@example.org\n\nHi": "You wrote it, so the reply goes",
    "From: no-reply@shop.example\n\nHi": "No one reads what is sent to no-reply@shop.example.",
}


@pytest.fixture
def ida(owner, model):
    Identity.objects.create(owner=owner, addresses=["ida@brevik.example"], is_default=True)
    model.will_write(DRAFTS[0])
    return Person(owner)


def test_what_could_go_to_the_wrong_person_is_pointed_out_above_the_draft(open_window, ida, model):
    page = open_window(ida.user)
    for email, said in SAID.items():
        person = Person(ida.user)
        person.give_input(email)
        page.goto(f"/a/{person.app_id}/")
        expect(page.locator("#envelope")).to_contain_text(said)
        expect(page.locator("#envelope")).to_be_in_viewport()
        page.get_by_role("button", name="Accept", exact=True).click()
        expect(page.locator("#final")).to_be_visible()
        expect(page.locator("#envelope")).to_contain_text(said)


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_a_reply_to_all_becomes_a_reply_to_one_and_another_after_the_end(open_window, ida, scripts):
    ida.give_input(f"{HEAD}Cc: Bob <bob@example.org>\n\nHi")
    page = open_window(ida.user, java_script_enabled=scripts)
    page.goto(f"/a/{ida.app_id}/")
    line = page.locator("#envelope")
    expect(line).to_contain_text("Cc Bob <bob@example.org>")
    line.get_by_role("link", name="Change who gets the reply").click()
    page.get_by_role("button", name="Only Anna").click()
    expect(line).not_to_contain_text("bob@example.org")

    page.get_by_role("button", name="Accept", exact=True).click()
    expect(page.get_by_role("heading", name="Ready to send")).to_be_visible()
    line.get_by_role("link", name="Change who gets the reply").click()
    page.get_by_label("To", exact=False).first.fill("nobody")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("“nobody” has no email address.").first).to_be_visible()
    page.get_by_label("To", exact=False).first.fill("Carl <carl@example.com>")
    page.get_by_label("From").select_option("ida@brevik.example")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(line).to_contain_text("To Carl <carl@example.com>")
    with page.expect_download() as info:
        page.locator("#ways > summary").click()
        page.get_by_role("link", name="Download .eml file").click()
    message = message_from_bytes(Path(info.value.path()).read_bytes(), policy=policy.default)
    assert (message["To"], message["From"]) == ("Carl <carl@example.com>", "ida@brevik.example")
