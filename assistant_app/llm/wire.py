"""Reads the chat completion protocol as plain dictionaries: stream events and complete answers.

No SDK objects: creating one per chunk takes longer than everything else in a call.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from assistant_app.errors import ModelFailed
from assistant_app.llm.faults import shorten

MAX_ANSWER_BYTES = 16 * 1024 * 1024  # a broken server must not fill the memory
_SURROGATES = re.compile("[\ud800-\udfff]")
_OPENING = re.compile(r"[{\[]")
_LAST_COMMA = re.compile(r",(\s*[}\]])")
_THINKING = re.compile(r"<think>.*?(</think>|\Z)", re.DOTALL)


class Garbage(ValueError):
    """The data does not follow the protocol."""


@dataclass(slots=True)
class Reply:
    """The part of an answer that has arrived so far."""

    pieces: list[str] = field(default_factory=list)
    refusal: str = ""
    finish_reason: str = ""
    tokens_in: int | None = None
    tokens_out: int | None = None
    is_done: bool = False  # the end marker was read; ignore the rest

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    def take(self, event: dict[str, Any]) -> str:
        """Add one stream event or a complete answer; return the text that it adds."""
        try:
            return self._take(event)
        except (AttributeError, KeyError, TypeError) as error:
            raise Garbage(str(error)) from error

    def _take(self, event: dict[str, Any]) -> str:
        if usage := event.get("usage"):
            self.tokens_in = usage.get("prompt_tokens")
            self.tokens_out = usage.get("completion_tokens")
        choices = event.get("choices")
        if choices is None:
            raise Garbage("no choices")
        if not choices:
            return ""
        choice = choices[0]
        self.finish_reason = choice.get("finish_reason") or self.finish_reason
        delta = choice.get("delta") or choice.get("message") or {}
        if refusal := delta.get("refusal"):
            self.refusal += clean(refusal)
        text = clean(delta.get("content") or "")
        if text:
            self.pieces.append(text)
        return text

    def check(self) -> None:
        """Raise `ModelFailed` unless the answer is complete."""
        if self.refusal:
            raise ModelFailed(f'The model refused (its words: "{shorten(self.refusal)}").')
        if self.finish_reason == "content_filter":
            raise ModelFailed("The model's server held the answer back (content filter).")
        if self.finish_reason == "length":
            raise ModelFailed("The answer was cut off: it was longer than the model may write.")
        if not self.finish_reason:
            raise ModelFailed("The answer was cut off: the model's server ended it in the middle.")
        if not self.text.strip():
            raise ModelFailed("The model gave an empty answer.")


class EventReader:
    """Parses the bytes of an event stream, split at any place, into events."""

    def __init__(self) -> None:
        self._rest = b""
        self._received = 0

    def feed(self, data: bytes) -> list[dict[str, Any] | None]:
        """Return the newly complete events; None stands for the end marker."""
        self._received += len(data)
        check_size(self._received)
        *lines, self._rest = (self._rest + data).split(b"\n")
        # Ignore comments (pings), event names and ids. Each event is one line of data.
        return [_event(line[5:].strip()) for line in lines if line.startswith(b"data:")]

    def finish(self) -> list[dict[str, Any] | None]:
        """Return the event in a last line without a line end."""
        return self.feed(b"\n")


def check_size(received: int) -> None:
    """Raise `Garbage` if an answer is larger than `MAX_ANSWER_BYTES`."""
    if received > MAX_ANSWER_BYTES:
        raise Garbage("too much")


def _event(data: bytes) -> dict[str, Any] | None:
    return None if data == b"[DONE]" else parse_object(data)


def parse_object(data: bytes | str) -> dict[str, Any]:
    """Return the JSON object in the data, or raise `Garbage`."""
    try:
        # Decode here: `json` would first detect the encoding of bytes.
        value = json.loads(data if isinstance(data, str) else data.decode("utf-8-sig", "surrogatepass"))
    except (ValueError, RecursionError) as error:
        raise Garbage(str(error)) from error
    if not isinstance(value, dict):
        raise Garbage("not an object")
    return value


def find_value(text: str) -> dict[str, Any] | list[Any]:
    """Return the first JSON object, or list of objects or texts, in a model's text.

    It may be bare, in a code fence, or with text around it, and may have a comma behind the last item.
    """
    text = _LAST_COMMA.sub(r"\1", _THINKING.sub("", text))
    decoder = json.JSONDecoder(strict=False)  # models write line ends into texts
    start = 0
    while found := _OPENING.search(text, start):
        start = found.start() + 1
        try:
            value, _ = decoder.raw_decode(text, found.start())
        except RecursionError as error:
            raise Garbage("nested too deep") from error
        except ValueError:
            continue
        if isinstance(value, dict) or any(isinstance(item, dict | str) for item in value):
            return value
    raise Garbage("no object")


def clean(text: str) -> str:
    """Remove NUL and replace lone surrogates: PostgreSQL rejects both."""
    return _SURROGATES.sub("\ufffd", text.replace("\x00", ""))


def clean_value(value: Any) -> Any:
    """Apply `clean` to all strings in a JSON value."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [clean_value(item) for item in value]
    if isinstance(value, dict):
        return {clean(key): clean_value(item) for key, item in value.items()}
    return value
