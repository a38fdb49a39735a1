"""Each row of the table of errors through the page: the status, the words, and the typed text again."""

import uuid

import pytest
from django.contrib.sessions.models import Session
from django.db import OperationalError
from django.test import Client

from assistant_app import operations
from assistant_app.errors import (
    DatabaseUnavailable,
    ModelFailed,
    ModelTimeout,
    ModelUnavailable,
    ShuttingDown,
)
from assistant_app.models import Application
from assistant_app.people.sessions import SessionStore
from tests import asgi_client
from tests.conftest import wait_for_runs

pytestmark = pytest.mark.django_db(transaction=True)

EMAIL = {"email_to_respond": "Hello?", "response_instructions": "Hi."}


@pytest.fixture
def running(person, model):
    """The person's second draft is being written, held back until the end of the test."""
    person.give_input()
    gate = model.will_wait_to_write()
    person.begin("process_feedback", {"feedback": "Shorter."}).claimed.result(30)
    yield person
    gate.set()
    wait_for_runs()


# --- Whose it is ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/new/",
        "/a/{id}/",
        "/a/{id}/reply.txt",
        "/a/{id}/reply.eml",
        "/a/{id}/delete/",
        "/settings/",
        "/password/",
    ],
)
def test_anonymous_visitors_are_asked_to_sign_in(visitor, person, address):
    address = address.format(id=person.app_id)
    visitor.open(address)
    assert visitor.address.startswith("/sign-in/?next=")
    visitor.press("Sign in", username="ida", password="correct horse")
    assert visitor.response.redirect_chain[0][0] == address


