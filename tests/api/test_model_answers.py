"""Faults of the model server, over a real socket and the real SDK: the response names the fault, the input
is kept, the call is recorded, and both `retry` and new input work afterwards."""

import asyncio
import json
from dataclasses import replace

import pytest

from assistant_app.engine.runner import runner
from assistant_app.llm.config import ModelConfig
from assistant_app.llm.factory import build_client
from assistant_app.models import ModelCall
from tests.api.conftest import INPUT, Walk
from tests.llm.test_behaviours import EVENT, places, replaced, stream
from tests.model_server import Reply, error, model_server  # noqa: F401  (a fixture)

pytestmark = pytest.mark.django_db(transaction=True)

FAULTS = {
    "401": (error(401, "Incorrect API key provided"), 502, "model_failed"),
    "429": (error(429, "Slow down", Retry_After="1000"), 503, "model_unavailable"),
    "500": (error(500, "Oops"), 502, "model_failed"),
    "timeout": (Reply(hang=True), 504, "model_timeout"),
    "cut off": (Reply(drop_after=1), 503, "model_unavailable"),
    "not finished": (Reply(finish_reason=None), 502, "model_failed"),
    "malformed": (Reply(body="{no JSON"), 502, "model_failed"),
    "empty": (Reply(text=""), 502, "model_failed"),
    "refusal": (Reply(text=None, refusal="I will not."), 502, "model_failed"),
    "too long": (Reply(finish_reason="length"), 502, "model_failed"),
}


@pytest.fixture
def real_walk(api, model_server):  # noqa: F811
    """An email whose model is a server on a real socket."""
    models = {"questions": "test-1", "draft": "test-1"}
    config = ModelConfig(base_url=model_server.url, api_key="k", models=models, timeout=30.0, retries=0)
    runner.client = build_client(config)
    yield Walk(api, model_server)
    asyncio.run_coroutine_threadsafe(runner.client.aclose(), runner._thread.loop).result(10)
    runner.client = None


def test_the_reason_for_a_question_is_asked_for_and_told(real_walk):
    given = {"question": "Which\x00 day?", "reason": "There are\x00 two."}
    real_walk.model.script(Reply(text=json.dumps({"questions": [given, "Who pays?"]})))
    state = real_walk.put("initialize_draft", INPUT).json()
    assert state["questions"] == ["Which day?", "Who pays?"]
    assert state["question_reasons"] == ["There are two.", ""]
    schema = real_walk.model.bodies[0]["response_format"]["json_schema"]["schema"]
    assert schema["properties"]["questions"]["items"]["required"] == ["question", "reason", "choices"]


def fails_to_draft(walk, reply):
    """Send the input to a model that answers with a fault; one that hangs is not waited for as long."""
    walk.model.script(Reply(text='{"questions": []}'), reply)
    patient = runner.client.config
    if reply.hang:
        runner.client.config = replace(patient, timeout=5.0)  # enough for the questions before
    try:
        return walk.put("initialize_draft", INPUT)
    finally:
        runner.client.config = patient


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_told_and_a_retry_goes_on(real_walk, fault):
    reply, status, code = FAULTS[fault]
    answer = fails_to_draft(real_walk, reply)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    state = real_walk.state()
    assert (state["status"], state["error"]["code"], state["drafts"]) == ("failed", code, [])
    assert state["email_to_respond"] == INPUT["email_to_respond"]
    assert list(ModelCall.objects.values_list("purpose", "error_code")) == [
        ("questions", ""),
        ("draft", code),
    ]
    retried = real_walk.retry()
    assert (retried.status_code, len(retried.json()["drafts"])) == (200, 1)


@pytest.mark.parametrize("fault", FAULTS)
def test_after_each_fault_other_text_can_be_sent(real_walk, fault):
    fails_to_draft(real_walk, FAULTS[fault][0])
    real_walk.model.script(Reply(text='{"questions": []}'))
    answer = real_walk.put("initialize_draft", {**INPUT, "response_instructions": "No, never."})
    assert (answer.status_code, len(answer.json()["drafts"])) == (200, 1)
    asked = str(real_walk.model.bodies[-1]["messages"])
    assert "No, never." in asked
    assert INPUT["response_instructions"] not in asked


