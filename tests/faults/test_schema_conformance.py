"""The API answers any request, in any state of the email, as its schema says.

The requests are generated from the schema: valid and invalid ones.
"""

import uuid
from copy import copy

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import CHECKS

from assistant_app.errors import ModelTimeout
from assistant_app.models import ApiToken, Application, Identity, ModelCall, Note, Step
from assistant_app.workflow.email import EMAIL
from tests.conftest import Person, wait_for_runs

pytestmark = pytest.mark.django_db(transaction=True)

CHECKED = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "positive_data_acceptance",
]
ENDPOINTS = {step.action: step.endpoint for step in EMAIL.human_steps}
STEPS = list(ENDPOINTS.values())
CHANGING = [*STEPS, "skip_questions", "retry", "cancel", "fork", "delete_application"]
SHELVES = ["archive", "unarchive", "rename"]
DRAFTS = ["list_drafts", "get_draft", "get_draft_checks", "get_diff"]
HISTORY = ["list_steps", "get_step", "list_calls", "get_call"]
ON_ONE = ["get_application", "get_state", "get_reply", "get_recipients"]
ON_ONE += [*CHANGING, *SHELVES, *DRAFTS, *HISTORY]
OPERATIONS = ["list_applications", "create_application", "get_limits", "get_usage", *ON_ONE]
OPERATIONS += ["list_identities", "create_identity", "get_identity", "change_identity", "delete_identity"]
OPERATIONS += ["list_notes", "add_note", "get_note", "change_note", "delete_note"]
WITH_A_DRAFT = ["process_feedback", "edit", "use", "regenerate", "sources", "fork", *DRAFTS, *HISTORY]
FITTING = dict.fromkeys(WITH_A_DRAFT, "drafted") | {
    "clarify_instructions": "asked",
    "reopen": "finished",
    "envelope": "drafted",
    "get_reply": "finished",
    "cancel": "running",
    "skip_questions": "asked",
}
WITHOUT_BODY = [*DRAFTS, *HISTORY, "get_application", "get_state", "get_reply", "get_limits", "get_usage"]
WITHOUT_BODY += ["regenerate", "reopen", "skip_questions", "retry", "cancel", "archive", "unarchive"]
WITHOUT_BODY += ["get_recipients", "list_identities", "get_identity", "delete_identity"]
WITHOUT_BODY += ["list_notes", "get_note", "delete_note"]
EXAMPLES = 60
FEW = 25  # for operations that take a number or nothing
FEWER = 8  # for `cancel`, which waits two seconds for a run without a process
CHAINS = 30
OWN = 1_000_000  # the key of the one note and identity; the database counts from 1
SAME_EACH_TIME = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    phases=[Phase.generate],  # shrinking takes minutes
    database=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="session")
def described():
    schema = schemathesis.openapi.from_dict(SchemaGenerator().get_schema(public=True))
    schema.app = get_wsgi_application()
    return schema


@pytest.fixture
def call(described, owner, settings):
    """Return a function that sends a generated request for an operation and checks the answer."""
    settings.API_RATE_USER = "100000/minute"
    headers = {"Authorization": f"Token {ApiToken.objects.create(owner)[1]}"}
    checks = CHECKS.get_by_names(CHECKED)
    # No schema can say which bytes are an email.
    of_files = CHECKS.get_by_names([name for name in CHECKED if name != "positive_data_acceptance"])

    def send(data, operation_id, app_id=None, is_plain=False, accepts=False):
        operation = described.find_operation_by_id(operation_id)
        case = data.draw(operation.as_strategy())
        if is_plain:  # otherwise most are refused for a wrong version
            case.headers.clear()
        if accepts and _has(case.body, "feedback", str):
            case.body["feedback"] = ""
        if app_id is not None:
            case.path_parameters["app_id"] = str(app_id)
        if operation_id == "clarify_instructions" and _has(case.body, "answers", list):
            fitting = [*case.body["answers"], "On Thursday."][:1]  # there is one question
            case.body["answers"] = data.draw(st.sampled_from([fitting, fitting, case.body["answers"]]))
        for name in case.path_parameters.keys() & {"number", "other_number", "id"}:
            is_own = operation_id.endswith(("_identity", "_note"))
            fitting = OWN if is_own else 1
            case.path_parameters[name] = data.draw(
                st.sampled_from([fitting, fitting, case.path_parameters[name]])
            )
        if operation_id == "use" and _has(case.body, "draft", int):
            case.body["draft"] = data.draw(st.sampled_from([1, case.body["draft"]]))
        if operation_id.endswith("e_identity") and isinstance(case.body, dict):
            case.body |= data.draw(st.sampled_from([{"addresses": ["ida@nordlys.example"]}, {}]))
        if operation_id == "envelope" and isinstance(case.body, dict):
            fitting = {"to": ["Marta <marta@nordlys.example>"], "cc": [], "identity": ""}
            case.body |= data.draw(st.sampled_from([fitting, {}]))
        is_json = case.media_type in (None, "application/json")
        return case.call_and_validate(checks=checks if is_json else of_files, headers=headers)

    return send


