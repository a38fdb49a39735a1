"""Steps, calls and usage: true to what happened, one's own, in pages, with few queries."""

import json
import subprocess
from datetime import timedelta
from decimal import Decimal

import pytest
from burr.lifecycle import PostRunStepHook
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from assistant_app.contract.changes import apply_changes
from assistant_app.engine import runner as engine
from assistant_app.errors import ModelTimeout
from assistant_app.inspection import usage
from assistant_app.llm.client import OpenAIClient
from assistant_app.llm.config import ModelConfig, host_of
from assistant_app.models import Application, ModelCall, Step
from tests.api.conftest import Walk, is_error
from tests.api.test_schema import schema, validator  # noqa: F401
from tests.model_server import model_server  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)
USAGE_URL = "/api/usage/"
EVIL = "it's \"$HOME\" `id` $(id) \\ !! !x\nBODY\n' ; exit 7 #\r\t\x07 é 🙂 ]]> \u2028 </script>"


def other_client(stranger):
    client = APIClient()
    client.force_authenticate(stranger)
    return client


@pytest.fixture
def recorded(monkeypatch):
    """Burr's own state after each step of every run, by the step's number."""
    states = {}

    class Recorder(engine._Follow, PostRunStepHook):
        def post_run_step(self, *, state, sequence_id, **future_kwargs):
            states[sequence_id] = {k: v for k, v in state.get_all().items() if not k.startswith("__")}
            super().post_run_step(state=state, sequence_id=sequence_id, **future_kwargs)

    monkeypatch.setattr(engine, "_Follow", Recorder)
    return states


def test_the_state_after_each_step_is_what_burrs_own_was(recorded, walk, api, model):
    walk.begin()
    walk.put("clarify_instructions", {"answers": ["On 10 December.", ""]})
    model.will_write(ModelTimeout())
    walk.feed_back("Shorter.")
    walk.retry()
    walk.feed_back("Longer.")
    walk.feed_back("")
    listed = api.get(walk.url("steps")).json()
    assert listed["count"] == len(recorded) == 11
    state = None
    for entry in listed["results"]:
        step = api.get(entry["url"]).json()
        assert step["state"] == recorded[entry["number"]], entry
        assert entry["changed"] == [change["key"] for change in step["changes"]]
        assert (step["status"] == "failed") is (step["error"] is not None)
        state = step["state"]
    assert state["final_draft"] == walk.state()["final_draft"]


def test_what_a_step_changed_makes_its_state_of_the_one_before(drafted, api):
    drafted.feed_back("Shorter.")
    steps = [api.get(entry["url"]).json() for entry in api.get(drafted.url("steps")).json()["results"]]
    for step in steps[1:]:
        before = steps[step["base"]]["state"]
        changes = {"set": {}, "append": {}}
        for each in step["changes"]:
            if each["appended"] is None:
                assert each["before"] == before[each["key"]]
                changes["set"][each["key"]] = each["after"]
            else:
                changes["append"][each["key"]] = each["appended"]
        assert apply_changes(before, changes) == step["state"]


def test_steps_and_calls_point_at_each_other(drafted, api):
    steps = api.get(drafted.url("steps")).json()["results"]
    calls = api.get(drafted.url("calls")).json()["results"]
    assert [step["position"] for step in steps] == [
        *("process_input", "determine_clarifications", "clarify_instructions", "formulate_draft"),
    ]
    assert [step["calls"] for step in steps] == [[], [1], [], [2]]
    assert [(call["number"], call["step"], call["purpose"]) for call in calls] == [
        *((1, 1, "questions"), (2, 3, "draft")),
    ]
    assert [step["by_person"] for step in steps] == [True, False, True, False]


def test_a_call_is_told_to_the_letter(drafted, api, model, settings):
    settings.MODEL_PRICES = {"scripted-1": {"in": Decimal("1000000"), "out": Decimal("0.5")}}
    call = api.get(drafted.url("calls", "2")).json()
    asked = model.calls_for("draft")[0].messages
    assert call["messages"] == [{"role": each.role, "content": each.content} for each in asked]
    assert call["reply"] == drafted.state()["drafts"][0]
    assert Decimal(call["cost"]) == call["tokens_in"] + Decimal("0.0000005") * call["tokens_out"]
    assert api.get(drafted.url("calls")).json()["results"][1]["cost"] == call["cost"]
    settings.MODEL_PRICES = {}
    assert api.get(drafted.url("calls", "2")).json()["cost"] is None


