"""Options that a server rejects: detected at the first call, and remembered for its later calls."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Coroutine, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from assistant_app.llm.faults import Fault
from assistant_app.phrases import gettext_noop

# What a server does otherwise than OpenAI's, and how it is asked then. Any other option is left out.
DEVIATIONS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "json_schema": (gettext_noop("takes no JSON schema"), gettext_noop("any JSON object is asked for")),
        "json_object": (gettext_noop("takes no response format"), gettext_noop("JSON is asked for in words")),
        "system": (
            gettext_noop("takes no system role"),
            gettext_noop("the rules stand at the beginning of the user's message"),
        ),
        "max_tokens": (
            gettext_noop("has another name for the limit of tokens"),
            gettext_noop("max_completion_tokens is sent"),
        ),
        "limit": (gettext_noop("refuses our limit of tokens"), gettext_noop("no limit is sent")),
        "stream": (gettext_noop("does not stream"), gettext_noop("the whole answer is waited for")),
        "stream_options": (
            gettext_noop("takes no stream_options"),
            gettext_noop("tokens may not be counted"),
        ),
        "address": (
            gettext_noop("has its API under /v1, which the address lacks"),
            gettext_noop("/v1 is added"),
        ),
    }
)
REFRESH_SECONDS = 300.0  # how long a process may not know what another one has learned
MEMORY_PATIENCE = 1.0  # seconds that a call waits for the memory at most

_DISTRUSTED = {400, 404, 422, 501}
_NEVER_AN_OPTION = {"model", "messages", "stream", "response_format"}
# One bad answer, which says nothing about options (Groq's codes and words).
_FAILED_GENERATION = re.compile(
    r"json_validate_failed|output_parse_failed|tool_use_failed"
    r"|failed to (?:generate|parse|validate|produce) (?:a |the )?(?:valid )?(?:json|output|model)"
    r"|(?:output|response|generation|generated json) (?:did|does) not (?:match|conform)|failed_generation"
    r"|model (?:produced|generated|returned) (?:an )?invalid|output is not valid json"
)
_COUNTS_LIMIT = re.compile(
    r"(?:in|for) the (?:completion|output)|output tokens|completion tokens"
    r"|max_(?:new_|completion_|output_)?tokens|max tokens|requested tokens|tokens you requested|n_predict"
)
_LIMIT_TOO_LARGE = re.compile(
    r"max_?(?:new_|completion_|output_?)?tokens.{0,60}"
    r"(?:too large|at most|at least|less than|maximum|exceed|must be <|range|no more than)"
    r"|max tokens must be|generation length \d+ is not possible"
    r"|range of max_tokens|maximum (?:tokens you requested|output tokens)"
)
_NO_SYSTEM = re.compile(
    r"system.? (?:role|message|prompt|instruction)s?\b.{0,60}\b(?:not|unsupported)\b"
    r"|role:? .?system\b.{0,40}\bnot\b|(?:unknown|invalid|unsupported|unexpected) role:? .?system"
    r"|developer instruction is not enabled|roles must alternate|does not support .{0,30}\bsystem\b"
    r"|only user and assistant roles|'system' with this model|should be 'user' or 'assistant'"
)
_GRAMMAR = re.compile(
    r"grammar|json_schema|response_format|schema|structured output|guided decoding|json mode"
)
_NO_STREAM = re.compile(
    r"verified to stream|\bstream(?:ing| mode)?\b.{0,60}\b"
    r"(?:not (?:supported|allowed|available|enabled)|disabled)"
    r"|does not support stream|'stream' does not support|\(stream\)|stream must be false"
)
_UNNAMED = re.compile(
    r"invalid request body|extra (?:inputs|fields)|unrecognized|unknown (?:field|parameter|argument)"
)


class Memory(Protocol):
    """Keeps the options that the models of a server reject. No method raises an error."""

    async def recall(self, server: str) -> Mapping[str, frozenset[str]] | None:
        """Return the rejected options by model; None if they cannot be had."""
        ...

    async def remember(self, server: str, model: str, options: frozenset[str]) -> None: ...


class Dialects:
    """The dialect of each model of a server: read from a memory now and then, and not before each call.

    An option that a refusal did not name is only a guess. It is kept in this process and not in the memory.
    """

    def __init__(self, server: str, memory: Memory | None) -> None:
        self._server = server
        self._memory = memory
        self._stored: dict[str, frozenset[str]] = {}
        self._guessed: dict[str, frozenset[str]] = {}
        self._fresh_until = 0.0

    async def of(self, model: str) -> Dialect:
        if self._memory is not None and time.monotonic() >= self._fresh_until:
            self._fresh_until = time.monotonic() + REFRESH_SECONDS
            await _wait_a_little(self._recall(self._memory))
        return Dialect(self._stored.get(model, frozenset()) | self._guessed.get(model, frozenset()))

    async def learn(self, model: str, dialect: Dialect) -> None:
        """Use this dialect for all later calls of the model."""
        known = (await self.of(model)).refused
        if dialect.refused <= known:
            return
        named = dialect.refused & dialect.named
        self._guessed[model] = self._guessed.get(model, frozenset()) | (dialect.refused - named)
        self._stored[model] = self._stored.get(model, frozenset()) | named
        if self._memory is not None and named - known:
            await _wait_a_little(self._memory.remember(self._server, model, named - known))

    async def _recall(self, memory: Memory) -> None:
        recalled = await memory.recall(self._server)
        if recalled is not None:
            self._stored = dict(recalled)

    def forget(self) -> None:
        self._stored.clear()
        self._guessed.clear()


_WAITING: set[asyncio.Task[None]] = set()  # the event loop itself does not keep its tasks


async def _wait_a_little(work: Coroutine[Any, Any, None]) -> None:
    """Let work on the memory delay a call only a little: it goes on without the call."""
    task = asyncio.ensure_future(work)
    _WAITING.add(task)
    task.add_done_callback(_WAITING.discard)
    await asyncio.wait({task}, timeout=MEMORY_PATIENCE)


class Dialect:
    """The options that one model of one server rejects. A refusal has named those in `named`."""

    def __init__(self, refused: frozenset[str] = frozenset(), named: frozenset[str] = frozenset()) -> None:
        self.refused = refused
        self.named = named

    def without(self, refusal: Refusal) -> Dialect:
        option = {refusal.option}
        return Dialect(self.refused | option, self.named | option if refusal.is_named else self.named)

    @property
    def prefix(self) -> str:
        """The part of the path that the server's address lacks."""
        return "/v1" if "address" in self.refused else ""

    def speak(self, body: dict[str, Any]) -> dict[str, Any]:
        """Return the request body in a form that this server accepts."""
        body = {name: value for name, value in body.items() if name not in self.refused - {"max_tokens"}}
        if "stream" in self.refused:
            body.pop("stream_options", None)
        if "max_tokens" in self.refused and "max_tokens" in body:
            body["max_completion_tokens"] = body.pop("max_tokens")
        if "limit" in self.refused:  # the server takes what is left of its window
            body.pop("max_tokens", None)
            body.pop("max_completion_tokens", None)
        if "system" in self.refused:
            body["messages"] = _without_system(body["messages"])
        return self._with_format(body)

    def _with_format(self, body: dict[str, Any]) -> dict[str, Any]:
        if "response_format" not in body or "json_schema" not in self.refused:
            return body
        schema = body.pop("response_format")["json_schema"]["schema"]
        if "json_object" not in self.refused:
            body["response_format"] = {"type": "json_object"}
        order = f"Answer with one JSON object and nothing else. Its JSON schema: {json.dumps(schema)}"
        # At the end, so that the beginning stays that of the other calls for this email.
        *others, last = body["messages"]
        last = {**last, "content": f"{last['content']}\n\n{order}"}
        return {**body, "messages": [*others, last]}


