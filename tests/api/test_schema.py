"""The OpenAPI schema: valid, complete, and true."""

import json
from io import StringIO
from typing import get_args

import pytest
from django.core.management import call_command
from jsonschema import Draft202012Validator

from assistant_app import errors
from assistant_app.api.errors import CODES
from assistant_app.errors import AssistantError
from assistant_app.events.log import Kind
from assistant_app.workflow.email import EMAIL
from tests.api.conftest import INPUT, LIST_URL, etag
from tests.openapi import check_document

STEP_PATH = "/api/applications/{app_id}/%s/"


@pytest.fixture(scope="module")
def schema():
    out = StringIO()
    call_command("spectacular", "--fail-on-warn", "--format", "openapi-json", stdout=out)
    schema = json.loads(out.getvalue())
    check_document(schema)
    return schema


def operations_of(schema):
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            yield f"{method} {path}", operation


def validator(schema, name):
    return Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": schema["components"]})


def test_it_is_of_version_3_1_and_makes_no_warning(schema):
    assert schema["openapi"] == "3.1.0"


def test_it_knows_every_endpoint_and_no_other(schema):
    one = "/api/applications/{app_id}/"
    expected = {
        *("get /api/applications/", "post /api/applications/", f"get {one}", f"delete {one}"),
        *(f"get {one}state/", f"post {one}retry/"),
        "put /api/notes/{id}/",
        *(f"{step.method} {one}{step.endpoint}/" for step in EMAIL.human_steps),
        *(f"{method} /api/identities/{{number}}/" for method in ("get", "put", "delete")),
    }
    found = {name for name, _ in operations_of(schema) if "schema" not in name and "events" not in name}
    assert found >= expected
    assert {name for name in found if name.startswith(("put", "patch"))} <= expected


def test_every_error_is_described_with_its_shape_and_an_example(schema):
    for name, operation in operations_of(schema):
        failures = {code: said for code, said in operation["responses"].items() if code >= "400"}
        assert {"401", "429"} <= failures.keys() or "schema" in name, name
        for code, said in failures.items():
            media = said["content"]["application/json"]
            assert media["schema"] == {"$ref": "#/components/schemas/Error"}
            for example in media["examples"].values():
                validator(schema, "Error").validate(example["value"])
                assert example["value"]["code"], (name, code)


def test_every_row_of_the_table_of_errors_is_described_for_every_step(schema):
    for step in EMAIL.human_steps:
        responses = schema["paths"][STEP_PATH % step.endpoint][step.method]["responses"]
        expected = {"200", "202", "400", "401", "403", "404", "406", "409", "412", "413", "415", "422", "429"}
        assert responses.keys() == expected | {"500", "502", "503", "504"}


def test_every_code_in_it_is_one_that_the_product_has(schema):
    def classes(base):
        return {base.code}.union(*(classes(sub) for sub in base.__subclasses__()))

    known = classes(AssistantError) | set(CODES.values())
    for _, operation in operations_of(schema):
        for response in operation["responses"].values():
            for media in response.get("content", {}).values():
                for example in media.get("examples", {}).values():
                    assert example["value"].get("code", errors.InvalidInput.code) in known


@pytest.mark.django_db(transaction=True)
def test_every_answer_is_as_it_says(schema, walk, api):
    state = validator(schema, "ApplicationState")
    state.validate(walk.state())
    for send in (walk.begin, walk.answer, lambda: walk.feed_back("x"), lambda: walk.feed_back("")):
        state.validate(send().json())
    assert set(walk.state()) == set(schema["components"]["schemas"]["ApplicationState"]["properties"])
    page = api.get(LIST_URL).json()
    validator(schema, "PaginatedApplicationSummaryList").validate(page)
    assert set(page["results"][0]) == set(schema["components"]["schemas"]["ApplicationSummary"]["properties"])
    validator(schema, "Error").validate(walk.feed_back("").json())


