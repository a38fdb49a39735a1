"""A human step that is added before the first draft, in two files, walks every door."""

import pytest
from django.core.management import call_command

from assistant_app import operations
from assistant_app.checks import check_workflow
from assistant_app.errors import ModelTimeout
from assistant_app.models import Application
from tests.admin.conftest import browser_of, say_why
from tests.conftest import Person, stop, wait_for_runs
from tests.workflows.recipients.entry import WITH_RECIPIENTS

pytestmark = pytest.mark.django_db(transaction=True)
MARTA = "marta@example.org"
INPUT = {"email_to_respond": Person.EMAIL, "response_instructions": "Yes."}


@pytest.fixture
def added(serve):
    serve(WITH_RECIPIENTS)


@pytest.fixture
def asked(added, person):
    """An email that waits for its recipients."""
    person.give_input()
    assert person.row.next_step == "choose_recipients"
    return person


def test_its_table_fits_its_graph():
    assert list(check_workflow(WITH_RECIPIENTS)) == []


def test_pages_and_list_say_what_is_true_of_it(asked, page_of, browser, model):
    assert browser.open("/").says("Choose the recipients")
    page = page_of(asked)
    assert page.says("The recipients come before the first draft")
    assert page.says("Who gets the reply?")
    gate = model.will_wait_to_ask()
    page.press("Go on", recipients=MARTA)
    model.wait_until_asked("questions")
    assert page_of(asked).says("Reading the email")
    assert not page_of(asked).says("Writing draft 1")
    assert browser.open("/").says("Reading")
    gate.set()
    wait_for_runs()
    assert page_of(asked).says("Draft 1 is ready")
    assert page_of(asked).says(MARTA)
    assert page_of(asked).says("Recipients")


def test_the_state_of_the_api_has_it(asked, api):
    url = f"/api/applications/{asked.app_id}/"
    state = api.get(url).json()
    assert [action["name"] for action in state["allowed_actions"]] == ["choose_recipients"]
    assert (state["recipients"], state["next_url"]) == ("", f"http://testserver{url}choose_recipients/")
    sent = api.put(state["next_url"], {"recipients": MARTA}, format="json").json()
    assert (sent["recipients"], sent["next_step"]) == (MARTA, "process_feedback")
    assert api.put(state["next_url"], {"recipients": "x"}, format="json").json()["code"] == "wrong_step"


def test_its_history_has_words(asked, browser):
    asked.send("choose_recipients", recipients=MARTA)
    page = browser.open(f"/a/{asked.app_id}/history/")
    assert page.says("You chose the recipients")
    assert page.says(MARTA)


def test_operators_see_it(asked, operator):
    asked.send("choose_recipients", recipients=MARTA)
    client = browser_of(operator)
    say_why(client, asked.row)
    shown = client.get(f"/admin/assistant_app/application/{asked.app_id}/change/").content.decode()
    assert "Choose the recipients" in shown
    assert MARTA in shown


def test_a_branch_before_it_takes_it_again_also_without_its_parent(asked, api):
    asked.send("choose_recipients", recipients=MARTA)
    url = f"/api/applications/{asked.app_id}/fork/"
    fork = api.post(url, {"before": "choose_recipients"}, format="json").json()
    assert (fork["next_step"], fork["recipients"]) == ("choose_recipients", "")
    sent = api.put(fork["next_url"], {"recipients": "otto@example.org"}, format="json").json()
    assert sent["recipients"] == "otto@example.org"
    operations.delete(actor=asked.user, app_id=asked.app_id)
    again = api.post(
        f"/api/applications/{sent['app_id']}/fork/", {"before": "choose_recipients"}, format="json"
    ).json()
    assert (again["next_step"], again["recipients"]) == ("choose_recipients", "")
    assert again["email_to_respond"] == Person.EMAIL
    ended = api.put(again["next_url"], {"recipients": MARTA}, format="json").json()
    assert (ended["recipients"], ended["next_step"]) == (MARTA, "process_feedback")


