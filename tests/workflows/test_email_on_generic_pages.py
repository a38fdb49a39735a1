"""The email assistant itself, behind the doors that serve every workflow."""

from dataclasses import replace

import pytest
from jsonschema import Draft202012Validator

from assistant_app.errors import ModelTimeout
from assistant_app.workflow.email import EMAIL
from tests.admin.conftest import browser_of, say_why
from tests.conftest import Person, wait_for_runs

pytestmark = pytest.mark.django_db(transaction=True)
PLAIN = replace(EMAIL, doors={}, entries=[replace(entry, template="", buttons="") for entry in EMAIL.entries])


@pytest.fixture(autouse=True)
def plain(serve):
    serve(PLAIN)


def test_an_email_is_answered_on_them(person, browser, page_of, model):
    model.will_ask("When do the others ship?")
    person.give_input()
    page = page_of(person)
    assert page.says("1 question before the first draft")
    assert page.says("When do the others ship?")
    page.press("Send answers", answers="On 10 December.")
    wait_for_runs()
    page = page_of(person)
    assert page.says("Draft 1 is ready")
    assert page.says(Person.INSTRUCTIONS)
    page.press("Send feedback", feedback="Shorter.")
    wait_for_runs()
    page_of(person).press("Save as a new draft", text="My own words.")
    wait_for_runs()
    assert page_of(person).typed("text") == ["My own words."]
    page_of(person).press("Send feedback", feedback="")
    wait_for_runs()
    assert page_of(person).says("You accepted draft 3")
    page_of(person).press("Reopen")
    wait_for_runs()
    assert page_of(person).says("Draft 3 is ready")


def test_a_failed_run_is_told_and_tried_again_on_them(person, page_of, model):
    model.will_write(ModelTimeout())
    person.fails_at("process_input", email_to_respond=Person.EMAIL, response_instructions="Yes.")
    page = page_of(person)
    assert page.says("Draft 1 couldn’t be finished")
    assert page.says("Your email and instructions are saved")
    page.press("Try again")
    wait_for_runs()
    assert page_of(person).says("Draft 1 is ready")


def test_a_draft_that_broke_off_is_finished_by_hand_on_them(person, page_of, model):
    model.will_write(["<reply>Dear Marta,\n\nthe sensors ", ModelTimeout()])
    person.fails_at("process_input", email_to_respond=Person.EMAIL, response_instructions="Yes.")
    page = page_of(person)
    page.open(f"{page.address}?change=1")
    assert page.typed("text") == [person.row.partial]
    page.press("Save draft", text="Dear Marta, the sensors ship.")
    wait_for_runs()
    assert page_of(person).says("Dear Marta, the sensors ship.")


def test_the_instructions_are_changed_in_a_branch_on_them(person, page_of):
    person.give_input()
    page = page_of(person).press("Paste the email again")
    assert page.typed("response_instructions") == [Person.INSTRUCTIONS]
    page.press("Get a draft", response_instructions="No.")
    wait_for_runs()
    assert page.open(page.address).says("Draft 1 is ready")


def test_a_run_under_way_is_shown_with_its_text(person, page_of, model):
    gate = model.will_wait_to_write("Dear ", "Marta.")
    run = person.begin("process_input", {"email_to_respond": Person.EMAIL, "response_instructions": "Yes."})
    model.wait_until_asked("draft")
    page = page_of(person)
    assert page.says("Writing draft 1")
    page.press("Stop")
    assert page.says("You stopped it")
    gate.set()
    assert run.ended.result(10).error is not None


def test_the_generic_api_serves_it(person, api, model):
    model.will_ask("When do the others ship?")
    url = f"/api/applications/{person.app_id}/"

    def send(name, body):
        [action] = [each for each in api.get(url).json()["allowed_actions"] if each["name"] == name]
        assert Draft202012Validator(action["input"]).is_valid(body)
        answer = getattr(api, action["method"].lower())(action["url"], body, format="json")
        assert answer.status_code == 200, answer.json()
        return answer.json()

    asked = send(
        "process_input", {"email_to_respond": Person.EMAIL, "response_instructions": Person.INSTRUCTIONS}
    )
    assert asked["questions"] == ["When do the others ship?"]
    assert len(send("clarify_instructions", {"answers": ["On 10 December."]})["drafts"]) == 1
    assert send("edit_draft", {"text": "My own words."})["drafts"][-1] == "My own words."
    state = send("process_feedback", {"feedback": ""})
    assert (state["status"], state["final_draft"]) == ("finished", "My own words.")
    [row] = api.get("/api/applications/?status=finished").json()["results"]
    assert (row["app_id"], row["status"]) == (str(person.app_id), "finished")
    assert api.get(f"{url}steps/").json()["results"][-1]["position"] == "final_result"
    fork = api.post(f"{url}fork/", {"before": "process_input"}, format="json").json()
    assert (fork["next_step"], fork["parent"]["app_id"]) == ("process_input", str(person.app_id))
    assert api.post(f"{url}fork/", {"draft": 1}, format="json").status_code == 400  # of the own door


def test_the_list_and_operators_see_it(person, browser, operator):
    person.give_input()
    assert browser.open("/").says("Read draft 1")
    assert browser.open("/?q=sensors").status == 200
    assert browser.open(f"/a/{person.app_id}/history/").says("Draft 1")
    client = browser_of(operator)
    listed = client.get("/admin/assistant_app/application/")
    assert person.row.title in listed.content.decode()
    say_why(client, person.row)
    shown = client.get(f"/admin/assistant_app/application/{person.app_id}/change/").content.decode()
    assert Person.INSTRUCTIONS in shown
    assert client.get(f"/admin/assistant_app/application/{person.app_id}/steps/0/").status_code == 200
