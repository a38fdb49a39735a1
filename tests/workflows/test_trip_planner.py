"""A second workflow is served by every door, from two files and with nothing else changed."""

import io
import itertools
import json
import threading
import zipfile
from dataclasses import replace

import httpx
import pytest
from burr.core.action import streaming_action
from django.core.management import call_command
from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator

from assistant_app.api.urls import build_urlpatterns
from assistant_app.checks import check_workflow
from assistant_app.contract.workflow import binding
from assistant_app.engine import registry
from assistant_app.errors import ModelTimeout
from assistant_app.llm.base import Replacement
from assistant_app.models import ApiToken, Application, Identity, Step
from assistant_app.people.export import archive
from assistant_app.workflow.email import EMAIL
from docs.examples.trip_planner import graph
from docs.examples.trip_planner.workflow import TRIP_PLANNER
from tests.admin.conftest import browser_of, say_why
from tests.asgi_server import AsgiServer
from tests.conftest import wait_for_runs
from tests.openapi import check_document

pytestmark = pytest.mark.django_db(transaction=True)
ASKED = {"destination": "Bergen", "days": 2, "pace": "slow"}


def one(state, *parts):
    return "/".join(["/api/trip_planner", state["app_id"], *parts, ""])


def allowed(state):
    return {action["name"]: action for action in state["allowed_actions"]}


def test_its_table_fits_its_graph():
    assert list(check_workflow(TRIP_PLANNER)) == []


# --- The API ----------------------------------------------------------------------------------------


def test_a_trip_is_planned_through_the_api_by_what_its_state_allows(trip, api, model):
    assert (trip["status"], trip["next_step"], trip["title"]) == ("waiting", "say_wish", "2 days in Bergen")
    assert (trip["destination"], trip["days"], trip["pace"]) == ("Bergen", 2, "slow")
    assert (trip["plans"], trip["wishes"], trip["accepted"]) == (["Day 1: the harbour."], [], "")
    action = allowed(trip)["say_wish"]
    assert action["url"] == trip["next_url"] == f"http://testserver{one(trip, 'say_wish')}"

    model.will_write("Day 1: museums.")
    again = api.put(action["url"], {"wish": "More indoors."}, format="json").json()
    assert again["plans"][1:] == ["Day 1: museums."]
    assert again["wishes"] == ["More indoors."]
    assert "More indoors." in model.asked[-1].text
    done = api.put(action["url"], {"wish": ""}, format="json").json()
    assert (done["status"], done["accepted"], done["allowed_actions"]) == ("finished", "Day 1: museums.", [])


def test_what_is_allowed_says_which_input_fits(with_trips, api):
    state = api.post("/api/trip_planner/", {}, format="json").json()
    schema = Draft202012Validator(allowed(state)["describe_trip"]["input"])
    assert schema.is_valid(ASKED)
    for wrong in ({"days": 31}, {"days": 0}, {"pace": "quick"}, {"destination": ""}, {"more": 1}):
        assert not schema.is_valid({**ASKED, **wrong}), wrong
        answer = api.put(one(state, "describe_trip"), {**ASKED, **wrong}, format="json")
        assert answer.status_code == 400, wrong
        assert set(answer.json()["fields"]) == set(wrong)
    assert not Step.objects.exists()


