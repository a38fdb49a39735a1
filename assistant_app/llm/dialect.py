"""Options that a server rejects: detected at the first call, remembered per process."""

from __future__ import annotations

import json
from typing import Any

from assistant_app.llm.faults import CONTEXT_CODES, Fault

_DISTRUSTED = {400, 404, 422, 501}
_NEVER_AN_OPTION = {"model", "messages", "stream", "response_format"}


class Dialect:
    """The options that one model of one server rejects."""

    def __init__(self, refused: frozenset[str] = frozenset()) -> None:
        self.refused = refused

    def without(self, option: str) -> Dialect:
        return Dialect(self.refused | {option})

    def speak(self, body: dict[str, Any]) -> dict[str, Any]:
        """Return the request body in a form that this server accepts."""
        body = {name: value for name, value in body.items() if name not in self.refused - {"max_tokens"}}
        if "max_tokens" in self.refused and "max_tokens" in body:
            body["max_completion_tokens"] = body.pop("max_tokens")
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


def refused_option(fault: Fault, body: dict[str, Any]) -> str | None:
    """Return the option of the sent `body` that the server seems to reject, or None.

    That is an option that the error message names. If it names none, assume that structured output is the
    reason, unless the error says that the model is unknown or the prompt too long.
    """
    if fault.http_status not in _DISTRUSTED or fault.server_code in CONTEXT_CODES:
        return None
    words = fault.words.lower()
    for option in body.keys() - _NEVER_AN_OPTION:
        if option in words:
            return None if option == "max_completion_tokens" else option
    if "response_format" not in body or (fault.http_status == 404 and "model" in words):
        return None
    return str(body["response_format"]["type"])