@pytest.mark.django_db(transaction=True)
def test_the_headers_that_a_client_needs_are_described(schema, walk, api):
    one = "/api/applications/{app_id}/"
    unchanged = {"If-None-Match": etag(0)}
    answers = [
        ("post", LIST_URL, api.post(LIST_URL, {"app_id": walk.app_id}, format="json")),
        ("get", one, api.get(walk.url(), headers=unchanged)),
        ("put", STEP_PATH % "initialize_draft", walk.begin()),
        ("post", f"{one}fork/", api.post(walk.url("fork"))),
        (
            "put",
            STEP_PATH % "clarify_instructions",
            walk.put("clarify_instructions", {"answers": ["", ""]}, headers={"Prefer": "respond-async"}),
        ),
    ]
    assert [answer.status_code for _, _, answer in answers] == [200, 304, 200, 201, 202]
    for method, path, answer in answers:
        described = schema["paths"][path][method]["responses"][str(answer.status_code)]["headers"]
        of_this_answer = {"ETag", "Location"} & set(answer.headers)
        assert described.keys() - {"Idempotency-Replayed", "Idempotency-Version"} == of_this_answer


@pytest.mark.django_db(transaction=True)
def test_a_failed_email_is_as_it_says_too(schema, walk):
    walk.begin_and_fail(errors.ModelTimeout())
    validator(schema, "ApplicationState").validate(walk.state())


VARYING = {"said_on", "app_id", "url", "next_url", "provider", "model"} | {
    f"{what}_at" for what in ("created", "updated", "started", "finished")
}