def test_one_key_makes_one_application_whatever_the_workflow(with_trips, api):
    headers = {"Idempotency-Key": "one"}
    assert api.post("/api/applications/", {}, format="json", headers=headers).status_code == 201
    other = api.post("/api/trip_planner/", {}, format="json", headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert Application.objects.count() == 1


def test_a_stream_may_yield_pieces_that_are_no_tokens(serve, api):
    @streaming_action(reads=["destination"], writes=["plans"])
    async def write_plan(state):
        yield {"response": "Day 1: "}, None
        yield {"response": "Day 1: the harbour."}, state.append(plans="Day 1: the harbour.")

    build_graph = binding({**graph.ACTIONS, "write_plan": write_plan}, graph.TRANSITIONS)
    serve(EMAIL, replace(TRIP_PLANNER, build_graph=build_graph))
    state = api.post("/api/trip_planner/", {}, format="json").json()
    told = api.put(one(state, "describe_trip"), ASKED, format="json").json()
    assert (told["plans"], told["next_step"]) == (["Day 1: the harbour."], "say_wish")


def test_a_long_title_is_cut_to_one_line(with_trips, api, model):
    state = api.post("/api/trip_planner/", {}, format="json").json()
    model.will_write("Day 1: the harbour.")
    asked = {**ASKED, "destination": "Bærum " * 100}
    told = api.put(one(state, "describe_trip"), asked, format="json").json()
    assert told["title"].startswith("2 days in Bærum Bærum")
    assert len(told["title"]) <= 200
    api.post(one(state, "title"), {"title": "North"}, format="json")
    back = api.post(one(state, "title"), {"title": ""}, format="json").json()
    assert back["title"] == told["title"]


def test_keys_that_mean_something_else_in_other_workflows_disturb_no_one(trip, api, browser, owner, model):
    row = Application.objects.get()
    Application.objects.create(
        owner=owner, next_step="process_input", state={"plans": "None yet", "rounds": "many"}
    )
    Identity.objects.create(owner=owner, name="Ida Lund", addresses=["ida@nordlys.example"])
    Application.objects.filter(pk=row.pk).update(state={**row.state, "envelope": "by post"})
    assert browser.open("/").status == 200
    model.will_write("Day 1: museums.")
    assert api.put(one(trip, "say_wish"), {"wish": "More indoors."}, format="json").status_code == 200


def test_an_application_is_found_only_under_the_address_of_its_workflow(trip, api, person):
    email, own = f"/api/applications/{person.app_id}/", one(trip)
    assert api.get(own).status_code == 200
    for path, method in (
        ("", "get"),
        ("state/", "get"),
        ("steps/", "get"),
        ("retry/", "post"),
        ("fork/", "post"),
    ):
        call = getattr(api, method)
        assert call(f"/api/applications/{trip['app_id']}/{path}").status_code == 404, path
        assert call(f"/api/trip_planner/{person.app_id}/{path}").status_code == 404, path
    assert api.delete(f"/api/applications/{trip['app_id']}/").status_code == 404
    assert [entry["app_id"] for entry in api.get("/api/trip_planner/").json()["results"]] == [trip["app_id"]]
    assert [entry["app_id"] for entry in api.get("/api/applications/").json()["results"]] == [
        str(person.app_id)
    ]
    assert api.get(email).status_code == 200
    assert api.post("/api/trip_planner/", {"app_id": str(person.app_id)}, format="json").status_code == 409


def test_steps_calls_and_forks_have_addresses_of_its_own(trip, api):
    steps = api.get(one(trip, "steps")).json()["results"]
    assert [step["position"] for step in steps] == ["describe_trip", "write_plan"]
    assert all(f"/api/trip_planner/{trip['app_id']}/steps/" in step["url"] for step in steps)
    assert api.get(steps[1]["url"]).json()["state"]["plans"] == ["Day 1: the harbour."]
    [call] = api.get(one(trip, "calls")).json()["results"]
    assert (call["purpose"], api.get(call["url"]).status_code) == ("plan", 200)
    fork = api.post(one(trip, "fork"), {"before": "describe_trip"}, format="json").json()
    assert (fork["next_step"], fork["parent"]["app_id"]) == ("describe_trip", trip["app_id"])
    assert (
        api.put(fork["next_url"], {**ASKED, "days": 3}, format="json").json()["title"] == "3 days in Bergen"
    )
    at_plan = api.post(one(trip, "fork"), {"step": 1}, format="json").json()
    assert (at_plan["next_step"], at_plan["days"], at_plan["plans"]) == ("say_wish", 2, trip["plans"])
    assert api.get(f"{one(at_plan)}steps/0/").json()["state"]["days"] == 2
    assert api.post(one(trip, "fork"), {"before": "say_wish"}, format="json").status_code == 400
    assert api.post(one(trip, "fork"), {"draft": 1}, format="json").status_code == 400


def test_what_turned_out_to_be_thinking_is_no_part_of_a_plan(with_trips, api, model):
    state = api.post("/api/trip_planner/", {}, format="json").json()
    model.will_write(["They want ", Replacement("Day 1: "), "the harbour."])
    done = api.put(one(state, "describe_trip"), ASKED, format="json").json()
    assert done["plans"] == ["Day 1: the harbour."]


def test_a_run_that_failed_is_tried_again(with_trips, api, model):
    state = api.post("/api/trip_planner/", {}, format="json").json()
    model.will_write(ModelTimeout())
    assert api.put(one(state, "describe_trip"), ASKED, format="json").status_code == 504
    failed = api.get(one(state)).json()
    assert (failed["status"], set(allowed(failed))) == ("failed", {"describe_trip", "retry"})
    assert api.post(allowed(failed)["retry"]["url"]).json()["plans"] != []


def test_its_limits_are_those_of_everybody(trip, api, settings):
    settings.MAX_ROUNDS = 1
    refused = api.put(one(trip, "say_wish"), {"wish": "Other."}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_rounds")
    assert refused.json()["message"].startswith("This trip has 1 plan,")


def test_its_schema_is_valid_and_leaves_that_of_the_email_assistant_as_it_is():
    def generate(*workflows):
        patterns = build_urlpatterns(workflows)
        return SchemaGenerator(patterns=patterns).get_schema(public=True)

    alone, both = generate(EMAIL), generate(EMAIL, TRIP_PLANNER)
    check_document(both)
    assert {path: both["paths"][path] for path in alone["paths"]} == alone["paths"]
    components, before = both["components"]["schemas"], alone["components"]["schemas"]
    assert {name: components[name] for name in before} == before
    added = both["paths"].keys() - alone["paths"].keys()
    assert all(path.startswith("/trip_planner/") for path in added)
    operations = [operation["operationId"] for path in added for operation in both["paths"][path].values()]
    assert all(name.startswith("trip_planner_") for name in operations)
    assert components.keys() - before.keys() == {
        "TripPlannerApplicationState",
        "TripPlannerDescribeTrip",
        "TripPlannerSayWish",
        "TripPlannerNewFork",
    }


# --- Pages, without scripts -------------------------------------------------------------------------


def test_a_trip_is_planned_on_its_pages(with_trips, browser, model):
    model.will_write("Day 1: the harbour.")
    browser.open("/").open(browser.page.links["Plan a trip"])
    browser.press("Plan it", **{**ASKED, "days": "31"})
    assert browser.status == 400
    assert browser.says("Send a whole number from 1 to 30.")
    assert browser.typed("destination") == ["Bergen"]
    browser.press("Plan it", **{**ASKED, "days": "2"})
    wait_for_runs()
    browser.open(browser.address)
    assert browser.says("2 days in Bergen")
    assert browser.says("Plan 1 is ready")
    assert browser.says("Day 1: the harbour.")
    assert browser.says("Your turn: Do you like the plan?")
    model.will_write("Day 1: museums.")
    browser.press("Send", wish="More indoors.")
    wait_for_runs()
    assert browser.open(browser.address).says("Plan 2 is ready")
    browser.press("Send", wish="")
    wait_for_runs()
    assert browser.open(browser.address).says("Finished")
    assert browser.says("You accepted the plan")
    assert browser.open("/").says("2 days in Bergen")
    assert browser.says("Finished")


def test_the_list_says_what_a_trip_waits_for(trip, browser):
    assert browser.open("/").says("Read plan 1")
    assert browser.open("/?q=bergen").says("2 days in Bergen")
    assert browser.open("/?q=oslo").says("Nothing") or not browser.says("2 days in Bergen")


def test_history_branch_and_deletion_of_a_trip(trip, browser):
    app_id = trip["app_id"]
    browser.open(f"/a/{app_id}/history/")
    assert browser.says("You described the trip")
    assert browser.says("A plan was written")
    assert browser.says("Plan 1 is ready")
    assert not browser.says("email")
    assert browser.open(f"/a/{app_id}/history/1/").says("Day 1: the harbour.")
    assert browser.open(f"/a/{app_id}/calls/1/").says("You plan trips, day by day")
    for page in ("history", "history/1", "calls/1"):
        browser.open(f"/a/{app_id}/{page}/")
        assert browser.client.get(browser.page.links["Download as JSON"]).status_code == 200
    browser.open(f"/a/{app_id}/").press("Describe the trip again")
    assert browser.says("Your turn: Where do you want to go?")
    assert browser.typed("destination") == ["Bergen"]
    browser.open(f"/a/{app_id}/delete/").press("Delete")
    assert not Application.objects.filter(pk=app_id).exists()


def test_a_failed_and_a_stopped_run_on_its_page(with_trips, browser, model):
    model.will_write(ModelTimeout())
    browser.open("/new/trip_planner/").press("Plan it", **{**ASKED, "days": "2"})
    wait_for_runs()
    page = browser.open(browser.address)
    assert page.says("The plan could not be written")
    assert page.says("Your trip is saved")
    page.open(f"{page.address}?change=1")
    assert page.typed("destination") == ["Bergen"]
    page.open(page.address.partition("?")[0]).press("Try again")
    wait_for_runs()
    assert page.open(page.address).says("Plan 1 is ready")


def test_what_was_typed_for_a_trip_in_an_old_window_is_kept(trip, browser, api):
    page = browser.open(f"/a/{trip['app_id']}/")
    api.put(one(trip, "say_wish"), {"wish": ""}, format="json")
    page.press("Send", wish="More indoors.")
    assert page.status in (409, 412)
    assert page.says("This trip is finished")
    assert page.says("More indoors.")


def test_pages_of_the_email_assistant_are_not_found_for_a_trip(trip, browser):
    for path in ("compare/", "reply.txt", "reply.eml", "drafts/1/edit/"):
        assert browser.open(f"/a/{trip['app_id']}/{path}").status == 404, path
    assert browser.client.post(f"/a/{trip['app_id']}/aside/").status_code == 404
    assert browser.open("/new/nothing/").status == 404


# --- Admin, events, export, drawing -----------------------------------------------------------------


def test_operators_see_a_trip_in_the_admin(trip, operator):
    client = browser_of(operator)
    listed = client.get("/admin/assistant_app/application/").content.decode()
    assert "2 days in Bergen" in listed
    row = Application.objects.get()
    say_why(client, row)
    shown = client.get(f"/admin/assistant_app/application/{row.pk}/change/").content.decode()
    assert "Day 1: the harbour." in shown
    assert "Write a plan" in shown


@pytest.fixture
def site():
    server = AsgiServer().start()
    yield server
    server.stop()


def test_its_text_is_streamed_while_it_is_written(with_trips, api, model, owner, site):
    state = api.post("/api/trip_planner/", {}, format="json").json()
    gate = threading.Event()
    model.will_write(["Day 1: ", gate, "the harbour."])
    started = api.put(one(state, "describe_trip"), ASKED, format="json", headers={"Prefer": "respond-async"})
    assert started.status_code == 202
    assert started["Location"].endswith(one(state, "events"))

    token = {"Authorization": f"Token {ApiToken.objects.create(owner)[1]}"}
    with httpx.Client(base_url=site.url, headers=token, trust_env=False) as client:
        with client.stream("GET", one(state, "events")) as answer:
            lines = answer.iter_lines()
            told = list(itertools.takewhile(lambda line: "Day 1" not in line, lines))
            assert "event: draft" in told or "event: token" in told
            assert "harbour" not in "".join(told)
            gate.set()
            told += lines
        texts = [json.loads(line[6:]).get("text") for line in told if line.startswith("data: ")]
        assert "the harbour." in texts
        assert told.index("event: state") < told.index("event: end")
        assert client.get(f"/api/applications/{state['app_id']}/events/").status_code == 404
    assert api.get(one(state)).json()["plans"] == ["Day 1: the harbour."]


def test_the_export_has_its_texts_by_their_labels(trip, owner):
    with zipfile.ZipFile(io.BytesIO(b"".join(archive(owner)))) as files:
        [text] = [files.read(name).decode() for name in files.namelist() if name.endswith("email.txt")]
        [data] = [json.loads(files.read(name)) for name in files.namelist() if name.endswith("email.json")]
    assert "Where to\n\n    Bergen" in text
    assert "Day 1: the harbour." in text
    assert data["workflow"] == "trip_planner"


def test_its_graph_is_drawn(with_trips):
    out = io.StringIO()
    call_command("state_machine", "trip_planner", stdout=out)
    assert "say_wish --> write_plan : if wish" in out.getvalue()
    assert registry.find("trip_planner") is TRIP_PLANNER


# --- Without the email assistant --------------------------------------------------------------------


def test_it_is_served_alone(serve, browser, api, model, operator):
    serve(TRIP_PLANNER)
    assert browser.open("/").status == 200
    browser.open("/new/").press("Plan it", **{**ASKED, "days": "31"})
    assert browser.status == 400
    assert browser.says("Send a whole number from 1 to 30.")
    gate = threading.Event()
    model.will_write(["Day 1: ", gate, "the harbour."])
    browser.press("Plan it", **{**ASKED, "days": "2"})
    model.wait_until_asked("plan")
    app = browser.address
    assert browser.open("/").says("Writing plan 1")
    gate.set()
    wait_for_runs()
    assert browser.open("/").says("Read plan 1")
    [row] = api.get("/api/applications/").json()["results"]
    state = api.get(f"/api/applications/{row['app_id']}/").json()
    assert state["plans"] == ["Day 1: the harbour."]
    model.will_write(ModelTimeout())
    browser.open(app).press("Send", wish="More indoors.")
    wait_for_runs()
    assert browser.open("/").says("Couldn’t finish")
    api.post(allowed(api.get(f"/api/applications/{row['app_id']}/").json())["retry"]["url"])
    api.put(f"/api/applications/{row['app_id']}/say_wish/", {"wish": ""}, format="json")
    assert browser.open("/?show=done").says("Finished")
    for path in (app, f"{app}history/", "/usage/", "/settings/", "/settings/data/", "/api/docs/"):
        assert browser.open(path).status == 200, path
    client = browser_of(operator)
    assert client.get("/admin/assistant_app/application/").status_code == 200
    schema = SchemaGenerator(patterns=build_urlpatterns([TRIP_PLANNER])).get_schema(public=True)
    check_document(schema)
