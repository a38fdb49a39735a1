"""The interface between the graph's actions and a model, and the record of each call.

It does not depend on a vendor, an SDK or Django. Errors are subclasses of `errors.ModelError`.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

Purpose = str  # what a model is called for; one that has no model of its own gets that of "draft"
Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class Message:
    role: Role
    content: str


class Replacement(str):
    """A piece of a reply that replaces all pieces before it: they were the model's thinking."""

    __slots__ = ()


def joined(text: str, piece: str) -> str:
    """Return the text of a reply with its next piece."""
    return str(piece) if isinstance(piece, Replacement) else text + piece


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call to a model, successful or not. Times are in seconds; tokens are the server's count."""

    purpose: Purpose
    provider: str
    model: str
    messages: list[dict[str, str]]
    parameters: dict[str, Any] = field(default_factory=dict)
    reply: str = ""
    tokens_in: int | None = None
    tokens_out: int | None = None
    time_to_first_token: float | None = None
    duration: float = 0.0
    attempts: int = 1
    error_code: str = ""
    error_message: str = ""
    prompt_version: str = ""  # of the words of the messages; set by the engine


class Model(Protocol):
    """One run's access to a model; bound to the graph's actions."""

    @property
    def is_demonstration(self) -> bool:
        """Whether the model is too weak to be trusted with facts, so that it gets simpler prompts."""
        ...

    async def structured(self, purpose: Purpose, messages: list[Message], schema: dict[str, Any]) -> Any:
        """Return the answer to an order for JSON that matches the schema (an object schema with a `title`).

        Not every server enforces it, so the answer may be any JSON object or list, or a text without one.
        """
        ...

    def stream(self, purpose: Purpose, messages: list[Message]) -> AsyncGenerator[str, None]:
        """Yield the reply's text in pieces. Raise `ModelError` if it is refused, empty or cut off.

        A `Replacement` replaces all pieces before it. Use the generator in `contextlib.aclosing`: closing it
        ends the call at the model's server.
        """
        ...


class ModelOfRun:
    """A model that delegates to the session of the current task, so that all runs can share one graph."""

    def __init__(self) -> None:
        self._session: ContextVar[Model] = ContextVar("session")

    def enter(self, session: Model) -> None:
        """Set the session for the calling task and everything it awaits."""
        self._session.set(session)

    @property
    def is_demonstration(self) -> bool:
        return self._session.get().is_demonstration

    async def structured(self, purpose: Purpose, messages: list[Message], schema: dict[str, Any]) -> Any:
        return await self._session.get().structured(purpose, messages, schema)

    def stream(self, purpose: Purpose, messages: list[Message]) -> AsyncGenerator[str, None]:
        return self._session.get().stream(purpose, messages)


class ModelClient(Protocol):
    """One per process: holds the connections and creates a `Model` for each run."""

    provider: str
    is_demonstration: bool

    def session(self, record: Callable[[Call], None]) -> Model:
        """Return a `Model` that passes each finished call to `record`, also failed and cancelled ones."""
        ...

    async def aclose(self) -> None: ...
