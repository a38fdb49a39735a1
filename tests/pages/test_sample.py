"""The sample email: a recorded run that costs nothing, as an email of one's own."""

import pytest

from assistant_app.models import Application, ModelCall, Usage
from assistant_app.people import accounts
from tests.conftest import wait_for_runs

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_sample_is_an_email_of_ones_own_and_costs_nothing(
    browser, owner, strangers_browser, model, settings
):
    settings.MAX_DRAFTS_PER_DAY, settings.MAX_TOKENS_PER_DAY, settings.MAX_RUNS_AT_ONCE = 1, 1, 1
    accounts.sign_with(actor=owner, name="Ida Berg")
    first = browser.open("/").page
    browser.press("Try with a sample email")
    assert browser.says("Onboarding call and outstanding invoice")
    assert browser.says("Draft 1 is ready")
    assert browser.says("Tom from support joins me.")
    assert browser.says("This is a sample: a good run, recorded. Your own emails go to the toy model")
    row = Application.objects.get()
    assert row.state["current_draft"].endswith("\n\nBest regards,\nIda Berg")
    assert strangers_browser.open(f"/a/{row.pk}/").status == 404
    browser.page = first
    browser.press("Try with a sample email")
    assert Application.objects.count() == 1
    assert set(ModelCall.objects.values_list("provider", flat=True)) == {"sample"}
    assert not Usage.objects.exists()
    assert model.asked == []
    assert browser.open("/usage/").says("Nothing in this period")


def test_what_follows_the_sample_goes_to_the_model(browser, model):
    browser.open("/new/").press("Try with a sample email")
    browser.press("Send feedback", feedback="Warmer.")
    wait_for_runs()
    [asked] = model.asked
    assert "Tuesday at 10:00 works for us." in asked.text
    assert Usage.objects.get().drafts == 1
    browser.open(browser.address)
    assert browser.says("Draft 2 of 2")
    assert not browser.says("This is a sample")
    assert browser.open(f"{browser.address}?draft=1").says("This is a sample")
