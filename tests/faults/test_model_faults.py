"""Network faults at the model end in the documented error; all input is kept, and a retry works."""

import asyncio
from dataclasses import replace

import pytest

from assistant_app.engine.runner import runner
from assistant_app.llm.client import OpenAIClient
from assistant_app.llm.config import ModelConfig
from assistant_app.models import ModelCall, Step
from tests.conftest import Person, wait_for_runs
from tests.faults.proxy import (
    Proxy,
    after,
    delayed,
    dripping,
    faithful,
    garbage,
    hanging,
    mangled,
    reset,
)
from tests.model_server import DRAFT, model_server, questions  # noqa: F401  (a fixture)

pytestmark = pytest.mark.django_db(transaction=True)


def faults():
    """Return new spoilers with their error codes; new ones, because `after` counts bytes."""
    return {
        "reset": (reset, "model_unavailable"),
        "reset within the head": (after(20, reset), "model_unavailable"),
        "hang": (hanging, "model_timeout"),
        "hang within the head": (after(20, hanging), "model_timeout"),
        "drip": (dripping, "model_timeout"),
        "garbage": (garbage, "model_unavailable"),
        "mangled": (mangled, "model_failed"),
    }


PATIENCE = 30.0  # seconds; too long for any fault except a timeout
SOON = 5.0  # seconds; a timeout that still lets the first part of a draft arrive


def spoil(proxy, fault, code):
    """Spoil the model's answers; use a short timeout if the fault ends in one."""
    proxy.spoil = fault
    _set_timeout(0.6 if code == "model_timeout" else PATIENCE)


def mend(proxy):
    proxy.spoil = faithful
    _set_timeout(PATIENCE)


def _set_timeout(seconds):
    runner.client.config = replace(runner.client.config, timeout=seconds)


@pytest.fixture
def proxy(model_server):  # noqa: F811
    with Proxy(int(model_server.host.rpartition(":")[2])) as proxy:
        yield proxy


@pytest.fixture
def ida(proxy, owner):
    """A user whose model is behind the proxy."""
    models = {"questions": "small", "draft": "large"}
    runner.client = OpenAIClient(ModelConfig(base_url=proxy.url, models=models, timeout=PATIENCE, retries=0))
    yield Person(owner)
    wait_for_runs()
    asyncio.run_coroutine_threadsafe(runner.client.aclose(), runner._thread.loop).result(30)
    runner.client = None


@pytest.mark.parametrize("fault", faults())
def test_while_it_thinks_of_questions(ida, proxy, fault):
    how, code = faults()[fault]
    spoil(proxy, how, code)
    error = ida.fails_at("process_input", email_to_respond=Person.EMAIL, response_instructions="Yes")
    assert error.code == code
    _has_stopped_with(ida, code)

    mend(proxy)
    assert ida.retry().state["draft_history"] == [DRAFT]
    _each_step_once(ida, ["process_input", "determine_clarifications", "formulate_draft"])


@pytest.mark.parametrize("fault", faults())
def test_while_it_writes(ida, proxy, fault):
    ida.give_input()
    how, code = faults()[fault]
    spoil(proxy, how, code)
    _fails_to_write(ida, code)

    mend(proxy)
    assert ida.retry().state["draft_history"] == [DRAFT, DRAFT]
    _each_step_once(ida, [*BEFORE, "process_feedback", "formulate_draft"])


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (reset, "model_unavailable"),
        (hanging, "model_timeout"),
        (dripping, "model_timeout"),
        (mangled, "model_failed"),
    ],
)
def test_when_half_the_draft_is_there(ida, proxy, fault, code):
    ida.give_input()
    proxy.spoil = after(1000, fault)
    if code == "model_timeout":
        _set_timeout(SOON)
    _fails_to_write(ida, code)
    reply = ModelCall.objects.get(error_code=code).reply
    assert reply
    assert DRAFT.startswith(reply)
    assert reply != DRAFT

    mend(proxy)
    assert ida.retry().state["draft_history"] == [DRAFT, DRAFT]


def test_a_delay_is_no_fault(ida, proxy):
    proxy.spoil = delayed(0.1)
    assert ida.give_input().state["draft_history"] == [DRAFT]


BEFORE = ["process_input", "determine_clarifications", "formulate_draft"]


def _fails_to_write(ida, code):
    assert ida.fails_at("process_feedback", feedback="Warmer").code == code
    _has_stopped_with(ida, code)
    assert ida.row.state["feedback_history"] == ["Warmer"]
    assert ida.row.state["draft_history"] == [DRAFT]


def _has_stopped_with(ida, code):
    row = ida.row
    assert (row.status, row.error_code, row.state["incoming_email"]) == ("failed", code, Person.EMAIL)
    assert list(Step.objects.filter(status="failed").values_list("error_code", flat=True)) == [code]


def _each_step_once(ida, positions):
    done = Step.objects.filter(application=ida.app_id, status="completed").values_list("position", flat=True)
    assert list(done) == positions