def test_a_run_stopped_after_it_is_told_and_tried_again(asked, page_of, model):
    stop_while_asking(asked, model, "choose_recipients", {"recipients": MARTA})
    page = page_of(asked)
    assert page.says("You stopped it")
    assert not page.says("Couldn’t finish draft 1")
    assert page.says("Your recipients are saved")
    page.open(f"{page.address}?change=1")
    assert page.typed("recipients") == [MARTA]
    asked.retry()
    assert asked.row.next_step == "process_feedback"
    assert asked.row.state["recipients"] == MARTA


def test_a_draft_that_failed_after_it_is_told_and_tried_again(asked, page_of, model):
    model.will_write(ModelTimeout())
    asked.fails_at("choose_recipients", recipients=MARTA)
    assert page_of(asked).says("Couldn’t finish draft 1")
    assert asked.retry().state["draft_history"] != []
    assert asked.row.state["recipients"] == MARTA


def stop_while_asking(person, model, step, data, error_code="cancelled"):
    """Send a step and stop the run while the model looks for questions."""
    gate, asked = model.will_wait_to_ask(), len(model.calls_for("questions"))
    run = person.begin(step, data)
    model.wait_until_asked("questions", asked + 1)
    stop(actor=person.user, app_id=person.app_id)
    gate.set()
    run.ended.result(10)
    Application.objects.filter(pk=person.app_id).update(error_code=error_code)


# --- An upgrade, with applications that had stopped before it ---------------------------------------


@pytest.fixture(params=["cancelled", "interrupted", "model_failed"])
def stopped(request, person, model):
    """An email that stopped while questions were looked for, before the step was added."""
    stop_while_asking(person, model, "process_input", INPUT, request.param)
    assert person.row.position == "process_input"
    return person


def test_try_again_goes_back_to_waiting_on_a_page(stopped, added, page_of, model):
    asked = len(model.asked)
    page = page_of(stopped)
    buttons = [button for form in page.page.forms for button in form.buttons]
    page.press(next(button for button in ("Try again", "Continue") if button in buttons))
    assert stopped.row.next_step == "choose_recipients"
    assert stopped.row.status == "waiting"
    assert page.says("Who gets the reply?")
    assert len(model.asked) == asked
    page.press("Go on", recipients=MARTA)
    wait_for_runs()
    assert page_of(stopped).says("Draft 1 is ready")


def test_retry_goes_back_to_waiting_through_the_api(stopped, added, api):
    answer = api.post(f"/api/applications/{stopped.app_id}/retry/")
    assert (answer.status_code, answer.json()["next_step"]) == (200, "choose_recipients")
    assert answer.json()["error"] is None
    again = api.post(f"/api/applications/{stopped.app_id}/retry/")
    assert again.json()["code"] == "nothing_to_retry"


def test_an_operator_retries_it(stopped, added, operator):
    client = browser_of(operator)
    action = {"action": "retry", "_selected_action": [str(stopped.app_id)]}
    client.post("/admin/assistant_app/application/", action)
    assert (stopped.row.status, stopped.row.next_step) == ("waiting", "choose_recipients")


def test_the_input_can_be_sent_again_instead(stopped, added):
    stopped.give_input()
    assert stopped.row.next_step == "choose_recipients"
    assert stopped.send("choose_recipients", recipients=MARTA).next_step == "process_feedback"


def test_a_run_that_was_interrupted_before_the_upgrade_is_resumed_to_wait(person, model, serve, capsys):
    stop_while_asking(person, model, "process_input", INPUT, "interrupted")
    serve(WITH_RECIPIENTS)
    call_command("resume_interrupted")
    assert "Continued 1, failed 0." in capsys.readouterr().out
    assert (person.row.status, person.row.next_step) == ("waiting", "choose_recipients")


def test_an_email_that_waits_at_a_later_step_goes_on(person, serve):
    person.give_input()
    serve(WITH_RECIPIENTS)
    assert person.give_feedback("Shorter.").state["draft_history"] == ["Draft 1.", "Draft 2."]
    assert person.give_feedback("").status == "finished"
