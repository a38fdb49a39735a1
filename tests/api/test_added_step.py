"""Adding a human step takes one action and one entry in the table."""

import re
import sys
from types import ModuleType

import pytest
from burr.core import action, default
from django.urls import clear_url_caches, include, path
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from assistant_app.api.urls import build_urlpatterns
from assistant_app.contract.actions import HUMAN
from assistant_app.workflow import graph, steps
from assistant_app.workflow.steps import Field, HumanStep
from tests.api.conftest import is_error

APPROVE_TONE = HumanStep(
    action="approve_tone",
    endpoint="approve_tone",
    title="Does it sound like you?",
    button="Go on",
    fields=(Field(name="tone", label="The tone you want", help="One word."),),
)


@action(reads=[], writes=["tone"], tags=[HUMAN])
async def approve_tone(state, tone):
    return state.update(tone=tone)


@pytest.fixture
def _added(monkeypatch, settings):
    monkeypatch.setitem(graph.ACTIONS, "approve_tone", approve_tone)
    kept = [edge for edge in graph.TRANSITIONS if edge[0] != "formulate_draft"]
    added = [("formulate_draft", "approve_tone", default), ("approve_tone", "process_feedback", default)]
    monkeypatch.setattr(graph, "TRANSITIONS", kept + added)
    monkeypatch.setattr(steps, "STEPS", [*steps.STEPS, APPROVE_TONE])
    urls = ModuleType("urls_with_an_added_step")
    urls.urlpatterns = [
        path("api/", include(build_urlpatterns(steps.STEPS))),
        path("", include("assistant_app.pages.urls")),
    ]
    monkeypatch.setitem(sys.modules, urls.__name__, urls)
    settings.ROOT_URLCONF = urls.__name__
    yield
    clear_url_caches()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_added")
def test_its_endpoint_follows(drafted):
    state = drafted.state()
    assert state["next_step"] == "approve_tone"
    assert state["next_url"] == f"http://testserver{drafted.url('approve_tone')}"
    assert is_error(drafted.feed_back("Shorter."), 409, "wrong_step")

    sent = drafted.put("approve_tone", {"tone": "warm"})
    assert sent.status_code == 200
    assert sent.json()["next_step"] == "process_feedback"
    assert sent["ETag"] == f'"{sent.json()["version"]}"'
    drafted.feed_back("Shorter.")
    drafted.put("approve_tone", {"tone": "cold"})
    assert drafted.feed_back("").json()["status"] == "finished"


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_added")
@pytest.mark.parametrize(
    ("body", "named"),
    [({}, "tone"), ({"tone": 5}, "tone"), ({"tone": ""}, "tone"), ({"tone": "a\x00"}, "tone")],
)
def test_its_validation_follows(drafted, body, named):
    assert is_error(drafted.put("approve_tone", body), 400, "invalid", named)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_added")
def test_its_form_in_the_browsable_api_follows(drafted, api):
    html = api.get(drafted.url("approve_tone"), headers={"Accept": "text/html"}).content.decode()
    assert re.search(r'<textarea[^>]* name="tone"', html)
    assert "The tone you want" in html


@pytest.mark.usefixtures("_added")
def test_its_schema_follows():
    schema = SchemaGenerator(patterns=[path("api/", include(build_urlpatterns(steps.STEPS)))]).get_schema(
        public=True
    )
    validate_schema(schema)
    operation = schema["paths"]["/api/applications/{app_id}/approve_tone/"]["put"]
    assert operation["summary"] == "Does it sound like you?"
    reference = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    assert reference == "#/components/schemas/ApproveTone"
    described = schema["components"]["schemas"]["ApproveTone"]
    assert described["required"] == ["tone"]
    assert described["properties"]["tone"]["maxLength"] == APPROVE_TONE.fields[0].max_length


def test_without_it_nothing_of_it_is_there(client):
    assert (
        client.put("/api/applications/00000000-0000-4000-8000-000000000000/approve_tone/").status_code == 404
    )
