"""Options that a server rejects: detected at the first call, remembered per process."""

from __future__ import annotations

import json
import re
from typing import Any

from assistant_app.llm.faults import Fault

_DISTRUSTED = {400, 404, 422, 501}
_NEVER_AN_OPTION = {"model", "messages", "stream", "response_format"}
FAILED_GENERATIONS = {"json_validate_failed"}  # Groq; one bad answer, not an option
_COUNTS_LIMIT = re.compile(r"in the completion|output tokens|completion tokens|max_(?:completion_)?tokens")
_LIMIT_TOO_LARGE = re.compile(
    r"max_(?:completion_)?tokens.{0,60}(?:too large|at most|less than|maximum|exceed)"
)
_NO_SYSTEM = re.compile(
    r"system (?:role|message|prompt|instruction)s?\b.{0,60}\bnot\b|developer instruction is not enabled"
    r"|roles must alternate|does not support .{0,30}\bsystem\b|only user and assistant roles"
    r"|'system' with this model|unknown role:? .?system"
)
_GRAMMAR = re.compile(r"grammar|json_schema|response_format|schema")
_NO_STREAM = re.compile(
    r"verified to stream|\bstream(?:ing)?\b.{0,60}\bnot (?:supported|allowed|available)|\(stream\)"
)
_UNNAMED = re.compile(
    r"invalid request body|extra (?:inputs|fields)|unrecognized|unknown (?:field|parameter|argument)"
)


class Dialect:
    """The options that one model of one server rejects."""

    def __init__(self, refused: frozenset[str] = frozenset()) -> None:
        self.refused = refused

    def without(self, option: str) -> Dialect:
        return Dialect(self.refused | {option})

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


def refused_option(fault: Fault, body: dict[str, Any]) -> str | None:
    """Return the option of the sent `body` that the server seems to reject, or None.

    That is an option that the error message names. If it names none, assume that structured output is the
    reason, unless the error says that the model is unknown or the prompt too long. A failed generation says
    nothing about options.
    """
    words = fault.words.lower()
    if fault.server_code in FAILED_GENERATIONS or fault.http_status is None:
        return None
    has_limit = bool({"max_tokens", "max_completion_tokens"} & body.keys())
    if fault.is_too_long:
        # The limit counts too: the prompt may fit without it.
        return "limit" if has_limit and _COUNTS_LIMIT.search(words) else None
    if has_limit and fault.http_status == 400 and _LIMIT_TOO_LARGE.search(words):
        return "limit"
    has_system = any(each["role"] == "system" for each in body["messages"])
    if has_system and _NO_SYSTEM.search(words):
        return "system"
    if fault.http_status == 500 and "response_format" in body and _GRAMMAR.search(words):
        return str(body["response_format"]["type"])
    if fault.http_status not in _DISTRUSTED or fault.is_account:
        return None
    for option in sorted(body.keys() - _NEVER_AN_OPTION, key=len, reverse=True):
        if option in words:
            return None if option == "max_completion_tokens" else option
    if body.get("stream") and _NO_STREAM.search(words):
        return "stream"
    if "response_format" not in body or (fault.http_status == 404 and "model" in words):
        return "stream_options" if "stream_options" in body and _UNNAMED.search(words) else None
    return str(body["response_format"]["type"])
