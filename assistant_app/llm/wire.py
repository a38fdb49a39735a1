"""Reads the chat completion protocol as plain dictionaries: stream events and complete answers.

No SDK objects: creating one per chunk takes longer than everything else in a call.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from assistant_app.errors import ModelFailed, ModelUnavailable
from assistant_app.llm import faults
from assistant_app.llm.base import Replacement
from assistant_app.llm.faults import shorten
from assistant_app.llm.thinking import ThinkingFilter
from assistant_app.phrases import gettext_noop, sentences

MAX_ANSWER_BYTES = 16 * 1024 * 1024  # a broken server must not fill the memory
_SCAN: Callable[[str, int], tuple[Any, int]] = json.JSONDecoder().scan_once  # type: ignore[attr-defined]
_SURROGATES = re.compile("[\ud800-\udfff]")
_OPENING = re.compile(r"[{\[]")
_LAST_COMMA = re.compile(r",(\s*[}\]])")
NOTHING_BUT_THINKING = gettext_noop(
    "The model sent only its thinking, and no answer. Turn the reasoning parser of its server off, raise "
    "MODEL_MAX_TOKENS, or take another model."
)


class Garbage(ValueError):
    """The data does not follow the protocol."""


class Complaint(Garbage):
    """An error within an answer; `body` is what the server said."""

    def __init__(self, body: dict[str, Any]) -> None:
        super().__init__("an error")
        self.body = body


# How servers say that an answer is whole. Only these make a draft.
GOOD_ENDINGS = {
    "stop",
    "eos",
    "eos_token",
    "stop_token",
    "end_turn",
    "stop_sequence",
    "complete",
    "completed",
    *("done", "finish", "finished", "normal"),
}
NO_ENDINGS = (None, "", "null", "none", "None")  # while the answer goes on
LENGTH_ENDINGS = {"length", "max_tokens", "model_length", "max_output_tokens", "max_length", "max_new_tokens"}
FILTER_ENDINGS = {
    *("content_filter", "content_filtered", "safety", "recitation", "refusal", "prohibited_content", "spii"),
    *("blocklist", "language", "image_safety", "guardrail_intervened", "sensitive"),
}
BUSY_ENDINGS = {"insufficient_system_resource", "overloaded", "abort", "aborted", "cancelled", "canceled"}
_LARGEST_COUNT = 2**31 - 1  # what the database stores
_REPEATED = 16  # characters from which a repetition of the whole text is no coincidence


@dataclass(slots=True)
class Reply:
    """The part of an answer that has arrived so far."""

    pieces: list[str] = field(default_factory=list)  # as they came, with thinking
    said: list[str] = field(default_factory=list)  # the answer in them
    reasoning: list[str] = field(default_factory=list)  # in a field of its own
    arguments: list[str] = field(default_factory=list)  # of a tool that the model called
    refusal: str = ""
    finish_reason: str = ""
    endings: int = 0  # pieces of text that came with a finish reason
    tokens_in: int | None = None
    tokens_read: int | None = None  # at most: some servers count cached tokens only beside the others
    tokens_out: int | None = None
    tokens_of_thinking: int | None = None
    has_choices: bool = False
    index: Any = None  # of the choice that is read; others are alternatives to it
    stray: dict[str, Any] = field(default_factory=dict)  # an event without a choice
    is_done: bool = False  # the end marker was read, or the whole body; ignore the rest
    filter: ThinkingFilter = field(default_factory=ThinkingFilter)
    deltas: Deltas = field(init=False)

    def __post_init__(self) -> None:
        self.deltas = Deltas(self.pieces)

    @property
    def text(self) -> str:
        """Everything that the model wrote, with thinking."""
        return "".join(self.pieces)

    @property
    def answer(self) -> str:
        """The answer without thinking."""
        return "".join(self.said)

    @property
    def structured(self) -> str:
        """The text in which to look for a structured answer."""
        return self.answer if self.answer.strip() else "".join(self.arguments or self.reasoning)

    @property
    def is_complete(self) -> bool:
        """Whether the answer is whole, although its stream may not have ended in order.

        Some servers send a finish reason with every piece, which then says nothing.
        """
        is_ended = self.is_done or bool(self.finish_reason and self.endings < 2)
        return is_ended and (self.has_choices or not self.stray)

    def take(self, event: dict[str, Any] | None) -> str:
        """Add one stream event or a complete answer, or None for the end marker.

        Return the text of the answer that it adds. Raise `Complaint` if it is an error.
        """
        if event is None:
            self.is_done = True
            return ""
        choice = first_choice(event)
        if (choice is None or "error" in event) and faults.is_error(event):
            raise Complaint(event)
        if usage := event.get("usage"):
            self._count(usage)
        if choice is None:
            self.stray = self.stray or event
            return ""
        if not self.has_choices:
            self.has_choices, self.index = True, choice.get("index", 0)
        elif choice.get("index", self.index) != self.index:
            if choice["index"] != 0:
                return ""
            said = self.said
            self._read_first_choice()
            return Replacement(self.take(event)) if said else self.take(event)
        delta = choice.get("delta")
        if isinstance(delta, dict) and choice.get("finish_reason") is None and "error" not in choice:
            content = delta.get("content")
            is_alone = len(delta) == 1 or (len(delta) == 2 and "role" in delta)
            if is_alone and content and isinstance(content, str):  # nearly every event
                text = clean(content)
                if self.finish_reason or not self.deltas.are_ordinary:
                    text = self.deltas.new_in(text, is_last=bool(self.finish_reason))
                return self._say(text)
        return self._take_rare(choice)

    def _read_first_choice(self) -> None:
        """Drop the alternative that came before the first choice."""
        self.index, self.finish_reason, self.endings, self.refusal = 0, "", 0, ""
        self.pieces, self.said, self.reasoning, self.arguments = [], [], [], []
        self.filter, self.deltas = ThinkingFilter(), Deltas(self.pieces)

    def _take_rare(self, choice: dict[str, Any]) -> str:
        """Add a choice with more than a piece of text."""
        if error := choice.get("error"):
            raise Complaint({"error": error})
        delta, message = as_dict(choice.get("delta")), as_dict(choice.get("message"))
        source = delta or message
        if refusal := text_of(source.get("refusal")):
            self.refusal += clean(refusal)
        for name in ("reasoning_content", "reasoning", "thinking"):
            if thought := text_of(source.get(name)):
                self.reasoning.append(clean(thought))
                break
        self.arguments += map(clean, _arguments_in(source))
        content = source.get("content") or as_dict(source.get("parsed"))
        if isinstance(content, dict) and content and not content.keys() & {"text", "content", "type"}:
            content = json.dumps(content)  # a structured answer that was parsed already
        text = clean(content if isinstance(content, str) else text_of(content))
        if not text and not source and "text" in choice:
            text = clean(text_of(choice["text"]))
        ending = choice.get("finish_reason")
        if ending not in NO_ENDINGS:
            self.finish_reason = str(ending)
            self.endings += bool(text)
        is_last = bool(message and not delta) or bool(self.finish_reason)
        return self._say(self.deltas.new_in(text, is_last=is_last)) if text else ""

    def finish(self) -> str:
        """Return the rest of the answer, which was held back until it was clear that nothing follows.

        Raise `Garbage` if there was no answer: a `Complaint` if there were words of another kind.
        """
        if not self.has_choices and not self.is_complete:
            raise Complaint(self.stray) if faults.error_words(self.stray)[0] else Garbage("no choices")
        said = self._say(self.deltas.finish())
        self.said.append(rest := self.filter.finish())
        return type(said)(said + rest)

    def _say(self, text: str) -> str:
        if not text:
            return ""
        self.pieces.append(text)
        said = self.filter.feed(text)
        if self.filter.began_anew:
            self.said.clear()
            said = Replacement(said)
        if said:
            self.said.append(said)
        return said

    def _count(self, usage: Any) -> None:
        if not isinstance(usage, dict):
            return
        self.tokens_in = count(usage.get("prompt_tokens"))
        cached = count(as_dict(usage.get("prompt_tokens_details")).get("cached_tokens")) or 0
        self.tokens_read = None if self.tokens_in is None else self.tokens_in + cached
        self.tokens_out = count(usage.get("completion_tokens"))
        details = as_dict(usage.get("completion_tokens_details"))
        self.tokens_of_thinking = count(details.get("reasoning_tokens"))

    def check(self, *, is_structured: bool = False) -> None:
        """Raise `ModelError` unless the answer is complete.

        A structured one may also be in the arguments of a tool, or where the thinking should be.
        """
        ending = re.sub(r"^finish_reason_", "", self.finish_reason.strip().lower())
        shown = shorten(clean(self.finish_reason))
        if self.refusal:
            said = shorten(self.refusal)
            raise ModelFailed(gettext_noop('The model refused (it said: "%(said)s").', said=said))
        if ending in FILTER_ENDINGS:
            raise ModelFailed(
                gettext_noop(
                    "The model's server held the answer back (content filter: %(ending)s).", ending=shown
                )
            )
        if ending in LENGTH_ENDINGS:
            raise ModelFailed(self._why_cut_off())
        if ending in BUSY_ENDINGS:
            raise ModelUnavailable(
                gettext_noop(
                    "The model's server gave up in the middle of the answer (%(ending)s).", ending=shown
                )
            )
        if not ending and not self.is_done:
            raise ModelFailed(
                gettext_noop("The answer was cut off: the model's server ended it in the middle.")
            )
        is_tool_call = is_structured and ending in {"tool_calls", "function_call"} and bool(self.arguments)
        if ending and ending not in GOOD_ENDINGS and not is_tool_call:
            raise ModelFailed(
                gettext_noop(
                    'The answer did not end well: the model\'s server gave "%(ending)s" as the reason.',
                    ending=shown,
                )
            )
        if self.answer.strip() or (is_structured and (self.arguments or self.reasoning)):
            return
        has_thought = self.filter.has_thought or self.reasoning
        raise ModelFailed(
            NOTHING_BUT_THINKING if has_thought else gettext_noop("The model gave an empty answer.")
        )

    def _why_cut_off(self) -> str:
        if self.answer.strip():
            return gettext_noop(
                "The answer was cut off: it was longer than the model may write. Raise MODEL_MAX_TOKENS."
            )
        spent = self.tokens_of_thinking or self.tokens_out
        hint = gettext_noop("Raise MODEL_MAX_TOKENS, or lower MODEL_REASONING_EFFORT.")
        if not spent:
            return sentences(
                gettext_noop(
                    "The answer was cut off before it began: the model used all its tokens for thinking."
                ),
                hint,
            )
        why = gettext_noop(
            "The answer was cut off before it began: the model used all its %(tokens)s tokens for thinking.",
            tokens=spent,
        )
        return sentences(why, hint)


class Deltas:
    """Finds what each piece of a text adds to `pieces`, to which the caller appends it.

    Some servers send all text so far in each piece, and some send all of it again at the end.
    """

    def __init__(self, pieces: list[str]) -> None:
        self._pieces = pieces
        self._second = ""  # a second piece that goes on from the first; held until the third
        self.are_ordinary = False  # pieces that don't repeat one another: each is new, unless it is the last
        self._grown: str | None = None  # the latest piece, if each is the text so far

    def new_in(self, piece: str, *, is_last: bool) -> str:
        """Return what the piece adds to the text; empty while that is unclear."""
        if self.are_ordinary and not is_last:
            return piece
        if self._second:
            second, self._second = self._second, ""
            if piece.startswith(second):
                self._grown = piece
                return piece[len(self._pieces[0]) :]
            return second + piece
        if self._grown is not None and piece.startswith(self._grown):
            new, self._grown = piece[len(self._grown) :], piece
            return new
        if is_last and len(self._pieces) > 1:
            text = "".join(self._pieces)
            if len(text) >= _REPEATED and piece.startswith(text):
                return piece[len(text) :]
        if len(self._pieces) == 1 and piece.startswith(self._pieces[0]) and piece != self._pieces[0]:
            self._second = piece
            return ""
        self.are_ordinary = len(self._pieces) > 0 and self._grown is None
        return piece

    def finish(self) -> str:
        """Return what was held back."""
        second, self._second = self._second, ""
        first = len(self._pieces[0]) if second else 0
        return second[first:] if first >= _REPEATED else second


def count(value: Any) -> int | None:
    """Return a count of tokens; None if it isn't a plain count, as some servers send negative ones."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if 0 <= value <= _LARGEST_COUNT else None  # false for NaN