def test_a_failed_call_says_why(walk, api):
    walk.begin_and_fail(ModelTimeout())
    call = api.get(walk.url("calls", "2")).json()
    step = api.get(walk.url("steps")).json()["results"][2]
    assert call["error"]["code"] == step["error"]["code"] == "model_timeout"
    assert step["on_the_way"] is False


@pytest.mark.parametrize("rest", [["steps"], ["steps", "0"], ["calls"], ["calls", "1"]])
def test_another_persons_is_as_none(drafted, stranger, operator, rest):
    for user in (stranger, operator):
        assert is_error(other_client(user).get(drafted.url(*rest)), 404, "not_found")
    assert is_error(APIClient().get(drafted.url(*rest)), 401, "not_signed_in")


@pytest.mark.parametrize("rest", [["steps", "99"], ["calls", "0"], ["calls", "99"], ["calls", "9" * 12]])
def test_what_never_was_is_not_found(drafted, api, rest):
    assert is_error(api.get(drafted.url(*rest)), 404, "not_found")


def test_a_long_history_comes_in_pages_with_few_queries(drafted, api):
    for _ in range(3):
        drafted.feed_back("Again.")
    Step.objects.filter(sequence_id__gt=2).update(error_code="x", status="failed")
    ModelCall.objects.update(error_code="x")
    first = api.get(drafted.url("steps"), {"page_size": 4}).json()
    assert (first["count"], len(first["results"])) == (10, 4)
    assert api.get(first["next"]).json()["results"][0]["number"] == 4
    assert len(api.get(drafted.url("calls"), {"page_size": 2, "page": 2}).json()["results"]) == 2
    for rest in (["steps"], ["steps", "9"], ["calls"], ["calls", "5"]):
        with CaptureQueriesContext(connection) as queries:
            assert api.get(drafted.url(*rest)).status_code == 200
        assert 0 < len(queries) <= 4, (rest, queries.captured_queries)


# --- As a command --------------------------------------------------------------------------------


@pytest.fixture
def real_model(model_server, model):  # noqa: F811
    """The real client before a model's server on this machine."""
    config = ModelConfig(
        base_url=model_server.url,
        provider=host_of(model_server.url),
        api_key="sk-secret",
        models={"questions": "m1", "draft": "m1"},
    )
    engine.runner.client = client = OpenAIClient(config)
    yield model_server
    import asyncio  # noqa: PLC0415

    asyncio.run_coroutine_threadsafe(client.aclose(), engine.runner._thread.loop).result(10)


