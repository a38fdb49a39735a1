"""The real SDK against a server on a real socket."""

import asyncio
import json
import subprocess
import sys
import threading
from contextlib import aclosing

import pytest

from assistant_app.errors import ModelFailed, ModelTimeout, ModelUnavailable
from tests.clocks import let_pass
from tests.llm.calling import KEY, MESSAGES, Caller, ask, write
from tests.model_server import DRAFT, Reply, error, questions


@pytest.fixture
def caller(model_server):
    return Caller(model_server.url)


def test_a_draft_comes_in_the_pieces_in_which_it_was_sent(caller, model_server):
    model_server.script(Reply(chunks=["Dear ", "Anna,\n", "yes."]))

    assert caller.write() == ["Dear ", "Anna,\n", "yes."]


def test_a_call_is_recorded_with_all_that_was_said(caller, model_server):
    caller.write()

    (call,) = caller.calls
    assert (call.purpose, call.provider, call.model) == ("draft", "openai", "large")
    assert call.messages == [
        {"role": "system", "content": "You write emails."},
        {"role": "user", "content": "Say yes."},
    ]
    assert call.parameters == {"max_tokens": 4000, "stream": True, "stream_options": {"include_usage": True}}
    assert call.reply == DRAFT
    assert call.tokens_in == 11
    assert call.tokens_out > 0
    assert 0 < call.time_to_first_token <= call.duration
    assert (call.attempts, call.error_code, call.error_message) == (1, "", "")


def test_questions_are_asked_for_with_a_schema(caller, model_server):
    model_server.script(questions("Which day?"))

    assert caller.ask() == {"questions": ["Which day?"]}
    (body,) = model_server.bodies
    assert body["response_format"]["type"] == "json_schema"
    assert body["response_format"]["json_schema"]["strict"] is True
    assert body["model"] == "small"
    assert caller.calls[0].tokens_out == 9


def test_the_key_is_sent_and_options_of_some_servers_go_along(model_server):
    Caller(model_server.url, extra_body={"min_p": 0.1}, temperature=0.2).write()

    (request,) = model_server.received
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert (request.body["min_p"], request.body["temperature"]) == (0.1, 0.2)