def steady(value):
    """Return a response without the values that differ in each run."""
    if isinstance(value, list):
        return [steady(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {key: steady(item) for key, item in value.items() if key not in VARYING}


@pytest.mark.django_db(transaction=True)
def test_the_examples_are_what_one_email_answers(schema, walk, model):
    def example(path):
        media = schema["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]
        [shown] = media["examples"].values()
        return shown["value"]

    one = "/api/applications/{app_id}/"
    state = example(one)
    asked = zip(state["questions"], state["question_reasons"], state["question_choices"], strict=True)
    model.will_ask(*({"question": text, "reason": why, "choices": some} for text, why, some in asked))
    model.will_write(state["drafts"][0])
    second = example(f"{one}drafts/{{number}}/")
    model.will_write(f"{second['left_out'][0]['text']}\n<reply>\n{second['text']}\n</reply>")
    walk.put("initialize_draft", {name: state[name] for name in INPUT})
    walk.put("clarify_instructions", {"answers": state["answers"]})
    assert steady(walk.state()) == steady(state)
    walk.feed_back(example(f"{one}drafts/{{number}}/")["feedback"])
    for path, parts in (
        ("steps/{number}/", ("steps", "3")),
        ("drafts/{number}/", ("drafts", "2")),
        ("drafts/{number}/checks/", ("drafts", "1", "checks")),
        ("drafts/{number}/diff/{other_number}/", ("drafts", "1", "diff", "2")),
    ):
        answer = walk.client.get(walk.url(*parts)).json()
        assert steady(answer) == steady(example(one + path)), path
    steps = walk.client.get(walk.url("steps")).json()["results"]
    page = example(f"{one}steps/")
    assert steady([steps[3]]) == steady(page["results"])
    assert (page["count"], page["next"], page["previous"]) == (1, None, None)


def test_every_answer_of_the_event_stream_is_described(schema):
    """Each event by name, and the shape of its data. The stream of a real run is compared in tests/server."""
    events = schema["components"]["schemas"]["Event"]
    names = [reference["$ref"].rpartition("/")[2] for reference in events["oneOf"]]
    described = {schema["components"]["schemas"][name]["properties"]["event"]["const"] for name in names}
    assert described == {*get_args(Kind), "end"}
    content = schema["paths"]["/api/applications/{app_id}/events/"]["get"]["responses"]["200"]["content"]
    assert content == {"text/event-stream": {"schema": {"$ref": "#/components/schemas/Event"}}}


def is_valid(schema, name, value):
    return validator(schema, name).is_valid(value)


BODIES = {  # a component: a body that fits it, and bodies that do not
    "EditDraft": ({"text": " Hello\n"}, [{}, *({"text": text} for text in ("", " \t\n", "a\x00", 5))]),
    "ProcessFeedback": ({"feedback": ""}, [{"feedback": text} for text in (" ", "\x00", "x" * 20_001)]),
    "ClarifyInstructions": ({"answers": ["", " "]}, [{"answers": "a"}, {"answers": ["a"] * 101}]),
    "UseDraft": ({"draft": 1}, [{"draft": number} for number in ("1", 0, 10**9, True, 1.5)]),
    "NewFork": ({"before": "process_input"}, [{"step": 1, "draft": 1}, {"before": ""}, {"draft": 0}]),
    "NewApplication": ({}, [{"id": "x"}, {"app_id": 5}]),
}


@pytest.mark.parametrize(("name", "bodies"), BODIES.items(), ids=BODIES)
@pytest.mark.django_db(transaction=True)
def test_a_body_is_refused_if_and_only_if_the_schema_says_so(schema, drafted, name, bodies):
    fitting, unfitting = bodies
    addresses = {"EditDraft": "edit", "UseDraft": "use", "ProcessFeedback": "process_feedback"}
    addresses |= {"ClarifyInstructions": "clarify_instructions", "NewFork": "fork"}
    method = "post" if name.startswith("New") else "put"

    def refused(body):
        address = drafted.url(addresses[name]) if name in addresses else LIST_URL
        return getattr(drafted.client, method)(address, body, format="json").status_code == 400

    for body in unfitting:
        assert (is_valid(schema, name, body), refused(body)) == (False, True), body
    assert (is_valid(schema, name, fitting), refused(fitting)) == (True, False)


def test_every_write_says_how_it_is_repeated(schema):
    for name, operation in operations_of(schema):
        if name.split()[0] in ("post", "put", "patch", "delete"):
            assert "Idempotency-Key" in operation.get("description", ""), name


def test_a_step_is_described_by_its_fields(schema):
    for step in EMAIL.human_steps:
        operation = schema["paths"][STEP_PATH % step.endpoint][step.method]
        assert operation["summary"] == step.title
        if not step.fields:
            assert "requestBody" not in operation
            continue
        reference = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
        described = schema["components"]["schemas"][reference.rpartition("/")[2]]
        assert list(described["properties"]) == [field.name for field in step.fields]
        assert set(described["required"]) == {field.name for field in step.fields}


@pytest.mark.django_db
def test_schema_and_documentation_are_readable_without_signing_in(client):
    assert client.get("/api/schema/").status_code == 200
    page = client.get("/api/docs/")
    html = page.content.decode()
    assert page.status_code == 200
    assert "<style" not in html
    assert "<script>" not in html
    assert "//" not in html.replace("<!DOCTYPE html>", ""), "nothing comes from another host"
    assert client.get("/api/docs/?script=").headers["Content-Type"].startswith("application/javascript")


def test_an_email_as_a_file_is_described_beside_json(schema):
    operation = schema["paths"]["/api/applications/{app_id}/initialize_draft/"]["put"]
    bodies = operation["requestBody"]["content"]
    assert set(bodies) == {"application/json", "multipart/form-data", "message/rfc822"}
    assert bodies["message/rfc822"]["schema"] == {"type": "string", "format": "binary"}
    email = bodies["multipart/form-data"]["schema"]["properties"]["email_to_respond"]
    assert email["description"].startswith("A file")
    assert operation["requestBody"]["required"]
    assert "Response-Instructions" in [each["name"] for each in operation["parameters"]]
    others = schema["paths"]["/api/applications/{app_id}/process_feedback/"]["put"]
    assert set(others["requestBody"]["content"]) == {"application/json"}