@pytest.mark.parametrize("end", ["", "process_feedback/", "retry/", "delete/", "reply.txt", "reply.eml"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_another_persons_email_is_the_same_404_as_none(person, strangers_browser, end, method):
    person.give_input()
    answers = [
        getattr(strangers_browser.client, method)(f"/a/{app_id}/{end}", {"feedback": "Mine.", "version": 0})
        for app_id in (person.app_id, uuid.uuid4())
    ]
    if method == "get" and end in ("process_feedback/", "retry/"):
        assert [answer.status_code for answer in answers] in ([302, 302], [405, 405])
        return
    if method == "post" and end in ("", "reply.txt", "reply.eml"):
        assert [answer.status_code for answer in answers] == [405, 405]
        return
    assert [answer.status_code for answer in answers] == [404, 404]
    assert "Page not found" in answers[0].content.decode()
    assert str(person.app_id) not in answers[0].content.decode().replace(answers[0].request["PATH_INFO"], "")
    assert person.row.status == "waiting"


def test_staff_find_nothing_of_others(person, operator, visitor):
    person.give_input()
    visitor.client.force_login(operator)
    assert visitor.open(f"/a/{person.app_id}/").status == 404
    assert visitor.open("/").says("Write your first reply")


def test_an_unknown_address_has_the_same_page(browser):
    assert browser.open("/nowhere/").status == 404
    assert browser.says("Page not found")


def test_what_was_typed_for_an_email_that_was_deleted_meanwhile_is_shown_again(person, page_of, browser):
    person.give_input()
    page_of(person)
    operations.delete(actor=person.user, app_id=person.app_id)
    browser.press("Send feedback", feedback="Ring her up.")
    assert browser.status == 404
    assert browser.says("Ring her up.")


# --- What was sent -------------------------------------------------------------------------------


def test_a_new_email_without_anything_names_each_field_and_makes_nothing(browser):
    browser.open("/new/").press("Draft a reply", email_to_respond="", response_instructions="x" * 20_001)
    assert browser.status == 400
    assert browser.says("Please check 2 things")
    assert not Application.objects.exists()


def test_too_long_an_email_is_refused_in_numbers_and_shown_again(browser, settings):
    settings.MAX_EMAIL_CHARACTERS = 1000
    browser.open("/new/").press("Draft a reply", email_to_respond="x" * 1001, response_instructions="Yes.")
    assert browser.status == 400
    assert browser.says("It has 1,001 characters; 1,000 fit. Cut off old quoted messages at the end.")
    assert browser.typed("email_to_respond") == ["x" * 1001]
    assert browser.typed("response_instructions") == ["Yes."]
    assert not Application.objects.exists()


def test_too_long_feedback_is_shown_again_below_the_draft(person, page_of, browser, settings):
    settings.MAX_TEXT_CHARACTERS = 100
    person.give_input()
    page_of(person)
    browser.press("Send feedback", feedback="y" * 101)
    assert browser.status == 400
    assert browser.typed("feedback") == ["y" * 101]
    assert browser.says("Draft 1")


def test_one_problem_is_counted_in_words(browser):
    browser.open("/new/").press("Draft a reply", email_to_respond=" ", response_instructions="Yes.")
    assert browser.says("Please check one thing")
    assert browser.page.links["Paste the email you’re replying to."] == "#email_to_respond"


def test_a_wrong_number_of_answers_is_refused_and_they_are_shown_again(person, page_of, browser, model):
    model.will_ask("One?", "Two?")
    person.give_input()
    page_of(person)
    browser.press("Draft the reply", answers=["First.", "Second.", "Third."])
    assert browser.status == 409
    assert browser.typed("answers") == ["First.", "Second."]
    browser.press("Draft the reply", answers=["x" * 20_001, "Second."])
    assert browser.status == 400
    assert browser.says("It has 20,001 characters; 20,000 fit.")
    assert browser.typed("answers")[1] == "Second."


def test_a_body_over_the_limit_is_refused_in_words():
    content_type = "application/x-www-form-urlencoded"
    answer = asgi_client.send("POST", "/new/", b"email_to_respond=" + b"x" * 5_000_001, content_type)
    assert answer.status_code == 413
    assert "larger than the server accepts" in answer.text


def test_more_fields_than_django_reads_is_a_bad_request_in_words(browser):
    answer = browser.client.post("/new/", {f"field-{number}": "x" for number in range(1001)})
    assert answer.status_code == 400
    assert "That didn’t come through properly" in answer.content.decode()


# --- What happened meanwhile ---------------------------------------------------------------------


def test_feedback_while_a_draft_is_written_is_kept(running, browser):
    browser.open(f"/a/{running.app_id}/")
    answer = browser.client.post(
        f"/a/{running.app_id}/process_feedback/",
        {"feedback": "Also ring her.", "version": running.row.version},
    )
    page = browser._show(answer, "")
    assert page.status == 409
    assert page.says("We’re still writing a draft")
    assert page.says("Also ring her.")
    assert page.says("Refresh")
    assert "http-equiv" not in answer.content.decode()  # a refresh would wipe the text away


def test_feedback_on_an_older_draft_is_shown_below_the_newest(person, browser, other_window):
    person.give_input()
    address = f"/a/{person.app_id}/"
    browser.open(address)
    other_window.open(address).press("Shorter")
    wait_for_runs()
    browser.press("Send feedback", feedback="Say that her units are reserved.")
    assert browser.status == 412
    assert browser.says("There’s a newer draft")
    assert browser.says(
        "You were writing about draft 1. Another window has since asked for “Make it shorter.”"
    )
    assert browser.typed("feedback") == ["Say that her units are reserved."]
    browser.press("Use on draft 2")
    wait_for_runs()
    assert person.row.state["feedback_history"][-1] == "Say that her units are reserved."


def test_feedback_that_is_put_aside_is_there_again_until_it_is_sent(person, browser, other_window):
    person.give_input()
    browser.open(f"/a/{person.app_id}/")
    other_window.open(f"/a/{person.app_id}/").press("Shorter")
    wait_for_runs()
    browser.press("Send feedback", feedback="Say that her units are reserved.")
    browser.press("Save for later")
    assert browser.says("Not sent yet")
    assert browser.typed("feedback") == ["Say that her units are reserved."]
    assert person.row.state["feedback_history"] == ["Make it shorter."]
    browser.press("Send feedback")
    wait_for_runs()
    assert not browser.open(f"/a/{person.app_id}/").says("Not sent yet")


def test_answers_to_questions_that_were_answered_in_another_window_are_kept(
    person, browser, other_window, model
):
    model.will_ask("Which Thursday?")
    person.give_input()
    address = f"/a/{person.app_id}/"
    browser.open(address)
    other_window.open(address).press("Draft the reply", answers=["The first."])
    wait_for_runs()
    browser.press("Draft the reply", answers=["The second."])
    assert browser.status == 412
    assert browser.says("You’ve already answered these in another window Your answers weren’t sent;")
    assert browser.says("Which Thursday?")
    assert browser.says("The second.")
    assert browser.says("Draft 1 is ready")


def test_a_step_that_is_not_due_is_refused_and_its_text_kept(person, browser):
    answer = browser.client.post(f"/a/{person.app_id}/process_feedback/", {"feedback": "Too early."})
    assert answer.status_code == 409
    assert "Too early." in answer.content.decode()


def test_feedback_on_a_finished_email_is_kept(person, browser, other_window):
    person.give_input()
    address = f"/a/{person.app_id}/"
    browser.open(address)
    other_window.open(address).press("Accept")
    wait_for_runs()
    browser.press("Send feedback", feedback="One more thing.")
    assert browser.status in (409, 412)
    assert browser.says("You’ve accepted this reply")
    assert browser.says("One more thing.")


def test_a_version_that_is_no_number_is_no_version(person, page_of, browser):
    person.give_input()
    page_of(person)
    for nonsense in ("x", "-1", "9" * 5000, "١"):
        browser.client.post(f"/a/{person.app_id}/process_feedback/", {"feedback": "Hm.", "version": nonsense})
    assert person.row.state["feedback_history"] == []


# --- Pressed twice -------------------------------------------------------------------------------


def test_a_double_press_on_a_new_email_makes_one(browser):
    browser.open("/new/")
    form = browser.page.form_with("Draft a reply")
    data = {**form.fields, **EMAIL}
    answers = [browser.client.post("/new/", data) for _ in range(3)]
    wait_for_runs()
    assert [answer.status_code for answer in answers] == [302, 302, 302]
    assert {answer["Location"].partition("#")[0] for answer in answers} == {
        f"/a/{Application.objects.get().pk}/"
    }


def test_going_back_and_changing_what_was_sent_makes_another_email(browser, model):
    browser.open("/new/")
    data = {**browser.page.form_with("Draft a reply").fields, **EMAIL}
    browser.client.post("/new/", data)
    browser.client.post("/new/", data | {"response_instructions": "No."})
    wait_for_runs()
    assert Application.objects.count() == 2


def test_a_double_press_on_feedback_is_one(person, page_of, browser):
    person.give_input()
    page_of(person)
    data = {**browser.page.form_with("Send feedback").fields, "feedback": " Shorter. "}
    answers = [browser.client.post(f"{browser.address}process_feedback/", data) for _ in range(3)]
    wait_for_runs()
    assert [answer.status_code for answer in answers] == [302, 302, 302]
    assert person.row.state["feedback_history"] == ["Shorter."]


def test_a_double_press_on_looks_good_is_one(person, page_of, browser):
    person.give_input()
    page_of(person)
    data = {**browser.page.form_with("Accept").fields, "accept": "yes"}
    answers = [browser.client.post(f"{browser.address}process_feedback/", data) for _ in range(2)]
    wait_for_runs()
    answers.append(browser.client.post(f"{browser.address}process_feedback/", data))
    assert [answer.status_code for answer in answers] == [302, 302, 302]


def test_accepting_an_older_draft_is_no_double_press(person, browser, other_window):
    person.give_input()
    address = f"/a/{person.app_id}/"
    browser.open(address)
    other_window.open(address).press("Shorter")
    wait_for_runs()
    browser.press("Accept")
    assert browser.status == 412
    assert not person.row.is_finished


def test_trying_again_twice_is_once(person, browser, model):
    model.will_write(ModelTimeout("No answer."))
    person.fails_at("process_input", **EMAIL)
    browser.open(f"/a/{person.app_id}/")
    data = browser.page.form_with("Try again").fields
    answers = [browser.client.post(f"/a/{person.app_id}/retry/", data) for _ in range(2)]
    wait_for_runs()
    answers.append(browser.client.post(f"/a/{person.app_id}/retry/", data))
    assert [answer.status_code for answer in answers] == [302, 302, 302]
    assert len(person.row.state["draft_history"]) == 1


# --- What the model did --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ModelTimeout("The model's server at x gave no answer for 60 seconds."), "didn’t answer in time The"),
        (ModelUnavailable("The model's server at x could not be reached."), "isn’t available right now The"),
        (ModelFailed("The model gave an empty answer."), "gave no usable reply The model"),
        (RuntimeError("secret"), "Something went wrong on our side Your email"),
    ],
)
def test_a_stopped_run_says_why_and_goes_on(person, page_of, browser, model, error, words):
    model.will_write(error)
    person.fails_at("process_input", **EMAIL)
    assert page_of(person).says(words)
    assert browser.says("Couldn’t finish draft 1")
    assert browser.says("Your email and instructions are saved.")
    assert "secret" not in browser.page.text
    if not isinstance(error, RuntimeError):
        assert browser.says(error.message)
    browser.press("Try again")
    wait_for_runs()
    assert page_of(person).says("Draft 1 is ready")


