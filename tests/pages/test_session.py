"""A session that expires while the user types: no text is lost, and none is sent automatically."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from assistant_app.models import Application
from tests.conftest import wait_for_runs
from tests.pages.reading import Browser

pytestmark = pytest.mark.django_db(transaction=True)

CREDENTIALS = {"username": "ida", "password": "correct horse"}


def test_feedback_typed_while_signed_out_is_shown_again_after_signing_in(person, page_of, browser):
    person.give_input()
    page_of(person)
    browser.client.logout()
    browser.press("Send feedback", feedback='Say "sorry",\n<b>twice</b>.')
    assert browser.status == 401
    assert browser.says("What you were writing is safe; sign in to pick it up.")
    browser.press("Sign in", **CREDENTIALS)
    assert browser.address == f"/a/{person.app_id}/"
    assert browser.says("This is what you were writing. It’ll be here until you send it")
    assert browser.typed("feedback") == ['Say "sorry",\n<b>twice</b>.']
    assert person.row.state["feedback_history"] == []
    browser.press("Send feedback")
    wait_for_runs()
    assert person.row.state["feedback_history"] == ['Say "sorry",\n<b>twice</b>.']
    assert browser.open(browser.address).typed("feedback") == [""]


def test_a_new_email_typed_while_signed_out_is_shown_again(browser, model):
    browser.open("/new/")
    browser.client.logout()
    browser.press("Draft a reply", email_to_respond="\n\nHello?", response_instructions="Hi.")
    browser.press("Sign in", **CREDENTIALS)
    assert browser.address == "/new/"
    assert browser.typed("email_to_respond")[0].replace("\r\n", "\n") == "\n\nHello?"
    assert not Application.objects.exists()
    browser.press("Draft a reply")
    wait_for_runs()
    assert Application.objects.get().state["incoming_email"] == "\n\nHello?"


def test_answers_typed_while_signed_out_are_shown_again(person, page_of, browser, model):
    model.will_ask("One?", "Two?")
    person.give_input()
    page_of(person)
    browser.client.logout()
    browser.press("Draft the reply", answers=["", "Second."])
    browser.press("Sign in", username="ida", password="wrong")
    browser.press("Sign in", **CREDENTIALS)
    assert browser.typed("answers") == ["", "Second."]


@pytest.mark.parametrize(
    "change",
    [{"expire_date": timezone.now() - timedelta(seconds=1)}, {"session_data": "made:up"}],
    ids=["expired", "forged"],
)
def test_a_session_that_no_longer_holds_signs_no_one_in(browser, change):
    assert browser.open("/").status == 200
    Session.objects.update(**change)
    assert browser.open("/").address.startswith("/sign-in/")


def test_a_key_that_was_made_up_never_becomes_a_session(browser):
    made_up = "k" * 32
    browser.client.cookies["sessionid"] = made_up
    browser.open("/sign-in/")
    browser.press("Sign in", **CREDENTIALS)
    assert browser.client.cookies["sessionid"].value != made_up
    assert browser.open("/").status == 200
    assert not Session.objects.filter(session_key=made_up).exists()


def test_what_was_typed_is_kept_over_a_reload(person, page_of, browser):
    person.give_input()
    page_of(person)
    browser.client.logout()
    browser.press("Send feedback", feedback="Ring her.").press("Sign in", **CREDENTIALS)
    assert browser.open(browser.address).typed("feedback") == ["Ring her."]


def test_somebody_else_who_signs_in_sees_nothing_of_it(person, page_of, browser, stranger):
    person.give_input()
    page_of(person)
    browser.client.logout()
    browser.press("Send feedback", feedback="Ring her.")
    browser.press("Sign in", username="otto", password="battery staple")
    assert browser.status == 404
    assert not browser.says("Ring her.")


def test_an_empty_form_sent_while_signed_out_leads_to_the_list(person, page_of, browser):
    person.give_input()
    page_of(person)
    browser.client.logout()
    browser.press("Accept").press("Sign in", **CREDENTIALS)
    assert browser.says("Open 1")
    assert not person.row.is_finished


@pytest.fixture
def strict(owner):
    """The owner in a browser with CSRF checks on, as in production."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner)
    return Browser(client)


def test_a_form_from_before_another_sign_in_is_shown_again(person, strict):
    person.give_input()
    strict.open(f"/a/{person.app_id}/")
    strict.client.cookies["csrftoken"] = "x" * 32
    strict.press("Send feedback", feedback="Ring her.")
    assert strict.status == 403
    assert strict.says("Your feedback wasn’t sent")
    assert strict.typed("feedback") == ["Ring her."]
    strict.press("Send feedback")
    wait_for_runs()
    assert person.row.state["feedback_history"] == ["Ring her."]


def test_a_form_without_session_and_without_its_cookie_is_kept_too(person, strict):
    person.give_input()
    strict.open(f"/a/{person.app_id}/")
    strict.client.cookies.clear()
    strict.press("Send feedback", feedback="Ring her.")
    assert strict.status == 401
    strict.client.cookies["csrftoken"] = "x" * 32
    strict.press("Sign in", **CREDENTIALS)
    assert strict.status == 403
    strict.press("Sign in", **CREDENTIALS)
    assert strict.typed("feedback") == ["Ring her."]


def test_a_sign_in_form_from_before_another_sign_in_leads_on(person, strict):
    person.give_input()
    strict.open(f"/a/{person.app_id}/")
    strict.client.logout()
    strict.press("Send feedback", feedback="Ring her.")
    other = Browser(strict.client)
    other.open("/sign-in/").press("Sign in", **CREDENTIALS)
    strict.press("Sign in", **CREDENTIALS)
    assert strict.typed("feedback") == ["Ring her."]


def test_a_sign_in_form_that_keeps_nothing_leads_on_too(visitor, strict):
    strict.client.logout()
    strict.open("/sign-in/")
    other = Browser(strict.client)
    other.open("/sign-in/").press("Sign in", **CREDENTIALS)
    strict.press("Sign in", **CREDENTIALS)
    assert strict.address == "/"
    assert strict.status == 200


def test_a_forged_form_elsewhere_changes_nothing(strict):
    answer = strict.client.post("/settings/tokens/", {"name": "forged"})
    assert answer.status_code == 403
    assert "Please press the button again" in answer.content.decode()


def test_after_signing_out_the_pages_are_closed_and_not_cached(browser, person):
    person.give_input()
    browser.open(f"/a/{person.app_id}/")
    assert "no-store" in browser.response["Cache-Control"]
    browser.press("Sign out")
    assert browser.open(f"/a/{person.app_id}/").says("Sign in")


def test_the_stream_of_a_page_is_read_only_and_ones_own(person, browser, visitor, strangers_browser):
    address = f"/a/{person.app_id}/stream/"
    assert browser.client.post(address).status_code == 405
    assert visitor.client.get(address).status_code == 404
    assert strangers_browser.client.get(address).status_code == 404
