"""A model with scripted replies, for tests: needs no key, network or clock.

It ships with the product and has the same interface as the real client: one `Call` per call, also for
failed and cancelled ones.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

from assistant_app.errors import AssistantError
from assistant_app.llm.base import Call, Message, Purpose

# A draft is its text or its pieces. A piece may also be a gate to wait at, or an error to raise.
Piece = str | BaseException | threading.Event
Draft = str | BaseException | Sequence[Piece]
Asking = Sequence[str | dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Held:
    """Questions that are not asked before the gate is open."""

    gate: threading.Event
    questions: Asking


Questions = Asking | BaseException | Held


@dataclass(slots=True)
class Asked:
    """One call, for assertions. `ended` is set when it is over, even if it failed."""

    purpose: Purpose
    messages: list[Message]
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def text(self) -> str:
        return "\n".join(message.content for message in self.messages)


class ScriptedClient:
    """Gives scripted replies in order. With none left, it asks no questions and writes `Draft N.`"""

    provider = "scripted"
    is_demonstration = False

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self._questions: deque[Questions] = deque()
        self._drafts: deque[Draft] = deque()
        self._changed = threading.Condition()

    def will_ask(self, *questions: str, reasons: Sequence[str] = ()) -> None:
        """Answer the next call for questions with these, each with its reason if `reasons` is given."""
        explained = zip(questions, reasons, strict=True) if reasons else ()
        self._questions.append([{"question": one, "reason": why} for one, why in explained] or questions)

    def will_say_instead_of_asking(self, text: str) -> None:
        """Answer the next call for questions with a text that is no JSON."""
        self._questions.append(text)

    def will_fail_to_ask(self, error: BaseException) -> None:
        self._questions.append(error)

    def will_wait_to_ask(self, *questions: str | dict[str, Any]) -> threading.Event:
        """Block the next call for questions until the returned event is set; it then asks these, or none."""
        gate = threading.Event()
        self._questions.append(Held(gate, questions))
        return gate

    def will_write(self, draft: Draft) -> None:
        """Answer the next call for a draft with this text, these pieces or this error."""
        self._drafts.append(draft)

    def will_wait_to_write(self, before: str = "", after: str = "A draft.") -> threading.Event:
        """Block the next draft between the two pieces until the returned event is set."""
        gate = threading.Event()
        self._drafts.append([f"<reply>{before}", gate, after])
        return gate

    def calls_for(self, purpose: Purpose) -> list[Asked]:
        return [asked for asked in self.asked if asked.purpose == purpose]

    def wait_until_asked(self, purpose: Purpose, times: int = 1, deadline: float = 30) -> Asked:
        """Wait in a test's thread for a call. Raise `TimeoutError` after `deadline` seconds."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.calls_for(purpose)) >= times, deadline):
                raise TimeoutError(f"The model was not asked for {purpose} {times} times.")
            return self.calls_for(purpose)[times - 1]

    def session(self, record: Callable[[Call], None]) -> _Session:
        return _Session(self, record)

    async def aclose(self) -> None:
        """Do nothing: there is nothing to close."""

    def _next_questions(self) -> Questions:
        return self._questions.popleft() if self._questions else ()

    def _next_draft(self) -> Draft:
        return self._drafts.popleft() if self._drafts else f"Draft {len(self.calls_for('draft'))}."

    def _note(self, asked: Asked) -> None:
        with self._changed:
            self.asked.append(asked)
            self._changed.notify_all()


class _Session:
    def __init__(self, client: ScriptedClient, record: Callable[[Call], None]) -> None:
        self._client, self._record = client, record
        self.is_demonstration = client.is_demonstration

    async def structured(self, purpose: Purpose, messages: list[Message], schema: dict[str, Any]) -> Any:
        with self._recorded(purpose, messages) as said:
            questions = self._client._next_questions()
            if isinstance(questions, Held):
                await _wait_at(questions.gate)
                questions = questions.questions
            if isinstance(questions, BaseException):
                raise questions
            if isinstance(questions, str):
                said.append(questions)
                return questions
            said.extend(map(str, questions))
            return {"questions": list(questions)}

    async def stream(self, purpose: Purpose, messages: list[Message]) -> AsyncGenerator[str, None]:
        with self._recorded(purpose, messages) as said:
            for piece in _pieces(self._client._next_draft()):
                if isinstance(piece, threading.Event):
                    await _wait_at(piece)
                elif isinstance(piece, BaseException):
                    raise piece
                else:
                    said.append(piece)
                    yield piece
                    await asyncio.sleep(0)

    @contextmanager
    def _recorded(self, purpose: Purpose, messages: list[Message]) -> Iterator[list[str]]:
        """Keep the call for the test and record it for the product, even if it fails."""
        asked, said, began = Asked(purpose, messages), list[str](), time.monotonic()
        self._client._note(asked)
        code = message = ""
        try:
            yield said
        except AssistantError as problem:
            code, message = problem.code, problem.message
            raise
        except BaseException:
            code, message = "cancelled", "It was stopped."
            raise
        finally:
            self._record(
                Call(
                    purpose=purpose,
                    provider=self._client.provider,
                    model="scripted-1",
                    messages=[asdict(each) for each in messages],
                    reply="".join(said),
                    tokens_in=sum(len(each.content.split()) for each in messages),
                    tokens_out=len(said),
                    duration=time.monotonic() - began,
                    error_code=code,
                    error_message=message,
                )
            )
            asked.ended.set()


def _pieces(draft: Draft) -> Sequence[Piece]:
    return [draft] if isinstance(draft, str | BaseException) else draft


async def _wait_at(gate: threading.Event) -> None:
    while not gate.is_set():  # noqa: ASYNC110  (set by a test in another thread)
        await asyncio.sleep(0.005)
