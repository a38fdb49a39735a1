"""Adding a human step takes one action and one entry in the table."""

import re

import pytest
from burr.core import action
from django.urls import include, path
from drf_spectacular.generators import SchemaGenerator

from assistant_app.api.urls import build_urlpatterns
from assistant_app.contract.actions import HUMAN
from assistant_app.contract.workflow import ActionEntry, Field
from assistant_app.engine.inputs import max_length
from tests.api.conftest import is_error
from tests.openapi import check_document
from tests.workflows import email_with

APPROVE_TONE = ActionEntry(
    action="approve_tone",
    endpoint="approve_tone",
    title="Does it sound like you?",
    button="Go on",
    fields=(Field(name="tone", label="The tone you want", help="One word."),),
)


@action(reads=[], writes=["tone"], tags=[HUMAN])
async def approve_tone(state, tone):
    return state.update(tone=tone)


WITH_TONE = email_with(approve_tone, APPROVE_TONE, after="formulate_draft", before="process_feedback")


@pytest.fixture
def _added(serve):
    serve(WITH_TONE)


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
    schema = SchemaGenerator(patterns=[path("api/", include(build_urlpatterns([WITH_TONE])))]).get_schema(
        public=True
    )
    check_document(schema)
    operation = schema["paths"]["/api/applications/{app_id}/approve_tone/"]["put"]
    assert operation["summary"] == "Does it sound like you?"
    reference = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    assert reference == "#/components/schemas/ApproveTone"
    described = schema["components"]["schemas"]["ApproveTone"]
    assert described["required"] == ["tone"]
    assert described["properties"]["tone"]["maxLength"] == max_length(APPROVE_TONE.fields[0])


def test_without_it_nothing_of_it_is_there(client):
    assert (
        client.put("/api/applications/00000000-0000-4000-8000-000000000000/approve_tone/").status_code == 404
    )