def test_what_was_sent_can_be_changed_after_a_stop(person, page_of, browser, model):
    person.give_input()
    model.will_write(ModelTimeout("No answer."))
    person.fails_at("process_feedback", feedback="Shorter.")
    assert page_of(person).says("Your feedback on draft 1 Shorter.")
    browser.open(browser.address + browser.page.links["Edit feedback"].partition("#")[0])
    assert browser.typed("feedback") == ["Shorter."]
    browser.press("Send feedback", feedback="")
    assert browser.says("Say what should change, or press Accept.")
    assert "Accept" not in browser.page.form_with("Send feedback").buttons
    assert browser.page.described_by("feedback") == ["Say what should change, or press Accept."]
    browser.press("Send feedback", feedback="Much shorter.")
    wait_for_runs()
    assert person.row.state["feedback_history"] == ["Much shorter."]


def test_answers_can_be_changed_after_a_stop(person, page_of, browser, model):
    model.will_ask("Which?", "Who?")
    person.give_input()
    model.will_write(ModelTimeout("No answer."))
    person.fails_at("clarify_instructions", answers=["This.", ""])
    page_of(person)
    browser.open(browser.address + browser.page.links["Edit answers"].partition("#")[0])
    assert browser.typed("answers") == ["This.", ""]


def test_an_interrupted_run_says_so_and_continues(person, page_of, browser, model):
    model.will_write(ModelTimeout("No answer."))
    person.fails_at("process_input", **EMAIL)
    Application.objects.update(error_code="interrupted")
    assert page_of(person).says("We restarted in the middle of this Nothing’s lost.")
    browser.press("Continue")
    wait_for_runs()
    assert page_of(person).says("Draft 1")


