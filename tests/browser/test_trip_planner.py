"""A workflow other than the product's, on the generic pages, in a real browser: with and without scripts."""

import threading

import pytest
from playwright.sync_api import expect

from assistant_app.errors import ModelTimeout
from assistant_app.models import Application
from assistant_app.workflow.email import EMAIL
from docs.examples.trip_planner.workflow import TRIP_PLANNER
from tests.browser.checks import assert_good

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def trips(serve, stage):
    serve(EMAIL, TRIP_PLANNER)
    return stage


def holding_back(stage, first, rest):
    """Have the model write `first`, and `rest` once the gate is open."""
    gate = threading.Event()
    stage.gates.append(gate)
    stage.model.will_write([first, gate, rest])
    return gate


def describe(page, days="2"):
    page.goto("/")
    page.get_by_role("link", name="Plan a trip").click()
    page.get_by_label("Where to").fill("Bergen")
    page.get_by_label("How many days").fill(days)
    page.get_by_label("How full the days are").select_option("slow")
    with page.expect_navigation():
        page.get_by_role("button", name="Plan it").click()


def state(page, text):
    expect(page.locator("#state", has_text=text)).to_be_visible()


def test_a_trip_is_planned_while_one_looks(trips):
    page = trips.page
    gate = holding_back(trips, "Day 1: the harbour & <b>fish</b>.", "\n\nDay 2: a walk.")
    describe(page)
    expect(page.locator("#reply-text")).to_contain_text("Day 1: the harbour & <b>fish</b>.")
    state(page, "Writing plan 1")
    assert page.title().startswith("Writing plan 1: 2 days in Bergen")
    assert_good(page)
    page.evaluate("window.sameDocument = true")
    gate.set()
    state(page, "Plan 1 is ready")
    assert page.title().startswith("Plan 1 is ready: 2 days in Bergen")
    assert page.evaluate("window.sameDocument") is True  # the stream brought it, not a reload
    expect(page.locator("#sheet")).to_contain_text("Day 2: a walk.")
    assert_good(page)

    trips.model.will_write(["Day 1: rain", ModelTimeout("The model's server gave no answer.")])
    page.get_by_label("What should be different?").fill("More indoors.")
    trips.press("Send")
    expect(page.get_by_role("heading", name="The plan could not be written")).to_be_visible()
    expect(page.get_by_text("The model's server gave no answer.")).to_be_visible()
    expect(page.locator("#reply-text")).to_have_text("Day 1: rain")
    assert_good(page)
    gate = holding_back(trips, "Day 1: museums", ".")
    trips.press("Try again")
    expect(page.locator("#reply-text")).to_contain_text("Day 1: museums")
    trips.press("Stop")
    expect(page.get_by_role("heading", name="You stopped it")).to_be_visible()
    expect(page.locator("#reply-text")).to_have_text("Day 1: museums")
    gate.set()
    trips.model.will_write("Day 1: museums.")
    trips.press("Try again")
    state(page, "Plan 2 is ready")
    expect(page.locator("#sheet")).to_contain_text("More indoors.")
    trips.press("Send")
    state(page, "Finished")
    expect(page.get_by_text("Day 1: museums.").last).to_be_visible()
    assert_good(page)


def test_a_trip_is_planned_without_scripts_to_its_end_and_in_a_branch(trips, open_window, owner):
    page = open_window(owner, java_script_enabled=False)
    gate = holding_back(trips, "Day 1: the harbour.", " Day 2: a walk.")
    describe(page, days="31")
    expect(page.get_by_text("Send a whole number from 1 to 30.").first).to_be_visible()
    expect(page.get_by_label("Where to")).to_have_value("Bergen")
    page.get_by_label("How many days").fill("2")
    page.get_by_role("button", name="Plan it").click()
    expect(page.locator("#reply-text")).to_contain_text("Day 1: the harbour.")
    gate.set()
    state(page, "Plan 1 is ready")  # it looks again every 3 seconds
    address = page.url.partition("#")[0]

    page.get_by_label("What should be different?").fill("More indoors.")
    trips.model.will_write("Day 1: museums.")
    page.get_by_role("button", name="Send").click()
    state(page, "Plan 2 is ready")
    page.get_by_role("button", name="Send").click()
    state(page, "Finished")

    page.locator(".menu > summary").last.click()
    page.get_by_role("link", name="History").click()
    for told in ("You described the trip", "A plan was written", "You answered the plan"):
        expect(page.get_by_text(told).first).to_be_visible()
    page.goto(address)
    page.locator(".menu > summary").last.click()
    page.get_by_role("button", name="Describe the trip again").click()
    expect(page.get_by_label("Where to")).to_have_value("Bergen")
    page.get_by_label("How many days").fill("3")
    trips.model.will_write("Day 1: by boat.")
    page.get_by_role("button", name="Plan it").click()
    state(page, "Plan 1 is ready")
    expect(page.get_by_role("heading", name="2 alternatives")).to_be_visible()
    page.goto("/")
    expect(page.get_by_text("2 days in Bergen")).to_be_visible()
    branch = Application.objects.exclude(parent=None).get()
    page.goto(f"/a/{branch.pk}/delete/")
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    expect(page.get_by_role("link", name="2 days in Bergen")).to_be_visible()
    expect(page.get_by_role("link", name="3 days in Bergen")).to_have_count(0)
