"""The API's own pages: browsable, and its documentation."""

import pytest

from assistant_app.errors import ModelTimeout
from tests.api.conftest import INPUT, LIST_URL, titled, url_of
from tests.browser import stage as states
from tests.browser.checks import assert_accessible, assert_accessible_light_and_dark, assert_fits, assert_good

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def at(stage, *parts):
    return url_of(stage.person.app_id, *parts)


def press(page, form, button):
    """Send a form of the page and wait until the response has replaced the page."""
    page.locator("#main").evaluate("main => main.dataset.old = 'true'")
    page.locator(form).get_by_role("button", name=button, exact=True).click()
    page.wait_for_selector("#main:not([data-old])")


def root(stage):
    stage.open("/api/")


def empty_list(stage):
    stage.open(LIST_URL)


def long_list(stage):
    for number in range(5):
        titled(stage.owner, f"Late delivery {number} " + "W" * 150)
    stage.open(LIST_URL + "?page_size=1&page=3")


def detail(stage):
    states.draft(stage)
    stage.open(at(stage))


def first_step(stage):
    states.pasting(stage)
    stage.open(at(stage, "initialize_draft"))


def answers(stage):
    states.questions(stage)
    stage.open(at(stage, "clarify_instructions"))


def feedback(stage):
    states.draft(stage)
    stage.open(at(stage, "process_feedback"))


def refused(stage):
    first_step(stage)
    press(stage.page, "#put-object-form", "PUT")


def refused_id(stage):
    empty_list(stage)
    stage.page.get_by_label("App id").fill("no id")
    press(stage.page, "#post-object-form", "POST")


def fork(stage):
    states.draft(stage)
    stage.open(at(stage, "fork"))


def refused_fork(stage):
    fork(stage)
    stage.page.get_by_label("Draft", exact=True).fill("9")
    press(stage.page, "#post-object-form", "POST")


def failed(stage):
    stage.begin()
    stage.model.will_write(ModelTimeout("No answer in time."))
    stage.person.fails_at("process_feedback", feedback="Shorter.")
    stage.open(at(stage, "retry"))


def not_there(stage):
    stage.open(url_of("00000000-0000-4000-8000-000000000000"))


def not_signed_in(stage):
    stage.page.context.clear_cookies()
    stage.open(LIST_URL)


# Swagger UI puts its links and its copy button into the button that opens an operation.
THEIRS = {"nested-interactive": ".opblock-summary-control"}
PAGES = (
    root, empty_list, long_list, detail, first_step, answers, feedback, refused, refused_id, fork,
    refused_fork, failed, not_there, not_signed_in,
)  # fmt: skip


@pytest.mark.parametrize("show", PAGES, ids=lambda show: show.__name__)
def test_a_page_has_no_finding_and_fits_the_screen(stage, show):
    show(stage)
    assert stage.page.locator("h1").count() == 1
    assert_good(stage.page)


def test_an_email_is_answered_with_forms_of_both_kinds(stage):
    states.pasting(stage)
    page = stage.page
    stage.model.will_ask("Which day?")
    stage.open(at(stage, "initialize_draft"))
    page.get_by_label("The email you’re replying to").fill(INPUT["email_to_respond"])
    page.get_by_label("What do you want to say?").fill(INPUT["response_instructions"])
    press(page, "#put-object-form", "PUT")
    assert "HTTP 200 OK" in page.inner_text(".response-info")
    stage.open(at(stage, "clarify_instructions"))
    page.get_by_label("Which day?").fill("Thursday")
    press(page, "#put-object-form", "PUT")
    stage.open(at(stage, "process_feedback"))
    page.get_by_text("PUT raw data").click()
    page.get_by_label("Content").fill('{"feedback": ""}')
    press(page, "#put-generic-content-form", "PUT")
    assert stage.person.row.state["clarification_answers"] == ["Thursday"]
    assert stage.person.row.status == "finished"
    assert '"status": "finished"' in page.inner_text(".response-info")


def test_an_email_is_made_and_deleted(stage, owner):
    stage.open(LIST_URL)
    press(stage.page, "#post-object-form", "POST")
    assert "HTTP 201 Created" in stage.page.inner_text(".response-info")
    row = owner.applications.get()
    stage.open(url_of(row.pk))
    press(stage.page, ".verbs", "OPTIONS")
    stage.page.get_by_text("DELETE…").click()
    press(stage.page, ".verbs", "Delete")
    assert "HTTP 204" in stage.page.inner_text(".response-info")
    assert not owner.applications.exists()


def test_it_is_forked_with_the_form_whatever_is_chosen_in_it(stage):
    fork(stage)
    page = stage.page
    press(page, "#post-object-form", "POST")
    assert '"next_step": "process_feedback"' in page.inner_text(".response-info")
    page.get_by_label("Draft", exact=True).fill("1")
    press(page, "#post-object-form", "POST")
    assert '"next_step": "process_feedback"' in page.inner_text(".response-info")
    page.get_by_label("Before").select_option("process_input")
    press(page, "#post-object-form", "POST")
    assert '"next_step": "process_input"' in page.inner_text(".response-info")
    page.get_by_text("POST raw data").click()
    press(page, "#post-generic-content-form", "POST")
    assert "HTTP 201 Created" in page.inner_text(".response-info")


def test_a_multipart_body_typed_by_hand_is_read(stage):
    states.pasting(stage)
    stage.open(at(stage, "initialize_draft"))
    page = stage.page
    page.get_by_text("PUT raw data").click()
    page.get_by_label("Media type").select_option("multipart/form-data")
    parts = "".join(
        f'--x\nContent-Disposition: form-data; name="{name}"\n\n{text}\n' for name, text in INPUT.items()
    )
    page.get_by_label("Content").fill(f"{parts}--x--\n")
    press(page, "#put-generic-content-form", "PUT")
    assert stage.person.row.state["response_instructions"] == INPUT["response_instructions"]


def test_a_connection_that_is_lost_is_said_and_nothing_typed_is(stage, watch):
    first_step(stage)
    page = stage.page
    page.get_by_label("What do you want to say?").fill("60 ship on Thursday.")
    page.context.set_offline(True)
    page.get_by_role("button", name="PUT", exact=True).first.click()
    page.get_by_role("alert").wait_for()
    assert page.get_by_label("What do you want to say?").input_value() == "60 ship on Thursday."
    assert [said for said in watch.complaints if "ERR_INTERNET_DISCONNECTED" not in said] == []
    watch.complaints.clear()


def test_the_documentation_shows_every_endpoint_and_sends_a_try(stage, owner):
    titled(owner, "Late delivery")
    page = stage.page
    stage.open("/api/docs/")
    page.wait_for_selector("#operations-applications-initialize_draft")
    page.click("#operations-applications-list_applications .opblock-summary-control")
    page.click("text=Try it out")
    page.click("text=Execute")
    page.wait_for_selector(".live-responses-table >> text=Late delivery")
    assert_accessible_light_and_dark(page, THEIRS)
    assert_fits(page)
    assert_accessible(page, THEIRS)