# --- What the server did -------------------------------------------------------------------------


@pytest.fixture
def goes_wrong(monkeypatch):
    def go_wrong(error):
        def submit(**_):
            raise error

        monkeypatch.setattr(operations, "submit", submit)

    return go_wrong


def test_a_server_that_is_about_to_restart_keeps_the_text(person, page_of, browser, goes_wrong):
    person.give_input()
    page_of(person)
    goes_wrong(ShuttingDown(retry_after=5))
    browser.press("Send feedback", feedback="Ring her.")
    assert browser.status == 503
    assert browser.response["Retry-After"] == "5"
    assert browser.says("The server is about to restart.")
    assert browser.typed("feedback") == ["Ring her."]


def test_a_server_that_is_about_to_restart_keeps_a_new_email(browser, goes_wrong):
    goes_wrong(ShuttingDown(retry_after=5))
    browser.open("/new/").press("Draft a reply", **EMAIL)
    assert browser.status == 503
    assert browser.typed("email_to_respond") == ["Hello?"]
    assert browser.typed("response_instructions") == ["Hi."]


def test_trying_again_on_a_server_that_restarts_says_so(person, page_of, browser, model, monkeypatch):
    model.will_write(ModelTimeout("No answer."))
    person.fails_at("process_input", **EMAIL)
    page_of(person)

    def retry(**_):
        raise ShuttingDown

    monkeypatch.setattr(operations, "retry", retry)
    browser.press("Try again")
    assert browser.status == 503
    assert browser.says("The server is about to restart.")