def _has(body, name, kind):
    return isinstance(body, dict) and isinstance(body.get(name), kind)


@pytest.fixture
def emails(owner, stranger, model):
    """One email in each state."""

    def make(*done, user=owner):
        person = Person(user)
        for step in done:
            step(person)
        return person.row

    def asked(person):
        model.will_ask("Which day?")
        person.give_input()

    def failed(person):
        model.will_write(ModelTimeout())
        person.fails_at("process_input", email_to_respond="Hello", response_instructions="Yes")

    left = make(failed)
    Application.objects.filter(pk=left.pk).update(
        status="running", error_code="", lease_token=uuid.uuid4(), lease_expires_at="2000-01-01T00:00Z"
    )
    held = make(failed)
    Application.objects.filter(pk=held.pk).update(
        status="running", error_code="", lease_token=uuid.uuid4(), lease_expires_at="2999-01-01T00:00Z"
    )
    Note.objects.create(pk=OWN, owner=owner, title="Prices", text="A visit costs EUR 480.")
    Identity.objects.create(
        pk=OWN, owner=owner, name="Ida", addresses=["ida@brevik.example"], is_default=True
    )
    return {
        "new": make(),
        "asked": make(asked),
        "drafted": make(Person.give_input),
        "finished": make(Person.give_input, lambda person: person.give_feedback("")),
        "failed": make(failed),
        "interrupted": Application.objects.get(pk=left.pk),
        "running": Application.objects.get(pk=held.pk),
        "somebody else's": make(Person.give_input, user=stranger),
    }


def copy_of(row):
    """Return the id of a copy, because a request changes its email and the next one needs the old state."""
    happened = [list(records.objects.filter(application=row.pk)) for records in (Step, ModelCall)]
    row.pk = uuid.uuid4()
    row.save(force_insert=True)
    for records in happened:
        for record in records:
            record.pk, record.application_id = None, row.pk
            record.save(force_insert=True)
    return row.pk


def test_none_is_left_out(described):
    there = {operation.ok().definition.raw["operationId"] for operation in described.get_all_operations()}
    assert there == {*OPERATIONS, "events"}  # `events` is a stream, with its own tests


@pytest.mark.parametrize("operation_id", OPERATIONS)
def test_it_answers_as_documented(operation_id, call, emails):
    reached = set()

    examples = FEWER if operation_id == "cancel" else FEW if operation_id in WITHOUT_BODY else EXAMPLES

    @settings(SAME_EACH_TIME, max_examples=examples)
    @given(data=st.data())
    def ask(data):
        fitting = FITTING.get(operation_id, "failed")
        state = data.draw(st.sampled_from([fitting, fitting, *emails, ""])) if operation_id in ON_ONE else ""
        answer = call(data, operation_id, copy_of(copy(emails[state])) if state else None)
        reached.add(answer.status_code)

    ask()
    assert reached & {200, 201, 204}, "Nothing that was sent was right."


def test_from_step_to_step_it_answers_as_documented(call, model, emails):
    reached, stopped = set(), emails["failed"]

    @settings(SAME_EACH_TIME, max_examples=CHAINS)
    @given(data=st.data(), asks=st.booleans(), stops=st.booleans())
    def go_on(data, asks, stops):
        wait_for_runs()
        Application.objects.exclude(pk=stopped.pk).delete()
        model._questions.clear()
        model.will_ask(*(["Which day?"] if asks else []))
        answer = ["clarify_instructions"] if asks else []
        begin = ["write"] if stops else ["initialize_draft", *answer]
        app_id = copy_of(copy(stopped)) if stops else call(data, "create_application").json().get("app_id")
        if app_id is None:
            return
        choices = data.draw(
            st.permutations(["edit", "use", "regenerate", "sources", "envelope", "process_feedback"])
        )
        for operation_id in (*begin, *choices, "accept", "reopen"):
            if not data.draw(st.integers(0, 3)):
                call(data, data.draw(st.sampled_from(ON_ONE)), app_id)
            accepts = operation_id == "accept"
            operation_id = "process_feedback" if accepts else operation_id
            reached.add((operation_id, call(data, operation_id, app_id, True, accepts).status_code))

    go_on()
    assert {(step, 200) for step in STEPS} <= reached
