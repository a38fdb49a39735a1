"""What model servers were reported to send, and what becomes of it: one row for each behaviour.

`report` is a public report of the kind, or else the model or program that is known for it.
"""

import asyncio
import contextlib
import json
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant_app.errors import ModelError, ModelFailed, ModelUnavailable
from assistant_app.llm.base import Replacement
from tests.llm.calling import Caller
from tests.model_server import ModelServer, Reply, chunk

LETTER = "Dear Ms Okafor,\n\nThe 14th suits us: 3 people, a < b, für alle.\n\nKind regards\nTom"
ASKED = {"questions": ["Which room?"]}
JSON = json.dumps(ASKED)


def stream(*events: Any, end: str = "data: [DONE]\n\n", content_type: str = "text/event-stream") -> Reply:
    lines = "".join(f"data: {json.dumps(event)}\n\n" for event in events)
    return Reply(body=lines + end, headers={"content-type": content_type})


def said(text: str, *, size: int = 5, ending: Any = "stop") -> Reply:
    """Return a stream of the text in pieces of that size."""
    pieces = [chunk({"content": text[at : at + size]}) for at in range(0, len(text), size)]
    return stream(*pieces, chunk({}, ending))


def whole(message: Any, ending: Any = "stop", **more: Any) -> Reply:
    return Reply(body={"choices": [{"message": message, "finish_reason": ending}], **more})


def with_type(reply: Reply, content_type: str) -> Reply:
    return Reply(body=reply.body, headers={"content-type": content_type})


def growing(text: str) -> Reply:
    return stream(*(chunk({"content": text[:at]}) for at in range(7, len(text) + 7, 7)), chunk({}, "stop"))


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    name: str
    report: str
    sent: Reply
    expected: Any = LETTER  # the draft, the questions, or the error and a part of its message