def as_dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def first_choice(event: dict[str, Any]) -> dict[str, Any] | None:
    """Return the choice with the lowest index in an event; None if it has none."""
    choices = event.get("choices")
    if isinstance(choices, list) and len(choices) == 1 and isinstance(choices[0], dict):  # nearly always
        return choices[0]
    if isinstance(choices, dict):
        return choices
    if "done" in event and isinstance(event.get("message"), dict):  # Ollama's own protocol
        return {"delta": event["message"], "finish_reason": event.get("done_reason")}
    found = [each for each in choices if isinstance(each, dict)] if isinstance(choices, list) else []
    return min(found, key=lambda each: count(each.get("index")) or 0, default=None)


def text_of(content: Any) -> str:
    """Return the text in a message's content, which is a text or a list of parts, some of them thinking."""
    if isinstance(content, str):
        return content
    if isinstance(content, dict):
        is_text = content.get("type") in (None, "text", "output_text")
        return text_of(content.get("text", content.get("content"))) if is_text else ""
    return "".join(map(text_of, content)) if isinstance(content, list) else ""


def _arguments_in(source: dict[str, Any]) -> list[str]:
    calls = source.get("tool_calls")
    functions = [as_dict(call).get("function") for call in calls] if isinstance(calls, list) else []
    found = [as_dict(each).get("arguments") for each in [*functions, source.get("function_call")]]
    return [each if isinstance(each, str) else json.dumps(each) for each in found if each]