def test_a_mistake_of_the_program_keeps_the_text(person, page_of, browser, goes_wrong):
    person.give_input()
    page_of(person)
    goes_wrong(RuntimeError("secret"))
    browser.client.raise_request_exception = False
    browser.press("Send feedback", feedback="Ring her.")
    assert browser.status == 500
    assert browser.says("Ring her.")
    assert "secret" not in browser.page.text


def test_answers_survive_a_mistake_of_the_program(person, page_of, browser, goes_wrong, model):
    model.will_ask("One?", "Two?")
    person.give_input()
    page_of(person)
    goes_wrong(RuntimeError("secret"))
    browser.client.raise_request_exception = False
    browser.press("Draft the reply", answers=["First.", "Second."])
    assert browser.says("First.")
    assert browser.says("Second.")


def signed_in(user, settings):
    """Return a client whose session is saved with each request."""
    settings.SESSION_SAVE_EVERY_REQUEST = True
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize(
    ("path", "says"), [("/", b"could not be reached"), ("/api/limits/", b"database_unavailable")]
)
def test_a_session_that_the_database_does_not_save_is_no_bad_request(
    owner, settings, monkeypatch, path, says
):
    client = signed_in(owner, settings)

    def fail(*_, **__):
        raise OperationalError("it is away")

    monkeypatch.setattr(Session, "save", fail)
    answer = client.get(path)
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert says in answer.content


def test_a_session_that_was_deleted_meanwhile_is_still_a_bad_request(owner, settings, monkeypatch):
    client, load = signed_in(owner, settings), SessionStore.load

    def load_and_delete(store):
        loaded = load(store)
        Session.objects.all().delete()
        return loaded

    monkeypatch.setattr(SessionStore, "load", load_and_delete)
    assert client.get("/").status_code == 400


@pytest.mark.parametrize("error", [DatabaseUnavailable(retry_after=5), OperationalError("secret")])
def test_a_database_that_is_away_is_said_without_asking_it(person, page_of, browser, goes_wrong, error):
    person.give_input()
    page_of(person)
    goes_wrong(error)
    browser.press("Send feedback", feedback="Ring her.")
    assert browser.status == 503
    assert browser.response["Retry-After"] == "5"
    assert browser.says("The database could not be reached.")
    assert browser.says("Ring her.")


def test_a_new_id_that_is_another_persons_is_replaced(browser, stranger):
    theirs = operations.create(actor=stranger)[0]
    browser.open("/new/")
    data = {**EMAIL, "app_id": str(theirs.pk)}
    answer = browser.client.post("/new/", data)
    assert answer.status_code == 409
    assert str(theirs.pk) not in answer.content.decode()
    browser._show(answer, "/new/").press("Draft a reply")
    wait_for_runs()
    assert Application.objects.owned_by(stranger).count() == 1
    assert Application.objects.count() == 2


@pytest.mark.parametrize("app_id", ["", "nonsense", "\x00"])
def test_an_id_that_is_none_is_replaced(browser, app_id, model):
    browser.client.post("/new/", {**EMAIL, "app_id": app_id})
    wait_for_runs()
    assert Application.objects.count() == 1