def test_the_command_sends_what_was_sent_whatever_the_mail_says(real_model, api, settings, tmp_path):
    settings.OPENAI_BASE_URL = real_model.url.replace("http://", "http://user:hunter2@")
    settings.OPENAI_API_KEY = "sk-secret"
    walk = Walk(api, None)
    sent = {"email_to_respond": EVIL + "x" * 150_000, "response_instructions": EVIL}
    assert walk.put("initialize_draft", sent).status_code == 200
    assert len(real_model.received) == 2
    for number, original in enumerate(list(real_model.received), start=1):
        command = api.get(walk.url("calls", str(number))).json()["curl"]
        assert command.isascii()
        assert "secret" not in command
        assert "hunter2" not in command
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "OPENAI_API_KEY": "sk-of-the-shell"}
        run = subprocess.run(
            ["bash", "--noprofile", "--norc", "-e"],
            input=command,
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert (run.returncode, run.stderr) == (0, "")
        again = real_model.received[-1]
        assert {"stream": False, **again.body} == {
            "stream": False,
            **original.body,
        }  # the SDK says it in so many words
        assert again.headers["authorization"] == "Bearer sk-of-the-shell"
        assert run.stdout
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_is_not_known_any_more_is_a_variable_too(drafted, api):
    assert '"${OPENAI_BASE_URL:?' in api.get(drafted.url("calls", "1")).json()["curl"]


def test_openais_own_address_is_known(drafted, api):
    ModelCall.objects.update(provider="api.openai.com")
    assert "https://api.openai.com/v1/chat/completions" in api.get(drafted.url("calls", "1")).json()["curl"]


# --- Usage ---------------------------------------------------------------------------------------


def used(api, **params):
    return api.get(USAGE_URL, params).json()


def test_usage_is_told_by_day(drafted, api, settings):
    settings.MODEL_PRICES = {"dear": {"in": Decimal(10), "out": Decimal(0)}}
    now = timezone.now()
    ModelCall.objects.update(tokens_in=100, tokens_out=10, duration=1.5, created_at=now)
    last = ModelCall.objects.order_by("id").last()
    ModelCall.objects.filter(pk=last.pk).update(
        created_at=now - timedelta(days=2), model="dear", error_code="model_failed"
    )
    answer = used(api, days=3, until=now.date().isoformat())
    assert [day["calls"] for day in answer["days"]] == [1, 0, 1]
    assert answer["days"][0] == {
        "day": str(now.date() - timedelta(days=2)),
        "calls": 1, "failed_calls": 1, "tokens_in": 100, "tokens_out": 10, "duration": 1.5,
        "calls_without_cost": 0, "cost": answer["days"][0]["cost"],
    }  # fmt: skip
    assert Decimal(answer["days"][0]["cost"]) == Decimal("0.001")
    assert answer["total"]["tokens_in"] == 200
    assert (answer["total"]["calls_without_cost"], answer["days"][2]["cost"]) == (1, None)
    assert answer["first_day"] == answer["days"][0]["day"]


def test_a_day_begins_at_midnight_where_the_operator_lives(drafted, api, settings):
    settings.TIME_ZONE = "Pacific/Auckland"
    at_noon = timezone.now().replace(year=2026, month=3, day=1, hour=12)  # the second there
    ModelCall.objects.update(created_at=at_noon)
    days = used(api, days=2, until="2026-03-02")["days"]
    assert [(day["day"], day["calls"]) for day in days] == [("2026-03-01", 0), ("2026-03-02", 2)]


def test_usage_is_ones_own_and_goes_with_the_email(drafted, api, stranger):
    assert used(api)["total"]["calls"] == 2
    assert used(other_client(stranger))["total"]["calls"] == 0
    assert is_error(APIClient().get(USAGE_URL), 401, "not_signed_in")
    Application.objects.all().delete()
    assert used(api)["total"]["calls"] == 0


@pytest.mark.parametrize(
    ("params", "field"),
    [
        *(({"days": sent}, "days") for sent in ("0", "367", "x", "٣", "", "07", "1.0")),
        *(({"until": sent}, "until") for sent in ("yesterday", "", "20260131", "2026-W05-1", "2026-02-30")),
    ],
)
def test_days_that_make_no_sense_are_named(api, params, field):
    assert is_error(api.get(USAGE_URL, params), 400, "invalid", field)


@pytest.mark.parametrize(
    ("until", "days"),
    [("0001-01-01", 1), ("0001-12-31", 365), ("1900-01-01", 366), ("9998-12-31", 366), ("9999-12-31", 366)],
)
def test_a_day_without_calls_is_a_day_like_any_other(drafted, api, until, days):
    shown = used(api, until=until, days="366")
    assert (shown["last_day"], shown["total"]["calls"], len(shown["days"])) == (until, 0, days)


def test_a_year_is_one_query(drafted, api):
    with CaptureQueriesContext(connection) as queries:
        assert len(used(api, days=usage.MOST_DAYS)["days"]) == 366
    assert len(queries) == 1


def test_every_answer_is_as_the_schema_says(schema, drafted, api):  # noqa: F811
    for rest, name in (
        (["steps"], "PaginatedStepSummaryList"),
        (["steps", "3"], "StepDetail"),
        (["calls"], "PaginatedCallSummaryList"),
        (["calls", "2"], "CallDetail"),
    ):
        answer = json.loads(api.get(drafted.url(*rest)).content)
        validator(schema, name).validate(answer)
        if "results" not in answer:
            assert set(answer) == set(schema["components"]["schemas"][name]["properties"])
    validator(schema, "UsageShown").validate(used(api))