HALF = [chunk({"content": "Dear Ms Okafor,\n\nThe "}), chunk({"content": "14th"})]
PARTS = [
    {"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]},
    {"type": "text", "text": LETTER},
]
HARMONY = (
    "<|channel|>analysis<|message|>They want a date.<|end|><|start|>assistant"
    f"<|channel|>final<|message|>{LETTER}<|return|>"
)

DRAFTS = [
    # Thinking
    Behaviour(name="a thinking tag", report="open-webui#9808", sent=said(f"<think>Hm.</think>\n\n{LETTER}")),
    Behaviour(name="a tag for reasons", report="open-webui#9808", sent=said(f"<reason>Hm</reason>{LETTER}")),
    Behaviour(
        name="tags for the plan and the output",
        report="Claude's prompt guide",
        sent=said(f"<analysis>Hm</analysis>\n<output>\n{LETTER}\n</output>"),
    ),
    Behaviour(name="Gemma's channel", report="Gemma", sent=said(f"<|channel>thought\nHm<channel|>{LETTER}")),
    Behaviour(name="an unknown token", report="llama.cpp#6859", sent=said(f"{LETTER}<unk><pad>")),
    Behaviour(name="another tag", report="OpenHands#8218", sent=said(f"<Thinking>\nHm\n</Thinking>{LETTER}")),
    Behaviour(name="a tag of its maker", report="Seed-OSS", sent=said(f"<seed:think>x</seed:think>{LETTER}")),
    Behaviour(name="brackets", report="llm-mistral#38", sent=said(f"[THINK]Plan.[/THINK]{LETTER}")),
    Behaviour(
        name="triangles", report="Kimi-VL", sent=said(f"\u25c1think\u25b7Hm\u25c1/think\u25b7{LETTER}")
    ),
    Behaviour(
        name="the end only",
        report="llama.cpp#12107",
        sent=said(f"Okay, the user asks.\n</think>\n\n{LETTER}"),
    ),
    Behaviour(
        name="the end only, late", report="vllm#22507", sent=said(f"A date is asked for. </think>{LETTER}")
    ),
    Behaviour(name="channels", report="vllm#32587", sent=said(HARMONY)),
    Behaviour(
        name="channels without marks", report="gpt-oss", sent=said(f"analysisThey ask.assistantfinal{LETTER}")
    ),
    Behaviour(
        name="Cohere's marks", report="Cohere", sent=said(f"<|START_THINKING|>x<|END_THINKING|>{LETTER}")
    ),
    Behaviour(name="a list of parts", report="n8n#19856", sent=stream(chunk({"content": PARTS}, "stop"))),
    Behaviour(
        name="a field of its own",
        report="DeepSeek",
        sent=stream(chunk({"reasoning_content": "Hm."}), chunk({"content": LETTER}, "stop")),
    ),
    Behaviour(
        name="nothing but reasoning",
        report="vllm#17349",
        sent=stream(chunk({"reasoning_content": LETTER}), chunk({}, "stop")),
        expected=(ModelFailed, "only its thinking"),
    ),
    Behaviour(
        name="thinking without end",
        report="vllm#26239",
        sent=said("<think>So, what"),
        expected=(ModelFailed, "only its thinking"),
    ),
    Behaviour(
        name="all tokens spent on thinking",
        report="async-openai#424",
        sent=stream(chunk({}, "length"), {"choices": [], "usage": {"completion_tokens": 4000}}),
        expected=(ModelFailed, "used all its 4,000 tokens for thinking. Raise MODEL_MAX_TOKENS"),
    ),
    *(
        Behaviour(name=f"thinking in {begin}", report=report, sent=said(f"{begin}They ask.{end}\n\n{LETTER}"))
        for begin, end, report in [
            ('<details type="reasoning" done="true">', "</details>", "Open WebUI"),
            ("<longcat_think>", "</longcat_think>", "LongCat"),
            ("<unused94>thought\n", "<unused95>", "MedGemma"),
            ("<|thinking|>", "<|/thinking|>", "none: a mark with bars"),
            ("<rationale>", "</rationale>", "none: a word for thinking"),
            ("<inner_thoughts>", "</inner_thoughts>", "MemGPT"),
        ]
    ),
    *(
        Behaviour(
            name=f"thinking after {begin!r}", report=report, sent=said(f"{begin}They ask.{end}{LETTER}")
        )
        for begin, end, report in [
            ("Thinking...\n", "\n...done thinking.\n\n", "Ollama's command line"),
            ("Thinking\u2026\n", "\n\u2026done thinking.\n\n", "none: with the letter of three dots"),
            ("```thinking\n", "\n```\n\n", "none: a fence"),
            ("```think\n", "\n```\n", "none: a fence of another name"),
        ]
    ),
    Behaviour(
        name="nothing but announced thinking",
        report="Ollama's command line",
        sent=said("Thinking...\nThey ask.\n...done thinking."),
        expected=(ModelFailed, "only its thinking"),
    ),
    Behaviour(
        name="signs that begin no turn",
        report="none: the text of a letter",
        sent=said("Thinking of you, ### User: see issue #12 and ## Input"),
        expected="Thinking of you, ### User: see issue #12 and ## Input",
    ),
    # Tokens of the chat template
    *(
        Behaviour(
            name=f"the turn of {who}",
            report="Alpaca",
            sent=said(f"{LETTER}\n\n### {who}:\nThanks! One more."),
        )
        for who in ("User", "Human", "Instruction")
    ),
    Behaviour(name="a title", report="Alpaca", sent=said(f"### Response:\n{LETTER}")),
    *(
        Behaviour(name=f"the stop token {token}", report=report, sent=said(f"{LETTER}{token}"))
        for token, report in [
            ("<end_of_utterance>", "SmolVLM"),
            ("<turn|>", "Gemma"),
            ("[EOS]", "none: a token as text"),
        ]
    ),
    Behaviour(name="a stop token", report="vllm#3303", sent=said(f"{LETTER}<|im_end|>")),
    Behaviour(name="an older stop token", report="llama.cpp#6859", sent=said(f"{LETTER}</s>")),
    Behaviour(
        name="a wide stop token",
        report="DeepSeek",
        sent=said(f"{LETTER}<\uff5cend\u2581of\u2581sentence\uff5c>"),
    ),
    Behaviour(
        name="a runaway turn",
        report="pocketpal-ai#113",
        sent=said(f"{LETTER}<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nThanks, one more!"),
    ),
    Behaviour(
        name="a header",
        report="llama.cpp#6859",
        sent=said(f"<|start_header_id|>assistant<|end_header_id|>\n\n{LETTER}<|eot_id|>"),
    ),
    Behaviour(name="an answer tag", report="DeepSeek-R1", sent=said(f"<answer>{LETTER}</answer>")),
    Behaviour(name="a byte order mark", report="llama.cpp", sent=said(f"\ufeff{LETTER}")),
    Behaviour(
        name="marks that are spoken about",
        report="none: the text of a letter",
        sent=said("Use the <reasoning> tag, `</think>` and <s>old</s> new."),
        expected="Use the <reasoning> tag, `</think>` and <s>old</s> new.",
    ),
    # Text that comes twice
    Behaviour(name="all text so far in each piece", report="qwen-code#3896", sent=growing(LETTER)),
    Behaviour(
        name="the message at the end",
        report="ragflow#15286",
        sent=stream(
            *(chunk({"content": LETTER[at : at + 9]}) for at in range(0, len(LETTER), 9)),
            {"choices": [{"delta": {}, "message": {"content": LETTER}, "finish_reason": "stop"}]},
        ),
    ),
    # Events and bodies
    Behaviour(
        name="events without choices",
        report="pydantic-ai#5170",
        sent=stream(
            {"type": "ping"},
            {"usage": {"prompt_tokens": 3}},
            chunk({"content": LETTER[:9]}),
            {"choices": None},
            {"choices": []},
            {"choices": [None]},
            chunk({"content": LETTER[9:]}, "stop"),
        ),
    ),
    *(
        Behaviour(
            name=f"{event!r} among the events",
            report="none: another sign of life",
            sent=stream(chunk({"content": LETTER}), end=f"{event}\n\ndata: [DONE]\n\n"),
        )
        for event in ("data: ping", "data: null", "event: ping", "[DONE]")
    ),
    Behaviour(
        name="an empty event",
        report="lobehub#9220",
        sent=stream(chunk({"content": LETTER}, "stop"), end="data:\n\ndata: [DONE]\n\n"),
    ),
    Behaviour(
        name="events as JSON", report="ROCm/ATOM#1711", sent=with_type(said(LETTER), "application/json")
    ),
    Behaviour(
        name="events on lines of their own",
        report="Ollama",
        sent=Reply(
            body="\n".join(json.dumps(each) for each in (chunk({"content": LETTER}), chunk({}, "stop")))
        ),
    ),
    Behaviour(name="a finish reason as the text null", report="DashScope", sent=said(LETTER, ending="null")),
    Behaviour(name="no finish reason", report="cherry-studio#19793", sent=said(LETTER, ending=None)),
    Behaviour(name="a whole answer without one", report="pi#6226", sent=whole({"content": LETTER}, None)),
    Behaviour(name="another good ending", report="Anthropic", sent=said(LETTER, ending="end_turn")),
    Behaviour(name="an ending in capitals", report="Gemini", sent=said(LETTER, ending="STOP")),
    *(
        Behaviour(
            name=f"the ending {ending}", report="none: another good word", sent=said(LETTER, ending=ending)
        )
        for ending in ("done", "finish", "finished", "normal")
    ),
    Behaviour(
        name="a byte order mark before the stream",
        report="none: files written by .NET begin so",
        sent=Reply(
            body=f"\ufeff{said(LETTER).body}", headers={"content-type": "text/event-stream; charset=utf-8"}
        ),
    ),
    Behaviour(
        name="alternatives beside it",
        report="n in MODEL_EXTRA_BODY",
        sent=stream(
            *(
                {
                    "choices": [
                        {"index": 1, "delta": {"content": "Other"}},
                        {"index": 0, "delta": {"content": LETTER[at : at + 9]}},
                    ]
                }
                for at in range(0, len(LETTER), 9)
            ),
            {"choices": [{"index": 1, "delta": {"content": "Other"}}]},
            {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
        ),
    ),
    Behaviour(
        name="an alternative first",
        report="n in MODEL_EXTRA_BODY",
        sent=stream(
            {"choices": [{"index": 1, "delta": {"content": "Other one"}}]},
            *(
                {"choices": [{"index": 0, "delta": {"content": LETTER[at : at + 9]}}]}
                for at in range(0, len(LETTER), 9)
            ),
            {"choices": [{"index": 1, "delta": {"content": "Other"}, "finish_reason": "length"}]},
            {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
        ),
    ),
    Behaviour(
        name="a choice that is no list",
        report="none: another shape",
        sent=Reply(body={"choices": {"message": {"content": LETTER}, "finish_reason": "stop"}}),
    ),
    Behaviour(
        name="another protocol",
        report="Ollama's /api/chat",
        sent=Reply(
            body="\n".join(
                json.dumps(each)
                for each in (
                    *({"message": {"role": "assistant", "content": text}, "done": False} for text in LETTER),
                    {"message": {"role": "assistant", "content": ""}, "done": True, "done_reason": "stop"},
                )
            )
        ),
    ),
    # Endings
    *(
        Behaviour(
            name=f"half a draft: {ending}",
            report=report,
            sent=stream(*HALF, chunk({}, ending)),
            expected=(kind, words),
        )
        for ending, report, kind, words in [
            ("length", "OpenAI", ModelFailed, "cut off"),
            ("max_tokens", "Anthropic", ModelFailed, "cut off"),
            ("MAX_TOKENS", "Gemini", ModelFailed, "cut off"),
            ("model_length", "Mistral", ModelFailed, "cut off"),
            ("SAFETY", "Gemini", ModelFailed, "content filter: SAFETY"),
            ("recitation", "Gemini", ModelFailed, "content filter"),
            ("refusal", "Anthropic", ModelFailed, "content filter"),
            ("insufficient_system_resource", "DeepSeek", ModelUnavailable, "gave up in the middle"),
            ("abort", "SGLang", ModelUnavailable, "gave up in the middle"),
            ("error", "claudexor#144", ModelFailed, 'gave "error" as the reason'),
            ("tool_calls", "OpenAI", ModelFailed, 'gave "tool_calls" as the reason'),
            ("unknown", "OmniRoute#8210", ModelFailed, 'gave "unknown" as the reason'),
            (7, "none: another type", ModelFailed, 'gave "7" as the reason'),
            ({"type": "x"}, "none: another type", ModelFailed, "as the reason"),
        ]
    ),
    Behaviour(
        name="an error within a choice",
        report="genkit#6079",
        sent=stream(
            *HALF,
            {
                "choices": [
                    {"delta": {}, "finish_reason": "error", "error": {"code": 502, "message": "Gone away"}}
                ]
            },
        ),
        expected=(ModelUnavailable, "Gone away"),
    ),
    Behaviour(
        name="an error as an event",
        report="vllm",
        sent=stream(*HALF, {"object": "error", "message": "Out of memory", "code": 500}),
        expected=(ModelFailed, "Out of memory"),
    ),
    Behaviour(
        name="an error on a line of its own",
        report="llama.cpp",
        sent=stream(*HALF, end='error: {"code": 500, "message": "Slot lost"}\n\n'),
        expected=(ModelFailed, "Slot lost"),
    ),
    Behaviour(
        name="an event with the name error",
        report="text-generation-inference",
        sent=stream(*HALF, end='event: error\ndata: {"message": "Lost a shard"}\n\n'),
        expected=(ModelFailed, "Lost a shard"),
    ),
    *(
        Behaviour(
            name=f"an error without a status: {kind}",
            report=report,
            sent=stream(
                *HALF, end=f'event: error\ndata: {{"error": {{"type": "{kind}", "message": "No"}}}}\n\n'
            ),
            expected=expected,
        )
        for kind, report, expected in [
            ("overloaded_error", "Anthropic", (ModelUnavailable, "cannot work at the moment")),
            ("rate_limit_error", "Anthropic", (ModelUnavailable, "is busy right now")),
            ("invalid_request_error", "OpenAI", (ModelFailed, "refused")),
        ]
    ),
    *(
        Behaviour(
            name=f"an error as an answer: {said}", report=report, sent=Reply(body=body), expected=expected
        )
        for said, report, body, expected in [
            (
                "description",
                "OAuth",
                {"error": "invalid_client", "error_description": "No such client"},
                (ModelFailed, "No such client"),
            ),
            ("detail", "FastAPI", {"detail": "No slot is free"}, (ModelFailed, "No slot is free")),
            ("message", "Envoy", {"message": "no upstream", "code": 503}, (ModelUnavailable, "no upstream")),
            ("list", "Cloudflare", {"errors": [{"message": "No route"}]}, (ModelFailed, "No route")),
            ("own", "MiniMax", {"base_resp": {"status_msg": "login fail"}}, (ModelFailed, "login fail")),
        ]
    ),
    Behaviour(
        name="a token that OAuth refuses",
        report="OAuth, RFC 6749 section 5.2",
        sent=Reply(
            status=401, body={"error": "invalid_token", "error_description": "The token expired on Friday"}
        ),
        expected=(ModelFailed, '(it said: "The token expired on Friday"). Check the API key.'),
    ),
    Behaviour(
        name="a web page",
        report="altimate-code#1119",
        sent=Reply(body="<!doctype html><title>Chat</title>", headers={"content-type": "text/html"}),
        expected=(ModelFailed, "A web page came from"),
    ),
    Behaviour(
        name="nothing but the end",
        report="none: an empty stream",
        sent=stream(),
        expected=(ModelFailed, "empty answer"),
    ),
]

QUESTIONS = [
    Behaviour(name="as text", report="mistral.rs#79", sent=with_type(whole({"content": JSON}), "text/plain")),
    Behaviour(
        name="as octets",
        report="openai-php#736",
        sent=with_type(whole({"content": JSON}), "application/octet-stream"),
    ),
    Behaviour(
        name="JSON and the end mark",
        report="9router#3492",
        sent=Reply(
            body=json.dumps(whole({"content": JSON}).body) + "\n\ndata: [DONE]\n\n",
            headers={"content-type": "text/event-stream"},
        ),
    ),
    Behaviour(
        name="where the thinking should be",
        report="vllm#50948",
        sent=whole({"content": None, "reasoning_content": JSON}),
    ),
    Behaviour(
        name="as the arguments of a tool",
        report="camel#4001",
        sent=whole(
            {"content": None, "tool_calls": [{"function": {"name": "a", "arguments": JSON}}]}, "tool_calls"
        ),
    ),
    Behaviour(
        name="as the arguments of a function",
        report="OpenAI's older protocol",
        sent=whole({"content": None, "function_call": {"name": "a", "arguments": JSON}}, "function_call"),
    ),
    Behaviour(
        name="as arguments that are parsed",
        report="Ollama",
        sent=whole({"tool_calls": [{"function": {"name": "a", "arguments": ASKED}}]}, "tool_calls"),
    ),
    Behaviour(name="as content that is parsed", report="none: another shape", sent=whole({"content": ASKED})),
    Behaviour(name="beside no content", report="OpenAI", sent=whole({"content": None, "parsed": ASKED})),
    Behaviour(name="JSON in JSON", report="weak models", sent=whole({"content": json.dumps(JSON)})),
    Behaviour(
        name="below other JSON in thinking",
        report="llama.cpp#12107",
        sent=whole({"content": f'{{"questions": ["No"]}}</think>{JSON}'}),
    ),
    Behaviour(
        name="in parts",
        report="spring-ai#5020",
        sent=whole({"content": [*PARTS[:1], {"type": "text", "text": JSON}]}),
    ),
]


@pytest.mark.parametrize("behaviour", DRAFTS, ids=lambda each: each.name)
def test_a_server_that_behaves_so_gives_this_draft(model_server, behaviour):
    model_server.script(*[behaviour.sent] * 4)
    caller = Caller(model_server.url)

    if isinstance(behaviour.expected, str):
        assert draft_of(caller).strip() == behaviour.expected
        return
    kind, words = behaviour.expected
    with pytest.raises(kind) as caught:
        caller.write()
    assert words in caught.value.message


@pytest.mark.parametrize("behaviour", QUESTIONS, ids=lambda each: each.name)
def test_a_server_that_behaves_so_asks_this(model_server, behaviour):
    model_server.script(behaviour.sent)

    assert Caller(model_server.url).ask() == ASKED


@pytest.mark.parametrize(
    ("usage", "counts"),
    [
        ({"prompt_tokens": 1151, "completion_tokens": -35}, (1151, None)),  # async-openai#404
        ({"prompt_tokens": 12.0, "completion_tokens": 37.25}, (12, 37)),  # easyllm#42
        ({"prompt_tokens": "many", "completion_tokens": {"a": 1}}, (None, None)),
        ({"prompt_tokens": True, "completion_tokens": 10**30}, (None, None)),
        ([7], (None, None)),
        ("7", (None, None)),
    ],
)
def test_counts_that_are_no_counts_are_unknown(model_server, usage, counts):
    model_server.script(whole({"content": LETTER}, usage=usage))
    caller = Caller(model_server.url)

    assert draft_of(caller) == LETTER
    assert (caller.calls[0].tokens_in, caller.calls[0].tokens_out) == counts


def test_a_finish_reason_with_every_piece_makes_no_draft_of_a_broken_stream(model_server):
    event = json.dumps(chunk({"content": "Dear "}, "stop"))
    model_server.script(Reply(parts=[f"data: {event}\n\n".encode()] * 2, is_broken=True))

    with pytest.raises(ModelUnavailable, match="was lost"):
        Caller(model_server.url).write()


# --- Properties ----------------------------------------------------------------------------------


class SteadyCaller(Caller):
    """A caller that keeps its client and event loop, as creating them takes longer than a call."""

    def __init__(self, base_url: str) -> None:
        super().__init__(base_url, retries=0)
        self._runner = asyncio.Runner()
        self._client = self.make_client()

    def run(self, work: Any) -> Any:
        return self._runner.run(work(self._client, self._client.session(self.calls.append)))

    def close(self) -> None:
        self._runner.run(self._client.aclose())
        self._runner.close()


@pytest.fixture(scope="module")
def server():
    with ModelServer() as running:
        yield running


@pytest.fixture(scope="module")
def steady(server):
    with contextlib.closing(SteadyCaller(server.url)) as caller:
        yield caller


COMPLETE = [each for each in DRAFTS if isinstance(each.expected, str) and isinstance(each.sent.body, str)]
_SHARED = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@_SHARED
@given(data=st.data())
def test_however_a_stream_is_split_its_text_is_the_same(server, steady, data):
    behaviour = data.draw(st.sampled_from(COMPLETE))
    body = behaviour.sent.body.encode()
    ends = sorted(data.draw(st.sets(st.integers(1, len(body) - 1), max_size=12)))
    parts = [body[start:end] for start, end in zip([0, *ends], [*ends, len(body)], strict=True)]
    server.script(Reply(parts=parts, headers=behaviour.sent.headers))

    assert draft_of(steady).strip() == behaviour.expected


@_SHARED
@given(sizes=st.lists(st.integers(1, 30), min_size=1), data=st.data())
def test_however_a_model_cuts_its_text_the_draft_is_the_same(server, steady, sizes, data):
    text = data.draw(
        st.sampled_from(
            [LETTER, f"<think>a\n{LETTER}</think>{LETTER}", HARMONY, f"Plan\n</think>{LETTER}<|im_end|>x"]
        )
    )
    pieces, at = [], 0
    while at < len(text):
        size = sizes[len(pieces) % len(sizes)]
        pieces.append(text[at : at + size])
        at += size
    server.script(Reply(chunks=pieces))

    assert draft_of(steady).strip() == LETTER


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["error", "text", "type", "message", "content", "x"]), inner, max_size=2
        )
    ),
    max_leaves=4,
)
EVENT = {
    "id": "c",
    "object": "chat.completion.chunk",
    "choices": [
        {
            "index": 0,
            "delta": {"content": LETTER, "refusal": None, "reasoning_content": "", "tool_calls": []},
            "message": None,
            "error": None,
            "finish_reason": "stop",
        }
    ],
    "usage": {
        "prompt_tokens": 1,
        "completion_tokens": 2,
        "completion_tokens_details": {"reasoning_tokens": 0},
    },
    "error": None,
}


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, inner in items for place in places(inner, (*path, key)))]


def replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(value[path[0]], path[1:], new)
    return copy


@_SHARED
@given(
    place=st.sampled_from(places(EVENT)),
    new=ANY_JSON,
    is_whole=st.booleans(),
    status=st.sampled_from([200, 200, 400, 429, 500]),
)
def test_any_json_in_place_of_any_field_gives_a_draft_or_an_error_that_we_know(
    server, steady, place, new, is_whole, status
):
    event = replaced(EVENT, place, new)
    reply = Reply(body=event) if is_whole else stream(event)
    reply.status = status
    steady.calls.clear()
    steady._client.dialects.forget()
    for call in (steady.write, steady.ask):
        server.script(*[reply] * 8)
        with contextlib.suppress(ModelError):  # and nothing else
            call()
        server.forget_script()
    for call in steady.calls:
        assert call.error_code in {"", "model_failed", "model_unavailable", "model_timeout"}
        assert all(tokens is None or 0 <= tokens < 2**31 for tokens in (call.tokens_in, call.tokens_out))


def draft_of(caller: Caller) -> str:
    """Return the draft that is left when each `Replacement` has taken the place of the pieces before."""
    pieces: list[str] = []
    for piece in caller.write():
        if isinstance(piece, Replacement):
            pieces.clear()
        pieces.append(piece)
    return "".join(pieces)
