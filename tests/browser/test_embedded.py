"""The whole way on the demonstration model, whatever it asks and writes.

Once, and with a short email: each of its drafts costs half a minute of CPU. Without scripts and by keyboard
only, `test_flow` goes the same way with the scripted model.
"""

import pytest
from playwright.sync_api import expect

from assistant_app.engine.runner import runner
from assistant_app.models import Application
from tests.browser.test_flow import button, create_first_account, delete, download, heading
from tests.services import needs_embedded_model

pytestmark = [
    pytest.mark.browser,
    pytest.mark.embedded,
    pytest.mark.django_db(transaction=True),
    needs_embedded_model,
]
PATIENCE = 180_000  # milliseconds
EMAIL = "Can we meet on Friday at noon?\n\nRegards\nTom"
INSTRUCTIONS = "Yes, at 2 pm."


@pytest.fixture
def _embedded(settings):
    settings.OPENAI_API_KEY = settings.OPENAI_BASE_URL = ""
    settings.EMBEDDED_MODEL = True
    settings.MODEL_TIMEOUT_SECONDS = PATIENCE / 1000  # the machine may be busy
    yield
    for run in list(runner.runs):
        run.ended.result(timeout=180)
    runner.shutdown()  # ends the model's server too


def again_until(page, shown):
    """Wait until it is shown; a model that wrote without end is asked again, as a person would."""
    again = button(page, "Try again")
    for _ in range(6):
        expect(shown.or_(again)).to_be_visible(timeout=PATIENCE)
        if not again.is_visible():
            return
        again.click()
        expect(again).to_be_hidden(timeout=PATIENCE)
    raise AssertionError("It was asked again and again.")


def is_asked(page):
    """Wait for the model's questions, or for the first draft if it has none."""
    skip = page.locator("button[name=skip]")  # the one while it runs has no name
    again_until(page, page.locator("#state", has_text="Draft 1 is ready").or_(skip))
    return skip.is_visible()


def is_written(page, number):
    again_until(page, page.locator("#state", has_text=f"Draft {number} is ready"))


@pytest.mark.usefixtures("_embedded")
def test_the_whole_way_on_the_demonstration_model(open_window):
    page = open_window()
    create_first_account(page)
    page.get_by_role("link", name="Write your first reply").click()
    page.get_by_label("The email you’re replying to").fill(EMAIL)
    page.get_by_label("What do you want to say?").fill(INSTRUCTIONS)
    button(page, "Draft a reply").click()
    if is_asked(page):
        page.get_by_role("textbox").first.fill("In my office.")
        button(page, "Draft the reply").click()
    is_written(page, 1)
    expect(page.get_by_text("Written by the toy model.")).to_be_visible()
    page.get_by_text("Quick changes", exact=True).click()
    button(page, "Shorter").click()
    is_written(page, 2)
    button(page, "Accept").click()
    expect(heading(page, "Ready to send")).to_be_visible()
    assert download(page) == Application.objects.get().state["final_draft"]
    delete(page)
    assert not Application.objects.exists()