def test_a_whole_answer_to_a_streamed_request_is_taken(caller, model_server):
    message = {"role": "assistant", "content": "Yes."}
    model_server.script(Reply(body={"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}))

    assert caller.write() == ["Yes."]


def test_what_a_database_would_refuse_is_cleaned(caller, model_server):
    model_server.script(Reply(chunks=["a\x00b", "\ud800c"]), Reply(text='{"questions": ["a\\u0000\\ud800"]}'))

    assert caller.write() == ["ab", "\ufffdc"]
    assert caller.ask() == {"questions": ["a\ufffd"]}


def test_reasoning_is_no_text(caller, model_server):
    thought = {"choices": [{"index": 0, "delta": {"reasoning_content": "Hm."}, "finish_reason": None}]}
    said = {"choices": [{"index": 0, "delta": {"content": "Yes."}, "finish_reason": "stop"}]}
    model_server.script(Reply(body=events(thought, said), headers={"content-type": "text/event-stream"}))

    assert caller.write() == ["Yes."]


# --- Failures ------------------------------------------------------------------------------------

FAILURES = {
    "a wrong key": (
        error(401, "Incorrect API key"),
        ModelFailed,
        'refused (it said: "Incorrect API key"). Check the API key.',
    ),
    "no permission": (error(403, "No access"), ModelFailed, "refused"),
    "an unknown model": (
        error(404, "The model `x` does not exist", code="model_not_found"),
        ModelFailed,
        "does not exist",
    ),
    "a bad request": (error(400, "Bad"), ModelFailed, "refused"),
    "a prompt too long": (
        error(400, "Too many tokens", code="context_length_exceeded"),
        ModelFailed,
        "too long for this model",
    ),
    "a spent budget": (
        error(429, "Pay", code="insufficient_quota"),
        ModelUnavailable,
        "quota of its account is used up",
    ),
    "HTML": (Reply(body="<html>", status=200), ModelFailed, "A web page came from"),
    "other JSON": (Reply(body={"hello": 1}), ModelFailed, "something that is no answer"),
    "malformed JSON": (Reply(body='{"choices": [{'), ModelFailed, "something that is no answer"),
    "a list": (Reply(body=[]), ModelFailed, "something that is no answer"),
    "a refusal": (
        Reply(text=None, chunks=[], refusal="I will not."),
        ModelFailed,
        'refused (it said: "I will not.")',
    ),
    "nothing": (Reply(text="", chunks=[]), ModelFailed, "empty answer"),
    "white space": (Reply(text="  \n", chunks=[" ", "\n"]), ModelFailed, "empty answer"),
    "the length limit": (Reply(text="Dear", finish_reason="length"), ModelFailed, "cut off"),
    "a filter": (Reply(text="Dear", finish_reason="content_filter"), ModelFailed, "content filter"),
}


@pytest.mark.parametrize("call", ["write", "ask"])
@pytest.mark.parametrize("name", FAILURES)
def test_a_failure_is_told_in_plain_words(caller, model_server, name, call):
    reply, kind, words = FAILURES[name]
    model_server.script(*[reply] * 4)

    with pytest.raises(kind) as caught:
        getattr(caller, call)()

    assert words in caught.value.message
    (recorded,) = caller.calls
    assert (recorded.error_code, recorded.error_message) == (kind.code, caught.value.message)


TRANSIENT = {
    "500": (error(500, "Oops"), ModelFailed),
    "502": (Reply(status=502, body="<html>Bad gateway"), ModelUnavailable),
    "503": (error(503, "Loading"), ModelUnavailable),
    "504": (error(504, "Upstream"), ModelTimeout),
    "429": (error(429, "Slow down"), ModelUnavailable),
    "reset": (Reply(drop=True), ModelUnavailable),
    "reset before the first word": (Reply(drop_after=0), ModelUnavailable),
}


@pytest.mark.parametrize("name", TRANSIENT)
def test_what_may_pass_is_tried_again(caller, model_server, name):
    model_server.script(*[TRANSIENT[name][0]] * 2)

    assert "".join(caller.write()) == DRAFT
    assert [call.attempts for call in caller.calls] == [3]


@pytest.mark.parametrize("name", TRANSIENT)
def test_trying_again_has_an_end(caller, model_server, name):
    reply, kind = TRANSIENT[name]
    model_server.script(*[reply] * 4)

    with pytest.raises(kind, match=r"It was tried 3 times\.") as caught:
        caller.write()

    assert len(model_server.received) == 3
    assert model_server.host in caught.value.message
    assert [(call.attempts, call.error_code) for call in caller.calls] == [(3, kind.code)]


def test_a_short_retry_after_is_waited_for(caller, model_server):
    model_server.script(error(429, "Slow down", retry_after="0.01"))

    assert "".join(caller.write()) == DRAFT


def test_a_long_retry_after_is_handed_on(caller, model_server):
    model_server.script(error(429, "Slow down", retry_after="90"))

    with pytest.raises(ModelUnavailable) as caught:
        caller.write()

    assert caught.value.retry_after == 90
    assert len(model_server.received) == 1


def test_a_server_that_is_not_there_is_unavailable(model_server):
    model_server.stop()
    caller = Caller(model_server.url, retries=1)

    with pytest.raises(
        ModelUnavailable,
        match=r"could not be reached: nothing listens there. Is the server running\? It was tried 2 times",
    ) as caught:
        caller.write()

    assert model_server.host in caught.value.message


def test_an_unknown_host_is_unavailable():
    with pytest.raises(ModelUnavailable, match=r"at nowhere\.invalid could not be reached"):
        Caller("http://nowhere.invalid/v1", retries=0).write()


@pytest.mark.parametrize("call", ["write", "ask"])
def test_a_server_that_hangs_times_out(model_server, call):
    model_server.script(*[Reply(hang=True)] * 2)
    caller = Caller(model_server.url, timeout=0.2, retries=1)

    with pytest.raises(ModelTimeout, match=r"within 0\.2 seconds\. It was tried 2 times\."):
        getattr(caller, call)()

    assert [call.error_code for call in caller.calls] == ["model_timeout"]


def test_a_stream_that_stalls_times_out_and_is_not_asked_for_again(caller, model_server):
    model_server.script(Reply(chunks=["Dear ", "Anna"], hang_after=1))

    async def read(client, session):
        async with aclosing(session.stream("draft", MESSAGES)) as texts:
            assert await anext(texts) == "Dear "
            let_pass(asyncio.get_running_loop())
            await anext(texts)

    with pytest.raises(ModelTimeout):
        caller.run(read)

    assert len(model_server.received) == 1
    assert caller.calls[0].reply == "Dear "
    assert model_server.received[0].left.wait(10)


def test_a_stream_that_is_cut_off_is_no_draft(caller, model_server):
    model_server.script(Reply(chunks=["Dear ", "Anna"], drop_after=1))

    with pytest.raises(ModelUnavailable, match="was lost") as caught:
        caller.write()

    assert caught.value.partial == "Dear "
    assert (len(model_server.received), caller.calls[0].reply) == (1, "Dear ")


def test_a_stream_without_an_end_is_no_draft(caller, model_server):
    model_server.script(Reply(text="Dear", finish_reason=None))

    with pytest.raises(ModelFailed, match="cut off"):
        caller.write()


def test_an_error_within_a_stream_is_told(caller, model_server):
    problem = {"error": {"message": "Out of memory", "code": 400}}
    model_server.script(Reply(body=events(problem), headers={"content-type": "text/event-stream"}))

    with pytest.raises(ModelFailed, match="Out of memory"):
        caller.write()


def test_a_stream_whose_end_mark_is_missing_is_whole(caller, model_server):
    said = {"choices": [{"index": 0, "delta": {"content": "Yes."}, "finish_reason": "stop"}]}
    text = events(said).removesuffix("data: [DONE]\n\n").rstrip("\n")
    model_server.script(Reply(body=text, headers={"content-type": "text/event-stream"}))

    assert caller.write() == ["Yes."]


def test_the_key_is_never_shown_and_long_words_are_shortened(caller, model_server):
    model_server.script(error(401, f"Wrong key {KEY}. " + "Bla " * 200))

    with pytest.raises(ModelFailed) as caught:
        caller.write()

    assert KEY not in caught.value.message + json.dumps(caught.value.message.parts())
    assert len(caught.value.message) < 350
    assert KEY not in repr(caller.config)


# --- Stopping ------------------------------------------------------------------------------------


def test_closing_a_stream_ends_the_call_at_the_server(caller, model_server):
    gate = threading.Event()
    model_server.script(Reply(chunks=["Dear ", "Anna"], gate_after=(1, gate)))

    async def read_one(client, session):
        async with aclosing(session.stream("draft", MESSAGES)) as texts:
            return await anext(texts)

    assert caller.run(read_one) == "Dear "
    assert model_server.received[0].left.wait(10)
    (call,) = caller.calls
    assert (call.error_code, call.reply) == ("cancelled", "Dear ")


@pytest.mark.parametrize("call", [write, ask])
def test_a_cancelled_task_ends_the_call_and_is_recorded(caller, model_server, call):
    model_server.script(Reply(hang=True))

    async def cancel(client, session):
        task = asyncio.ensure_future(call(session))
        while not model_server.received:
            await asyncio.sleep(0.005)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    caller.run(cancel)

    assert [call.error_code for call in caller.calls] == ["cancelled"]
    assert model_server.received[0].left.wait(10)


# --- Options that servers reject -----------------------------------------------------------------


def test_without_schemas_any_object_is_asked_for_and_that_is_remembered(caller, model_server):
    model_server.script(error(400, "'response_format.type' must be 'json_object' or 'text'"))
    model_server.script(questions("Which day?"), questions("Where?"))

    async def twice(client, session):
        return await ask(session), await ask(session)

    assert caller.run(twice) == ({"questions": ["Which day?"]}, {"questions": ["Where?"]})
    formats = [body.get("response_format", {}).get("type") for body in model_server.bodies]
    assert formats == ["json_schema", "json_object", "json_object"]
    assert '"required": ["questions"]' in model_server.bodies[1]["messages"][-1]["content"]
    assert caller.calls[0].messages == model_server.bodies[1]["messages"]


def test_without_structured_output_the_object_is_found_in_the_text(caller, model_server):
    text = '<think>{"questions": 1}</think>Sure!\n```json\n{"questions": ["Which day?"]}\n```\nAnything else?'
    model_server.script(error(422, "unknown field"), error(404, "not supported"), Reply(text=text))

    assert caller.ask() == {"questions": ["Which day?"]}
    assert "response_format" not in model_server.bodies[2]


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("I have no questions.", "I have no questions."),
        ("[1] is a note, [2, 3] too.", "[1] is a note, [2, 3] too."),
        ('["Which day?"]', ["Which day?"]),
        ('Sure:\n[{"question": "Which day?"}]', [{"question": "Which day?"}]),
        ('{"questions": ["Which day?",],}', {"questions": ["Which day?"]}),
        ('{"questions": ["Which\nday?"]}', {"questions": ["Which\nday?"]}),
    ],
)
def test_an_answer_is_read_in_the_form_that_it_has(caller, model_server, text, answer):
    model_server.script(Reply(text=text))

    assert caller.ask() == answer


def test_a_first_refusal_is_told_when_asking_otherwise_does_not_help(caller, model_server):
    model_server.script(error(400, "first"), error(400, "second"), error(400, "third"))

    with pytest.raises(ModelFailed, match="first"):
        caller.ask()
    model_server.script(questions("Which day?"))
    caller.ask()
    assert model_server.bodies[-1]["response_format"]["type"] == "json_schema"


def test_options_that_a_server_names_are_left_out_and_that_is_remembered(model_server):
    caller = Caller(model_server.url, temperature=0.5, extra_body={"min_p": 0.1})
    model_server.script(
        error(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."),
        error(400, "Unsupported value: 'temperature'"),
        error(400, "Unrecognized request argument: min_p"),
        error(400, "stream_options is not allowed"),
    )

    async def twice(client, session):
        return await write(session), await write(session)

    assert ["".join(texts) for texts in caller.run(twice)] == [DRAFT, DRAFT]
    for body in model_server.bodies[4:]:
        assert body.keys() == {"model", "messages", "stream", "max_completion_tokens"}
    assert len(model_server.bodies) == 6


def test_many_streams_share_one_client(caller, model_server):
    gate = threading.Event()
    model_server.script(*[Reply(gate=gate)] * 50)

    async def many(client, session):
        tasks = [asyncio.ensure_future(write(session)) for _ in range(50)]
        while len(model_server.received) < 50:
            await asyncio.sleep(0.005)
        gate.set()
        return await asyncio.gather(*tasks)

    assert ["".join(texts) for texts in caller.run(many)] == [DRAFT] * 50
    assert model_server.most_at_once == 50


def test_calls_that_follow_each_other_share_a_connection(caller, model_server, monkeypatch):
    monkeypatch.setattr("assistant_app.llm.client.LONGEST_END", 30)

    async def work(client, session):
        for _ in range(3):
            await write(session)
            await ask(session)

    caller.run(work)

    assert model_server.connections == 1


def test_a_server_that_never_ends_its_response_keeps_no_draft(caller, model_server):
    model_server.script(Reply(hang_at_end=True))

    assert "".join(caller.write()) == DRAFT
    assert caller.calls[0].error_code == ""


def test_the_sdk_is_imported_at_the_first_call_only():
    check = "import sys, assistant_app.llm; sys.exit('openai' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0


def events(*items):
    return "".join(f"data: {json.dumps(item)}\n\n" for item in items) + "data: [DONE]\n\n"