PROSE = {
    "all tokens spent on thinking": Reply(
        body={"choices": [{"message": {"content": ""}, "finish_reason": "length"}]}
    ),
    "prose": Reply(text="I would first like to understand the situation better."),
    "an empty object": Reply(text="{}"),
    "another object": Reply(text='{"answer": 42}'),
    "a web page": Reply(body="<html>no API</html>"),
    "an error for any format": error(500, "The grammar failed"),
}


@pytest.mark.parametrize("fault", [*PROSE, *(name for name in FAULTS if name != "timeout")])
def test_whatever_the_questions_come_to_the_first_try_yields_a_draft(real_walk, fault):
    server = real_walk.model
    server.standing_questions = PROSE[fault] if fault in PROSE else FAULTS[fault][0]
    answer = real_walk.put("initialize_draft", INPUT)
    assert answer.status_code == 200
    state = answer.json()
    assert (state["next_step"], state["questions"], len(state["drafts"])) == ("process_feedback", [], 1)


def test_questions_that_hang_end_with_their_time_and_a_draft_follows(real_walk):
    real_walk.model.standing_questions = Reply(hang=True)
    patient = runner.client.config
    runner.client.config = replace(patient, timeout=1.0)
    answer = real_walk.put("initialize_draft", INPUT)
    runner.client.config = patient
    assert answer.status_code == 200
    assert answer.json()["questions_error"]["code"] == "model_timeout"


def test_thinking_whose_beginning_was_not_marked_is_no_part_of_the_draft(real_walk):
    letter = "Dear Jonas,\n\nFriday suits me.\n\nBest regards\nIda"
    thinking = "The sender wants a date. " * 40  # more than is held back
    real_walk.model.script(Reply(text='{"questions": []}'), Reply(text=f"{thinking}</think>\n\n{letter}"))

    state = real_walk.put("initialize_draft", INPUT).json()

    assert state["drafts"] == [letter]


@pytest.mark.parametrize("count", [-35, 10**12, "7", {"a": 1}])
def test_what_a_server_counts_wrongly_does_not_undo_its_draft(real_walk, count):
    choice = {"message": {"content": "Dear Jonas,\n\nYes.\n\nIda"}, "finish_reason": "stop"}
    body = {"choices": [choice], "usage": {"prompt_tokens": count, "completion_tokens": count}}
    real_walk.model.script(Reply(text='{"questions": []}'), Reply(body=body))

    answer = real_walk.put("initialize_draft", INPUT)

    assert (answer.status_code, len(answer.json()["drafts"])) == (200, 1)
    assert ModelCall.objects.latest("pk").tokens_out is None


ODD = [
    None,
    True,
    -1,
    2**63,
    1e300,
    "",
    "x",
    "\ud800\x00",
    [],
    [[]],
    {},
    {"error": {}},
    [{"text": 7}],
    {"content": []},
]


@pytest.mark.parametrize("number", range(len(places(EVENT))))
def test_any_json_in_place_of_any_field_gives_a_draft_or_an_error_and_a_retry_goes_on(real_walk, number):
    place = places(EVENT)[number]
    event = replaced(EVENT, place, ODD[number % len(ODD)])
    real_walk.model.script(Reply(body=event), stream(event))  # the questions, and the draft
    answer = real_walk.put("initialize_draft", INPUT)
    assert answer.status_code in {200, 502, 503, 504}
    real_walk.model.forget_script()
    state = real_walk.state()
    assert state["status"] in {"waiting", "failed"}
    assert state["email_to_respond"] == INPUT["email_to_respond"]
    if state["status"] == "failed":
        retried = real_walk.retry()
        assert (retried.status_code, len(retried.json()["drafts"])) == (200, 1)
