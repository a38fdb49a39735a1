"""Several model servers in an order: the next one is asked when the one before it gives no answer."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing
from typing import Any

from assistant_app.errors import ModelError, ModelTimeout, ModelUnavailable
from assistant_app.llm.base import Call, Message, Model, ModelClient, Purpose
from assistant_app.phrases import gettext_noop, sentences

AWAY_SECONDS = 60.0  # for which a server that could not answer is asked last


class FallbackClient:
    """Asks the first of its clients, and after a failure the next one. Each call is recorded."""

    def __init__(self, clients: Sequence[ModelClient]) -> None:
        self.clients = clients
        self.provider = clients[0].provider
        self.is_demonstration = clients[0].is_demonstration
        self._away_until = [0.0] * len(clients)

    def session(self, record: Callable[[Call], None]) -> Model:
        return _Session(self, [client.session(record) for client in self.clients])

    def order(self) -> list[int]:
        """Return the clients in the order in which to ask them: those that were away come last."""
        now = time.monotonic()
        return sorted(range(len(self.clients)), key=lambda each: self._away_until[each] > now)

    def failed(self, client: int, error: ModelError) -> None:
        if isinstance(error, ModelUnavailable | ModelTimeout):
            self._away_until[client] = time.monotonic() + AWAY_SECONDS

    async def aclose(self) -> None:
        for client in self.clients:
            await client.aclose()


class _Session:
    """One run's access to the clients."""

    def __init__(self, client: FallbackClient, sessions: list[Model]) -> None:
        self._client = client
        self._sessions = sessions
        self.is_demonstration = client.is_demonstration

    async def structured(self, purpose: Purpose, messages: list[Message], schema: dict[str, Any]) -> Any:
        tries = _Tries(self._client)
        for each in tries:
            try:
                return await self._sessions[each].structured(purpose, messages, schema)
            except ModelError as error:
                tries.failed(error)
        raise tries.error

    async def stream(self, purpose: Purpose, messages: list[Message]) -> AsyncGenerator[str]:
        """Yield the reply's text. A server that fails within its reply is not followed by another."""
        tries = _Tries(self._client)
        for each in tries:
            has_begun = False
            try:
                async with aclosing(self._sessions[each].stream(purpose, messages)) as texts:
                    async for text in texts:
                        has_begun = True
                        yield text
                return
            except ModelError as error:
                tries.failed(error)
                if has_begun:
                    raise
        raise tries.error


class _Tries:
    """The clients that one call asks, and the errors that they gave."""

    def __init__(self, client: FallbackClient) -> None:
        self._client = client
        self._errors: dict[int, ModelError] = {}
        self._current = 0

    def __iter__(self) -> Iterator[int]:
        for each in self._client.order():
            self._current = each
            yield each

    def failed(self, error: ModelError) -> None:
        self._errors[self._current] = error
        self._client.failed(self._current, error)

    @property
    def error(self) -> ModelError:
        """The error of the first server in the configured order, with the other ones' words."""
        first, *others = [self._errors[each] for each in sorted(self._errors)]
        also = [gettext_noop("The fallback did not help: %(why)s", why=other.message) for other in others]
        error = type(first)(sentences(first.message, *also), retry_after=first.retry_after)
        error.partial = first.partial
        return error
