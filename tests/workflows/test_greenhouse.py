"""A workflow without a model, served alone. Numbers may be negative, zero or left out."""

import io
import re
import zipfile
from dataclasses import replace

import pytest
from burr.core import State, action, default
from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator

from assistant_app.api.urls import build_urlpatterns
from assistant_app.checks import check_workflow
from assistant_app.contract.actions import HUMAN, Choice
from assistant_app.contract.workflow import binding
from assistant_app.people.export import archive
from assistant_app.workflow.email import EMAIL
from docs.examples.trip_planner.workflow import TRIP_PLANNER
from tests.conftest import wait_for_runs
from tests.openapi import check_document
from tests.workflows.greenhouse import GREENHOUSE, ask_for_climate, decide, work_out

pytestmark = pytest.mark.django_db(transaction=True)
ASKED = {"night": -4, "hours": None, "plants": 0, "air": "damp"}


@pytest.fixture(autouse=True)
def served(serve):
    serve(GREENHOUSE)


@pytest.fixture
def at_the_form(browser):
    browser.open("/")
    return browser.open(browser.page.links["Set the climate"])


def submit(browser, **typed):
    browser.press("Work it out", **{"night": "-4", "hours": "", "plants": "0", "air": "damp", **typed})
    wait_for_runs()
    return browser.open(browser.address) if browser.status < 400 else browser


def test_its_table_fits_its_graph_and_its_schema_is_valid():
    assert list(check_workflow(GREENHOUSE)) == []
    check_document(SchemaGenerator(patterns=build_urlpatterns([GREENHOUSE])).get_schema(public=True))


def test_an_action_without_an_entry_is_shown_at_its_place_in_the_graph():
    assert [*GREENHOUSE.table] == ["ask_for_climate", "work_out", "decide"]
    assert [output.key for output in GREENHOUSE.outputs][4:] == [
        "day",
        "share",
        "zones",
        "is_frost_free",
        "verdict",
    ]


def test_numbers_are_taken_through_the_api_as_the_schema_says(api):
    state = api.post("/api/applications/", {}, format="json").json()
    [allowed] = state["allowed_actions"]
    schema = Draft202012Validator(allowed["input"])
    for wrong in ({"night": -31}, {"night": None}, {"hours": 0}, {"hours": "2"}, {"plants": -1}):
        assert not schema.is_valid({**ASKED, **wrong}), wrong
        answer = api.put(allowed["url"], {**ASKED, **wrong}, format="json")
        assert (answer.status_code, set(answer.json()["fields"])) == (400, set(wrong))
    assert schema.is_valid(ASKED)
    done = api.put(allowed["url"], ASKED, format="json").json()
    assert {name: done[name] for name in ASKED} == ASKED
    assert (done["day"], done["is_frost_free"], done["next_step"]) == (8, False, "decide")
    ended = api.put(done["next_url"], {"verdict": "keep"}, format="json").json()
    assert (ended["status"], ended["allowed_actions"]) == ("finished", [])


def test_a_page_shows_what_was_said_in_the_words_of_the_form(at_the_form):
    page = submit(at_the_form)
    assert page.says("Your turn: Is this right?")
    for said in (
        "Degrees at night -4",
        "How many plants 0",
        "The air Damp, for ferns",
        "Share 0.5",
        "Is frost free No",
        "Bed: Left Warm: Yes",
    ):
        assert page.says(said), said
    assert not page.says("Hours of light")
    page.press("Ask for climate again")
    assert (page.typed("night"), page.typed("hours"), page.typed("plants")) == (["-4"], [""], ["0"])


def test_a_page_says_nothing_that_was_not_said_yet(at_the_form, api):
    state = api.post("/api/applications/", {}, format="json").json()
    page = at_the_form.open(f"/a/{state['app_id']}/")
    assert page.says("Nothing yet.")


@pytest.mark.parametrize(
    ("typed", "shown"),
    [("−7", "-7"), (" 5 ", "5"), ("１２", "12"), ("+3", "3"), ("-0", "0")],
)
def test_numbers_are_read_as_people_type_them(at_the_form, typed, shown):
    assert submit(at_the_form, night=typed).says(f"Degrees at night {shown}")


@pytest.mark.parametrize("typed", ["4.5", "four", "--4", "9" * 5_000, "-31"])
def test_what_is_no_number_is_refused_and_kept(at_the_form, typed):
    page = submit(at_the_form, night=typed)
    assert page.status == 400
    assert page.says("Send a whole number from -30 to 30.")
    assert page.typed("night") == [typed]


def test_no_page_speaks_of_emails(at_the_form):
    assert at_the_form.open("/").says("Nothing here yet")
    assert "Set the climate" in at_the_form.page.links
    assert "New reply" not in at_the_form.page.links
    submit(at_the_form.open("/new/"))
    found = at_the_form.open("/?q=damp")
    assert not found.says("Paste an email")
    for address in ("/", "/?q=damp", "/?q=nothing", "/?show=done"):
        text = at_the_form.open(address).page.text.replace("Email assistant", "")
        assert not re.search("mail|sender|subject", text, re.IGNORECASE), address


def test_deleting_speaks_of_no_email_either(at_the_form):
    page = submit(at_the_form)
    page.open(f"{page.address}delete/")
    assert not page.says("email, your")
    page.press("Delete")
    assert page.says("“Greenhouse” deleted.")
    assert not re.search("mail|sender", page.page.text.replace("Email assistant", ""), re.IGNORECASE)
    page.press("Undo")
    assert page.says("Restored.")


@action(reads=[], writes=["verdict"], tags=[HUMAN])
async def skip(state: State) -> State:
    return state.update(verdict="keep")


def test_a_default_is_not_said_after_a_choice_that_skips_what_writes_it():
    actions = {"ask_for_climate": ask_for_climate, "work_out": work_out, "decide": decide, "skip": skip}
    ways = [
        ("ask_for_climate", "skip", Choice("skip")),
        ("ask_for_climate", "work_out", default),
        ("work_out", "decide", default),
    ]
    short = replace(GREENHOUSE, build_graph=binding(actions, ways))
    state = {**GREENHOUSE.default_state, "air": "dry"}
    assert {output.key for output, _ in short.told(state, "skip")} == {"night", "plants", "air"}
    assert {"day", "is_frost_free"} <= {output.key for output, _ in short.told(state, "decide")}


def test_the_export_has_the_same_words(at_the_form, owner):
    submit(at_the_form, hours="12")
    with zipfile.ZipFile(io.BytesIO(b"".join(archive(owner)))) as files:
        [text] = [files.read(name).decode() for name in files.namelist() if name.endswith("email.txt")]
    for said in ("How many plants\n\n    0\n", "Damp, for ferns", "Hours of light\n\n    12\n"):
        assert said in text


def test_the_email_assistant_has_the_plain_addresses_wherever_it_is_listed(serve, api, browser):
    serve(TRIP_PLANNER, GREENHOUSE, EMAIL)
    assert api.post("/api/applications/", {}, format="json").json()["next_step"] == "process_input"
    assert api.post("/api/trip_planner/", {}, format="json").json()["next_step"] == "describe_trip"
    assert browser.open("/new/").typed("email_to_respond") == [""]
    assert browser.open("/").says("Emails")
    assert {"Plan a trip", "Set the climate"} <= browser.page.links.keys()
