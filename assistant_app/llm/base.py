"""What a graph's action may ask of a model, and what is remembered of each call.

Nothing here knows a vendor, an SDK or Django. Errors are the `ModelError` family of `errors`.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

Purpose = Literal["questions", "draft"]
Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class Message:
    role: Role
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call to a model, failed ones included. Times are in seconds, tokens as the server counts."""

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


class Model(Protocol):
    """One run's access to the model; bound into the graph's actions."""

    @property
    def is_demonstration(self) -> bool:
        """Whether it is too weak to be trusted with facts; it has prompts of its own."""
        ...

    async def structured(
        self, purpose: Purpose, messages: list[Message], schema: dict[str, Any]
    ) -> dict[str, Any]:
        """Return an object that follows the JSON schema (an object schema with a `title`)."""
        ...

    def stream(self, purpose: Purpose, messages: list[Message]) -> AsyncGenerator[str, None]:
        """Yield the reply's text in pieces; raise `ModelError` if it is refused, empty or cut off.

        Hold it in `contextlib.aclosing`: closing it ends the call at the model's server.
        """
        ...


class ModelOfRun:
    """Stands for the model of whichever run asks, so that one graph serves all runs of a process."""

    def __init__(self) -> None:
        self._session: ContextVar[Model] = ContextVar("session")

    def enter(self, session: Model) -> None:
        """Let the task that calls this, and what it awaits, have that session."""
        self._session.set(session)

    @property
    def is_demonstration(self) -> bool:
        return self._session.get().is_demonstration

    async def structured(
        self, purpose: Purpose, messages: list[Message], schema: dict[str, Any]
    ) -> dict[str, Any]:
        return await self._session.get().structured(purpose, messages, schema)

    def stream(self, purpose: Purpose, messages: list[Message]) -> AsyncGenerator[str, None]:
        return self._session.get().stream(purpose, messages)


class ModelClient(Protocol):
    """One per process: holds the connections, hands out a `Model` for each run."""

    provider: str
    is_demonstration: bool

    def session(self, record: Callable[[Call], None]) -> Model:
        """Return a `Model` that reports each finished call, failed and cancelled ones too."""
        ...

    async def aclose(self) -> None: ...