def _without_system(messages: list[dict[str, str]]) -> list[dict[str, str]]:
    """Return the messages with the system's text at the beginning of the user's first one."""
    system = [each["content"] for each in messages if each["role"] == "system"]
    first, *others = [each for each in messages if each["role"] != "system"] or [
        {"role": "user", "content": ""}
    ]
    return [{**first, "content": "\n\n".join([*system, first["content"]])}, *others]


class Refusal(NamedTuple):
    """An option that a server rejects, and whether its words say so."""

    option: str
    is_named: bool = True


def is_failed_generation(fault: Fault) -> bool:
    """Return whether the model gave one bad answer: the next one may be good."""
    return bool(_FAILED_GENERATION.search(f"{fault.server_code} {fault.words}".lower()))


def refusal_in(fault: Fault, body: dict[str, Any], *, lacks_path: bool) -> Refusal | None:
    """Return the option of the sent `body` that the server seems to reject, or None.

    That is an option that the error message names. If it names none, assume that structured output is the
    reason, unless the error says that the model is unknown or the prompt too long. A failed generation says
    nothing about options. If the server's address lacks a path, an error about the address refuses it.
    """
    if fault.is_wrong_address and lacks_path:
        return Refusal("address")
    if is_failed_generation(fault) or fault.http_status is None:
        return None
    words = fault.words.lower()
    named = _named_option(fault, words, body)
    if named is not None:
        return Refusal(named)
    if fault.http_status not in _DISTRUSTED or fault.is_account or fault.is_too_long:
        return None
    if any(option in words for option in body.keys() - _NEVER_AN_OPTION):
        return None  # named, and there is no other way to ask
    if "response_format" not in body:
        is_unnamed = "stream_options" in body and _UNNAMED.search(words)
        return Refusal("stream_options", is_named=False) if is_unnamed else None
    if fault.http_status == 404 and "model" in words:
        return None
    return Refusal(str(body["response_format"]["type"]), is_named=bool(_GRAMMAR.search(words)))


def _named_option(fault: Fault, words: str, body: dict[str, Any]) -> str | None:
    has_limit = bool({"max_tokens", "max_completion_tokens"} & body.keys())
    if fault.is_too_long:
        # The limit counts too: the prompt may fit without it.
        return "limit" if has_limit and _COUNTS_LIMIT.search(words) else None
    if has_limit and fault.http_status in {400, 422, 500} and _LIMIT_TOO_LARGE.search(words):
        return "limit"
    has_system = any(each["role"] == "system" for each in body["messages"])
    if has_system and _NO_SYSTEM.search(words):
        return "system"
    if fault.http_status in {403, 415, 500} and "response_format" in body and _GRAMMAR.search(words):
        return str(body["response_format"]["type"])
    if fault.http_status not in _DISTRUSTED or fault.is_account:
        return None
    for option in sorted(body.keys() - _NEVER_AN_OPTION, key=len, reverse=True):
        if re.search(rf"\b{re.escape(option)}\b", words):
            return "limit" if option == "max_completion_tokens" else option
    if "max_completion_tokens" in body and "max_tokens" in words:
        return "limit"  # the other name did not help
    return "stream" if body.get("stream") and _NO_STREAM.search(words) else None