class WebPage(Garbage):
    """A web page instead of an answer."""


class BodyReader:
    """Parses the bytes of an answer, split at any place: a stream of events, or JSON.

    The body decides which of them it is, as the content types of many servers are wrong.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._received = 0
        self._is_json: bool | None = None  # None until the first byte
        self._is_error = False  # the event under way has the name "error"
        self._parts: list[bytes] = []

    def feed(self, data: bytes) -> list[dict[str, Any] | None]:
        """Return the newly complete events; None stands for the end of the answer."""
        self._received += len(data)
        check_size(self._received)
        if self._is_json is None:
            data = self._rest + data
            start = data.lstrip(b"\xef\xbb\xbf \t\r\n")
            if not start:
                self._rest = data
                return []
            if start.startswith(b"<"):
                raise WebPage
            self._is_json, self._rest, data = start[:1] in b"{[", b"", start
        if self._is_json:
            self._parts.append(data)
            return []
        # A lone CR may end a line, too; JSON has none.
        data = self._rest + data
        *lines, self._rest = (data.replace(b"\r", b"\n") if b"\r" in data else data).split(b"\n")
        events: list[dict[str, Any] | None] = []
        for line in lines:
            if line.startswith(b"event:"):
                self._is_error = line[6:].strip().lower() == b"error"
            elif line:
                new = _events(line)
                events += [_as_error(each) for each in new] if self._is_error else new
        return events

    def finish(self) -> list[dict[str, Any] | None]:
        """Return the events in a last line without a line end, or in a JSON body."""
        return _whole(b"".join(self._parts)) if self._is_json else self.feed(b"\n")


def check_size(received: int) -> None:
    """Raise `Garbage` if an answer is larger than `MAX_ANSWER_BYTES`."""
    if received > MAX_ANSWER_BYTES:
        raise Garbage("too much")


def _events(line: bytes) -> list[dict[str, Any] | None]:
    """Return the event in a line, also without a name. Ignore comments, other names, and what is no JSON."""
    if line.startswith(b"error:"):  # llama.cpp
        return [{"error": parse_object(line[6:].strip())}]
    data = line.removeprefix(b"data:").strip()
    if data[:6].upper() == b"[DONE]":
        return [None]
    return [parse_object(data)] if data.startswith((b"{", b"[")) else []


def _as_error(event: dict[str, Any] | None) -> dict[str, Any] | None:
    return event if event is None or faults.is_error(event) else {"error": event}


def _whole(body: bytes) -> list[dict[str, Any] | None]:
    """Return the events in a JSON body: one answer, a list, or one event on each line."""
    decoder = json.JSONDecoder()
    text = _decoded(body)
    events: list[dict[str, Any] | None] = []
    at = 0
    while start := _OPENING.search(text, at):
        try:
            value, at = decoder.raw_decode(text, start.start())
        except (ValueError, RecursionError) as error:
            if events and text.startswith("[DONE]", start.start()):
                return [*events, None]
            raise Garbage(str(error)) from error
        events += [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, dict)]
    is_answer = len(events) == 1 and "message" in (first_choice(events[0] or {}) or {})
    return [*events, None] if is_answer else events


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8", "surrogatepass").lstrip("\ufeff")  # "utf-8-sig" takes ten times as long
    except ValueError as error:
        raise Garbage(str(error)) from error


def parse_object(data: bytes | str) -> dict[str, Any]:
    """Return the JSON object in the data, or raise `Garbage`."""
    try:
        # Decode here: `json` would first detect the encoding of bytes.
        text = data if isinstance(data, str) else _decoded(data)
        value, end = _SCAN(text, 0)  # what `json.loads` calls, after more checks than a token is worth
        if end != len(text):
            value = json.loads(text)
    except (ValueError, RecursionError, StopIteration) as error:
        raise Garbage(str(error)) from error
    if not isinstance(value, dict):
        raise Garbage("not an object")
    return value


def find_value(text: str) -> dict[str, Any] | list[Any]:
    """Return the first JSON object, or list of objects or texts, in a model's text.

    It may be bare, in a code fence, or with text around it, and may have a comma behind the last item.
    """
    if text.lstrip().startswith('"'):  # JSON in a text in JSON
        with suppress(ValueError):
            text = str(json.loads(text))
    text = _LAST_COMMA.sub(r"\1", text)
    decoder = json.JSONDecoder(strict=False)  # models write line ends into texts
    start = 0
    while found := _OPENING.search(text, start):
        start = found.start() + 1
        try:
            value, end = decoder.raw_decode(text, found.start())
        except RecursionError as error:
            raise Garbage("nested too deep") from error
        except ValueError:
            continue
        if isinstance(value, dict):
            return _with_following(value, text[end:])
        if any(isinstance(item, dict | str) for item in value):
            return value
    raise Garbage("no object")


def _with_following(value: dict[str, Any], rest: str) -> dict[str, Any] | list[Any]:
    """Return a list if more objects of the same shape follow: one on each line."""
    following: list[Any] = []
    for line in rest.strip(" ,\n").splitlines():
        try:
            following.append(json.loads(line.strip(" ,")))
        except (ValueError, RecursionError):
            return value
    is_list = following and all(isinstance(each, dict) and each.keys() == value.keys() for each in following)
    return [value, *following] if is_list else value


def clean(text: str) -> str:
    """Remove NUL and replace lone surrogates: PostgreSQL rejects both."""
    if text.isascii() and "\x00" not in text:
        return text
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
