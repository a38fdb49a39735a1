"""The whole way on the demonstration model, whatever it asks and writes."""

import pytest
from playwright.sync_api import expect

from assistant_app.models import Application
from assistant_app.runner import runner
from tests.browser.conftest import NARROW
from tests.browser.keyboard import Keyboard
from tests.browser.stage import EMAIL, INSTRUCTIONS
from tests.browser.test_flow import (
    button,
    create_first_account,
    delete,
    download,
    finish_by_keyboard,
    heading,
)
from tests.services import needs_embedded_model

pytestmark = [
    pytest.mark.browser,
    pytest.mark.embedded,
    pytest.mark.django_db(transaction=True),
    needs_embedded_model,
]
PATIENCE = 180_000  # milliseconds


@pytest.fixture
def _embedded(settings):
    settings.OPENAI_API_KEY = settings.OPENAI_BASE_URL = ""
    settings.EMBEDDED_MODEL = True
    settings.MODEL_TIMEOUT_SECONDS = PATIENCE / 1000  # the machine may be busy
    yield
    for run in list(runner.runs):
        run.ended.result(timeout=180)
    runner.shutdown()  # ends the model's server too


def is_asked(page):
    """Wait for the model's questions, or for the first draft if it has none."""
    skip = page.get_by_role("button", name="Skip")
    expect(heading(page, "Your turn: is draft 1 right?").or_(skip)).to_be_visible(timeout=PATIENCE)
    return skip.is_visible()


@pytest.mark.usefixtures("_embedded")
@pytest.mark.parametrize("with_scripts", [True, False])
def test_the_whole_way_on_the_demonstration_model(open_window, with_scripts):
    page = open_window(java_script_enabled=with_scripts)
    create_first_account(page)
    page.get_by_role("link", name="Answer your first email").click()
    page.get_by_label("The email you want to answer").fill(EMAIL)
    page.get_by_label("What do you want to say?").fill(INSTRUCTIONS)
    button(page, "Get a draft").click()
    if is_asked(page):
        page.get_by_role("textbox").first.fill("The whole order.")
        button(page, "Send answers").click()
    expect(heading(page, "Your turn: is draft 1 right?")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("Written by the demonstration model.")).to_be_visible()
    for number in (2, 3):
        button(page, "Shorter").click()
        expect(heading(page, f"Your turn: is draft {number} right?")).to_be_visible(timeout=PATIENCE)
    button(page, "Looks good, finish").click()
    expect(heading(page, "Your reply, ready to send")).to_be_visible()
    assert download(page) == Application.objects.get().state["final_draft"]
    delete(page)
    assert not Application.objects.exists()


@pytest.mark.usefixtures("_embedded")
def test_the_whole_way_on_it_on_a_narrow_screen_by_keyboard_only(open_window):
    page = open_window(viewport=NARROW)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    keyboard = Keyboard(page)
    keyboard.create_first_account()
    keyboard.send_email(EMAIL, INSTRUCTIONS)
    if is_asked(page):
        keyboard.reach(page.get_by_role("textbox").first)
        page.keyboard.insert_text("The whole order.")
        keyboard.press("button", "Send answers")
    for number in (1, 2):
        expect(heading(page, f"Your turn: is draft {number} right?")).to_be_visible(timeout=PATIENCE)
        keyboard.send_feedback("Shorter, please.")
    expect(heading(page, "Your turn: is draft 3 right?")).to_be_visible(timeout=PATIENCE)
    finish_by_keyboard(page, keyboard)
