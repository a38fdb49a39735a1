"""The error shapes of model servers, and what they say to people: one row for each shape."""

import json
from dataclasses import replace

import pytest

from assistant_app.errors import ModelFailed, ModelTimeout, ModelUnavailable
from assistant_app.phrases import restored
from tests.llm.calling import Caller, ask, write
from tests.model_server import DRAFT, Reply, error, questions

RETRY = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "36s"}]

SHAPES = {
    # report: status, body, error, part of its message, attempts
    "Gemini's list, a wrong key (deer-flow#1515)": (
        400,
        [{"error": {"code": 400, "message": "API key not valid.", "status": "INVALID_ARGUMENT"}}],
        ModelFailed,
        'it said: "API key not valid."). Check the API key',
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
    "a proxy that waited for too long": (524, "<html>", ModelTimeout, "gave up waiting for its model", 3),
    "a proxy without its server": (521, "<html>", ModelUnavailable, "cannot work at the moment", 3),
    "a spent account": (
        429,
        {"error": {"message": "Check your plan and billing details.", "code": "insufficient_quota"}},
        ModelUnavailable,
        "quota of its account is used up",
        1,
    ),
    "an account without credit (OpenRouter)": (
        402,
        {"error": {"message": "This request requires more credits, or fewer max_tokens.", "code": 402}},
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

    said = caught.value.message
    assert words in said
    assert len(model_server.received) == attempts
    kept = json.loads(json.dumps(said.parts()))
    assert restored(f"{said}", kept).parts() == said.parts()


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


@pytest.mark.parametrize(
    "failed",
    [
        error(400, "Failed to parse model output.", code="output_parse_failed"),
        error(400, "Failed to validate JSON. See 'failed_generation' for more details."),
        error(500, "The generated JSON does not match the expected schema."),
        error(422, "Model produced invalid JSON for response_format"),
    ],
)
def test_other_words_for_a_failed_generation_switch_nothing_off_either(model_server, failed):
    model_server.script(failed, questions("When?"))

    assert Caller(model_server.url).ask() == {"questions": ["When?"]}
    assert [body["response_format"]["type"] for body in model_server.bodies] == ["json_schema"] * 2


def test_a_model_that_is_being_loaded_is_waited_for(model_server):
    model_server.script(*[error(503, "Loading model")] * 7)
    caller = Caller(model_server.url, load_timeout=20, retries=1)

    assert "".join(caller.write()) == DRAFT
    assert caller.calls[0].attempts == 8


def test_a_model_that_is_loaded_for_too_long_is_told(model_server):
    model_server.script(*[error(503, "Loading model")] * 4)

    with pytest.raises(ModelUnavailable, match="is still loading the model"):
        Caller(model_server.url, load_timeout=0.01, retry_pause=0.02).write()


def test_an_answer_may_have_a_limit_altogether(model_server):
    model_server.rate = 50
    model_server.script(Reply(chunks=["word "] * 500))

    with pytest.raises(
        ModelTimeout, match=r"took longer than 0\.3 seconds altogether.*MODEL_TOTAL_SECONDS"
    ) as caught:
        Caller(model_server.url, total_timeout=0.3).write()

    assert caught.value.partial.startswith("word word")
    assert len(model_server.received) == 1


def test_options_are_sent_and_left_out_where_they_are_refused(model_server):
    options = {"temperature": 0.2, "reasoning_effort": "low", "extra_body": {"top_p": 0.9}}
    caller = Caller(model_server.url, **options)
    model_server.script(
        error(400, "Unsupported parameter: 'reasoning_effort' is not supported with this model.")
    )

    assert "".join(caller.write()) == DRAFT
    first, second = model_server.bodies
    assert (first["temperature"], first["reasoning_effort"], first["top_p"]) == (0.2, "low", 0.9)
    assert "reasoning_effort" not in second
    assert second["top_p"] == 0.9


# Words of refusals in public reports, and the option that is changed at the next attempt.
WORDS = [
    (
        "limit",
        400,
        "'max_tokens' is too large: 4000. This model's maximum context length is 4096 tokens and your",
    ),
    ("limit", 422, "`inputs` tokens + `max_new_tokens` must be <= 4096. Given: 900 `inputs` tokens"),  # TGI
    (
        "limit",
        400,
        "maximum context length of 4096 tokens: 1000 from the input and 4000 tokens for the completion",
    ),
    ("limit", 400, "Invalid max_tokens value, the valid range of max_tokens is [1, 2048]"),  # DeepSeek
    (
        "limit",
        400,
        "max_tokens: 4000 > 2048, which is the maximum allowed number of output tokens",
    ),  # Anthropic
    ("limit", 400, "The maximum tokens you requested exceeds the model limit of 2048."),  # Bedrock
    (
        "limit",
        400,
        "This endpoint's maximum context length is 4096 tokens: 1000 of text input, 4000 in the output",
    ),
    (
        "limit",
        400,
        "too many tokens: max tokens must be less than or equal to 4096, the maximum output",
    ),  # Cohere
    (
        "limit",
        400,
        "it has a maxOutputTokens value of 9000 but the supported range is from 1 to 8193",
    ),  # Vertex
    ("limit", 400, "max_tokens must be at least 1, got -804."),  # vLLM
    ("limit", 400, "Range of max_tokens should be [1, 2048]"),  # DashScope
    ("limit", 400, "Requested tokens (4900) exceed context window of 4096"),  # llama-cpp-python
    ("limit", 400, "Requested generation length 4000 is not possible!"),  # DeepSpeed-MII
    ("limit", 400, "n_predict exceeds the context size"),  # llama.cpp
    ("system", 400, "Developer instruction is not enabled for models/gemma-3-27b-it"),
    ("system", 400, "Unsupported value: 'messages[0].role' does not support 'system' with this model."),
    ("system", 500, "Only user and assistant roles are supported!"),
    ("system", 400, "'system' role is not allowed"),
    ("system", 422, "messages.0.role: Input should be 'user' or 'assistant'"),
    ("system", 400, "Unexpected role 'system' after role 'user'"),
    ("stream", 400, "Unsupported value: 'stream' does not support true with this model."),
    ("stream", 400, "This model does not support streaming"),
    ("stream", 400, "streaming is not enabled"),
    ("stream", 400, "stream must be false"),
    ("stream_options", 422, "Extra inputs are not permitted (body.stream_options)"),
]


@pytest.mark.parametrize(("option", "status", "words"), WORDS)
def test_words_of_a_refusal_are_understood(model_server, option, status, words):
    model_server.script(error(status, words))

    assert "".join(Caller(model_server.url).write()) == DRAFT
    _, sent = model_server.bodies
    has_limit, is_streamed = "max_tokens" in sent, "stream" in sent
    has_system = sent["messages"][0]["role"] == "system"
    options = "stream_options" in sent
    found = {"limit": not has_limit, "system": not has_system, "stream": not is_streamed}
    found["stream_options"] = is_streamed and not options
    assert [name for name, is_so in found.items() if is_so] == [option]


@pytest.mark.parametrize("words", ["The value of max_tokens is illegal", "Bad max_tokens"])
def test_a_limit_that_no_name_helps_is_left_out(model_server, words):
    model_server.script(*[error(400, words)] * 2)

    assert "".join(Caller(model_server.url).write()) == DRAFT
    limits = [{"max_tokens", "max_completion_tokens"} & body.keys() for body in model_server.bodies]
    assert limits == [{"max_tokens"}, {"max_completion_tokens"}, set()]


@pytest.mark.parametrize("status", [403, 415])
def test_a_refusal_of_structured_answers_is_seen_under_other_statuses(model_server, status):
    model_server.script(error(status, "This model does not support structured output"), questions("When?"))

    assert Caller(model_server.url).ask() == {"questions": ["When?"]}


TOO_LONG = [
    "Prompt contains 33000 tokens and 0 draft tokens, too large for model with 32768 maximum context length",
    "The number of tokens to keep from the initial prompt is greater than the context length.",
    "the request exceeds the available context size. try increasing the context size or enable context shift",
    "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
    "prompt is too long: 208310 tokens > 200000 maximum",
    "Please reduce the length of the messages or completion.",
]


@pytest.mark.parametrize("words", TOO_LONG)
@pytest.mark.parametrize("call", ["write", "ask"])
def test_a_prompt_that_is_too_long_is_told_at_the_first_attempt(model_server, call, words):
    model_server.script(error(400, words))

    with pytest.raises(ModelFailed, match="too long for this model"):
        getattr(Caller(model_server.url), call)()
    assert len(model_server.received) == 1


@pytest.mark.parametrize(
    "words",
    ["Model m is currently loading", "model still loading, please wait", "Model not ready", "warming up"],
)
def test_other_words_for_a_model_that_is_being_loaded_are_understood(model_server, words):
    model_server.script(error(503, words))

    with pytest.raises(ModelUnavailable, match="is still loading the model"):
        Caller(model_server.url, retries=0).write()
