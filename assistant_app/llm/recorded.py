"""A model that replays a recorded run, for the sample email: it needs no server and costs nothing."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import asdict
from typing import Any

from assistant_app.llm.base import Call, Message, Purpose

PROVIDER = MODEL = "sample"


class RecordedClient:
    """Ask the recorded questions and write the recorded draft, whatever the prompt is."""

    provider = PROVIDER
    is_demonstration = False

    def __init__(self, questions: Sequence[dict[str, Any]], draft: str) -> None:
        self.questions, self.draft = list(questions), draft

    def session(self, record: Callable[[Call], None]) -> _Session:
        return _Session(self, record)

    async def aclose(self) -> None:
        """Do nothing: there is nothing to close."""


class _Session:
    is_demonstration = False

    def __init__(self, client: RecordedClient, record: Callable[[Call], None]) -> None:
        self._client, self._record = client, record

    async def structured(self, purpose: Purpose, messages: list[Message], schema: dict[str, Any]) -> Any:
        self._made(purpose, messages, "\n".join(each["question"] for each in self._client.questions))
        return {"questions": self._client.questions}

    async def stream(self, purpose: Purpose, messages: list[Message]) -> AsyncGenerator[str, None]:
        self._made(purpose, messages, self._client.draft)
        yield f"<reply>{self._client.draft}</reply>"

    def _made(self, purpose: Purpose, messages: list[Message], reply: str) -> None:
        asked = [asdict(message) for message in messages]
        self._record(Call(purpose=purpose, provider=PROVIDER, model=MODEL, messages=asked, reply=reply))
