"""The history as people use it: open it from the email, fold out, branch, copy a call as a command."""

import pytest

from tests.browser.conftest import NARROW, WIDE
from tests.browser.keyboard import is_said_to_be_copied

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_the_way_from_an_email_to_a_call_as_a_command(stage, viewport):
    page = stage.page
    page.set_viewport_size(viewport)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    stage.begin(drafts=2)
    stage.open()
    page.locator(".work-head .menu > summary").click()
    page.get_by_role("link", name="History").click()
    page.get_by_text("Technical details").click()
    page.get_by_text("Changes: step 5").click()
    assert "You planned a crew" in page.locator("#step-5 .change").inner_text()
    page.locator("#step-5").get_by_role("link", name="model call 3").click()
    copy = page.get_by_role("button", name="Copy as curl")
    with is_said_to_be_copied(copy):
        copy.click()
    command = page.evaluate("navigator.clipboard.readText()")
    assert command.startswith("curl ")
    assert command.rstrip().endswith("BODY")
    assert "Late delivery of order 4471" in command
    page.get_by_role("link", name="History").click()
    page.get_by_text("Technical details").click()
    page.locator("#step-3").get_by_role("button", name="Start an alternative here").click()
    page.wait_for_url(lambda address: str(stage.person.app_id) not in address)
    assert page.get_by_role("heading", name="Draft 1", exact=True).is_visible()


# A word that stands on two lines.
BROKEN = """() => [...document.querySelectorAll(".time > li > div :is(b, code)")].flatMap(part => {
    const range = document.createRange();
    return [...part.firstChild.data.matchAll(/\\w+/g)].filter(word => {
        range.setStart(part.firstChild, word.index);
        range.setEnd(part.firstChild, word.index + word[0].length);
        return new Set([...range.getClientRects()].map(box => box.top)).size > 1;
    }).map(String);
})"""


@pytest.mark.parametrize("width", [820, 320])
def test_no_word_of_the_timeline_is_broken(stage, width):
    stage.begin(drafts=2)
    stage.page.set_viewport_size({"width": width, "height": 900})
    stage.open(f"{stage.address}history/")
    assert stage.page.evaluate(BROKEN) == []
