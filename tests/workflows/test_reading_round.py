"""A third workflow, in a style that neither of the others has, is served by every door as it is."""

import io
import zipfile

import pytest
from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator

from assistant_app.api.urls import build_urlpatterns
from assistant_app.checks import check_workflow
from assistant_app.errors import ModelTimeout
from assistant_app.models import Application
from assistant_app.people.export import archive
from assistant_app.workflow.email import EMAIL
from tests.admin.conftest import browser_of, say_why
from tests.asgi_client import events_of
from tests.conftest import wait_for_runs
from tests.openapi import check_document
from tests.workflows.reading_round import READING_ROUND

pytestmark = pytest.mark.django_db(transaction=True)
PROPOSED = {"books": ["Solaris", "Emma"], "members": 0, "mood": "", "about": "  We meet on Mondays.\n"}
URL = "/api/reading_round/"


@pytest.fixture(autouse=True)
def served(serve):
    serve(EMAIL, READING_ROUND)


@pytest.fixture
def ranked(api, model):
    """A round whose first ranking waits for votes."""
    model.will_ask("Emma", "Solaris")
    state = api.post(URL, {}, format="json").json()
    answer = api.put(f"{URL}{state['app_id']}/propose/", PROPOSED, format="json")
    assert answer.status_code == 200, answer.json()
    return answer.json()


def test_its_table_fits_its_graph_and_its_schema_is_valid():
    assert list(check_workflow(READING_ROUND)) == []
    patterns = build_urlpatterns([EMAIL, READING_ROUND])
    check_document(SchemaGenerator(patterns=patterns).get_schema(public=True))


def test_it_is_walked_through_the_api(ranked, api, model):
    assert (ranked["ranking"], ranked["rounds"], ranked["title"]) == (
        ["Emma", "Solaris"],
        1,
        "Solaris or Emma",
    )
    assert {name: ranked[name] for name in PROPOSED} == PROPOSED
    [allowed] = ranked["allowed_actions"]
    schema = Draft202012Validator(allowed["input"])
    model.will_ask("Solaris", "Emma")
    votes = {"votes": ["2", ""], "verdict": "again"}
    for wrong, status in (({"votes": ["2"]}, 409), ({"verdict": ""}, 400), ({"verdict": "perhaps"}, 400)):
        assert not schema.is_valid({**votes, **wrong})
        refused = api.put(allowed["url"], {**votes, **wrong}, format="json")
        assert (refused.status_code, set(refused.json()["fields"])) == (status, set(wrong)), wrong
    assert schema.is_valid(votes)
    again = api.put(allowed["url"], votes, format="json").json()
    assert (again["ranking"], again["rounds"], again["votes"]) == (["Solaris", "Emma"], 2, [])
    assert "['2', '']" in model.asked[-1].text
    done = api.put(allowed["url"], {"votes": ["", ""], "verdict": "done"}, format="json").json()
    assert (done["status"], done["chosen"], done["allowed_actions"]) == ("finished", "Solaris", [])
    [row] = api.get(URL).json()["results"]
    fork = api.post(f"{URL}{row['app_id']}/fork/", {"step": 1}, format="json").json()
    assert (fork["next_step"], fork["ranking"], fork["books"]) == (
        "vote",
        ["Emma", "Solaris"],
        PROPOSED["books"],
    )
    assert (row["title"], row["status"]) == ("Solaris or Emma", "finished")
    assert [step["position"] for step in api.get(f"{URL}{row['app_id']}/steps/").json()["results"]] == [
        "propose", "rank", "vote", "rank", "vote", "choose"
    ]  # fmt: skip


def test_it_is_walked_on_pages_and_taken_again_in_a_branch(browser, model):
    model.will_ask("Emma", "Solaris")
    browser.open("/").open(browser.page.links["Choose a book"])
    browser.press("Propose them", **{**PROPOSED, "books": "Solaris\nEmma", "members": "none"})
    assert browser.status == 400
    assert browser.says("Send a whole number from 0 to 99.")
    browser.press("Propose them", members="0")
    wait_for_runs()
    page = browser.open(browser.address)
    assert page.says("Vote on ranking 1")
    assert page.says("Your turn: Is the order right?")
    app = page.address
    model.will_ask("Solaris", "Emma")
    page.press("Vote", votes=["2", ""], verdict="again")
    wait_for_runs()
    assert page.open(app).says("Vote on ranking 2")
    page.press("Vote", votes=["", ""], verdict="done")
    wait_for_runs()
    assert page.open(app).says("Finished")
    assert page.open(f"{app}history/").says("Rank")
    assert page.open(f"{app}history/3/").says("Solaris")
    page.open(app).press("Propose again")
    assert page.typed("books") == ["Solaris\nEmma"]
    assert page.typed("members") == ["0"]
    assert page.open("/?q=solaris").says("Solaris or Emma")


def test_a_failed_run_is_tried_again(api, model, browser):
    model.will_fail_to_ask(ModelTimeout())
    state = api.post(URL, {}, format="json").json()
    assert api.put(f"{URL}{state['app_id']}/propose/", PROPOSED, format="json").status_code == 504
    page = browser.open(f"/a/{state['app_id']}/")
    model.will_ask("Emma", "Solaris")
    page.press("Try again")
    wait_for_runs()
    assert page.open(f"/a/{state['app_id']}/").says("Vote on ranking 1")


def test_its_events_tell_each_step_and_end(ranked, api, owner):
    votes = {"votes": ["", ""], "verdict": "done"}
    api.put(f"{URL}{ranked['app_id']}/vote/", votes, format="json")
    told = events_of(owner, f"{URL}{ranked['app_id']}/events/")
    assert told.index("event: state") < told.index("event: end")
    assert '"status": "finished"' in told.replace('":"', '": "')
    assert events_of(owner, f"/api/applications/{ranked['app_id']}/events/", status=404)


def test_operators_and_the_export_see_it(ranked, operator, owner):
    client, row = browser_of(operator), Application.objects.get()
    say_why(client, row)
    shown = client.get(f"/admin/assistant_app/application/{row.pk}/change/").content.decode()
    assert "We meet on Mondays." in shown
    assert "Solaris or Emma" in client.get("/admin/assistant_app/application/").content.decode()
    with zipfile.ZipFile(io.BytesIO(b"".join(archive(owner)))) as files:
        [text] = [files.read(name).decode() for name in files.namelist() if name.endswith("email.txt")]
    assert "We meet on Mondays." in text
