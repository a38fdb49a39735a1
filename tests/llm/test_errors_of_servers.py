"""The error shapes of model servers, and what they say to people: one row for each shape."""

from dataclasses import replace

import pytest

from assistant_app.errors import ModelFailed, ModelUnavailable
from tests.llm.calling import Caller, ask, write
from tests.model_server import DRAFT, Reply, error, questions

RETRY = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "36s"}]

SHAPES = {
    # report: status, body, error, part of its message, attempts
    "Gemini's list, a wrong key (deer-flow#1515)": (
        400,
        [{"error": {"code": 400, "message": "API key not valid.", "status": "INVALID_ARGUMENT"}}],
        ModelFailed,
        'its words: "API key not valid."). Check the API key',
        1,
    ),
    "Gemini's list, too many requests (PromptFuzz#42)": (
        429,
        [
            {
                "error": {
                    "code": 429,
                    "message": "Quota exceeded.",
                    "status": "RESOURCE_EXHAUSTED",
                    "details": RETRY,
                }
            }
        ],
        ModelUnavailable,
        "Try again in 36 seconds.",
        1,
    ),
    "OpenAI's words name the pause": (
        429,
        {
            "error": {
                "message": "Rate limit reached. Please try again in 1m3.5s.",
                "code": "rate_limit_exceeded",
            }
        },
        ModelUnavailable,
        "is busy right now",
        1,
    ),
    "vLLM's object (vllm#20409)": (
        200,
        {"object": "error", "message": "Bad thing", "type": "BadRequestError", "code": 400},
        ModelFailed,
        "Bad thing",
        1,
    ),
    "FastAPI's details": (
        422,
        {"detail": [{"loc": ["body", "seed"], "msg": "Input should be an integer", "type": "int_type"}]},
        ModelFailed,
        "Input should be an integer (body.seed)",
        1,
    ),
    "OpenRouter's provider": (
        400,
        {"error": {"message": "Provider returned error", "code": 400, "metadata": {"raw": "no such voice"}}},
        ModelFailed,
        "Provider returned error: no such voice",
        1,
    ),
    "LM Studio without /v1 (lmstudio-bug-tracker#618)": (
        200,
        {"error": "Unexpected endpoint or method. (POST /chat/completions)"},
        ModelFailed,
        "Check OPENAI_BASE_URL: it usually ends in /v1.",
        1,
    ),
    "a method that is not allowed": (405, "", ModelFailed, "it usually ends in /v1", 1),
    "FastAPI's unknown path": (404, {"detail": "Not Found"}, ModelFailed, "it usually ends in /v1", 1),
    "Ollama without the model": (
        404,
        {"error": {"message": 'model "llama9" not found, try pulling it first'}},
        ModelFailed,
        "Check OPENAI_MODEL",
        1,
    ),
    "words about the window (vllm#42474)": (
        400,
        {"object": "error", "message": "This model's maximum context length is 4096 tokens.", "code": 400},
        ModelFailed,
        "too long for this model",
        1,
    ),
    "a spent account": (
        429,
        {"error": {"message": "Check your plan and billing details.", "code": "insufficient_quota"}},
        ModelUnavailable,
        "quota of its account is used up",
        1,
    ),
    "a model that is being loaded (ramalama#2343)": (
        503,
        {"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}},
        ModelUnavailable,
        "is still loading the model",
        3,
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_an_error_names_its_cause_and_what_to_do(model_server, shape):
    status, body, kind, words, attempts = SHAPES[shape]
    model_server.script(*[Reply(status=status, body=body)] * 4)

    with pytest.raises(kind) as caught:
        Caller(model_server.url).write()

    assert words in caught.value.message
    assert len(model_server.received) == attempts


def test_the_pause_that_the_words_name_is_told(model_server):
    model_server.script(error(429, "Please try again in 1m3.5s."))

    with pytest.raises(ModelUnavailable, match="Try again in 64 seconds") as caught:
        Caller(model_server.url).write()

    assert caught.value.retry_after == 64


@pytest.mark.parametrize("header", ["inf", "nan", "1e400", "soon", "-5"])
def test_a_pause_that_is_none_is_not_believed(model_server, header):
    model_server.script(*[error(429, "no", retry_after=header)] * 3)

    with pytest.raises(ModelUnavailable, match="It was tried 3 times"):
        Caller(model_server.url).write()


# --- The next way to ask -------------------------------------------------------------------------

WAYS = {
    # report: how the server refuses, and what the next request is like
    "no system role (vllm#2964)": (
        error(400, "System role not supported"),
        lambda body: (
            [each["role"] for each in body["messages"]] == ["user"]
            and body["messages"][0]["content"] == "You write emails.\n\nSay yes."
        ),
    ),
    "no system role, as 500 (mistral.rs#506)": (
        error(500, "Conversation roles must alternate user/assistant"),
        lambda body: [each["role"] for each in body["messages"]] == ["user"],
    ),
    "a limit above the window (vllm#20409)": (
        error(
            400, "This model's maximum context length is 4096 tokens. You requested 4000 in the completion."
        ),
        lambda body: not {"max_tokens", "max_completion_tokens"} & body.keys(),
    ),
    "a limit that is too large": (
        error(400, "max_tokens is too large: 4000. This model supports at most 2048."),
        lambda body: "max_tokens" not in body,
    ),
    "not verified to stream (OpenAI)": (
        error(400, "Your organization must be verified to stream this model."),
        lambda body: not {"stream", "stream_options"} & body.keys(),
    ),
    "stream_options, unnamed": (
        error(400, "Invalid request body"),
        lambda body: body["stream"] and "stream_options" not in body,
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_server_that_refuses_is_asked_in_the_next_way_which_is_remembered(model_server, way):
    refusal, is_next = WAYS[way]
    model_server.script(refusal)

    async def twice(client, session):
        return await write(session), await write(session)

    assert ["".join(texts) for texts in Caller(model_server.url).run(twice)] == [DRAFT, DRAFT]
    assert [is_next(body) for body in model_server.bodies] == [False, True, True]


def test_a_schema_that_makes_the_server_fail_is_left_out(model_server):
    broken = error(500, "Failed to initialize samplers: failed to parse grammar")
    model_server.script(broken, broken, questions("When?"))

    assert Caller(model_server.url).ask() == {"questions": ["When?"]}
    assert "response_format" not in model_server.bodies[-1]


def test_one_failed_generation_switches_nothing_off(model_server):
    failed = error(400, "Failed to generate JSON.", code="json_validate_failed")
    model_server.script(failed, questions("When?"), questions("Where?"))

    async def twice(client, session):
        return await ask(session), await ask(session)

    Caller(model_server.url).run(twice)

    assert [body["response_format"]["type"] for body in model_server.bodies] == ["json_schema"] * 3


def test_a_short_key_hides_no_words(model_server):
    caller = Caller(model_server.url, api_key="x")
    refused = "Unsupported parameter: 'max_tokens' is not supported. Use 'max_completion_tokens' instead."
    model_server.script(error(400, refused))

    caller.write()

    assert "max_completion_tokens" in model_server.bodies[1]
    model_server.script(error(403, "The context is extra odd"))
    with pytest.raises(ModelFailed, match="The context is extra odd"):
        caller.write()


def test_a_steady_draft_may_take_longer_than_the_limit_of_silence(model_server):
    model_server.rate = 20
    caller = Caller(model_server.url)
    caller.config = replace(caller.config, timeout=1.5)
    model_server.script(Reply(chunks=["word "] * 50))

    assert "".join(caller.write()) == "word " * 50
    assert caller.calls[0].duration > caller.config.timeout
