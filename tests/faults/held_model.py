"""A model whose calls all wait until the test answers them."""

import asyncio
from dataclasses import dataclass, field

from assistant_app.llm.scripted import ScriptedClient, _Session


@dataclass(eq=False)
class Call:
    """One call under way. An answer is a tuple of questions, a draft, or an error."""

    purpose: str
    loop: asyncio.AbstractEventLoop
    answered: asyncio.Future = field(init=False)

    def __post_init__(self):
        self.answered = self.loop.create_future()

    def answer(self, answer):
        self.loop.call_soon_threadsafe(self._set, answer)

    def _set(self, answer):
        if not self.answered.done():
            self.answered.set_result(answer)


class HeldModel(ScriptedClient):
    """Holds all calls. `take` returns each call once."""

    def __init__(self):
        super().__init__()
        self._waiting = []

    def session(self, record):
        return _HeldSession(self, record)

    def take(self):
        return self._waiting.pop() if self._waiting else None

    async def hold(self, purpose):
        call = Call(purpose, asyncio.get_running_loop())
        self._waiting.append(call)
        try:
            answer = await call.answered
        finally:
            if call in self._waiting:
                self._waiting.remove(call)
        if isinstance(answer, Exception):
            raise answer
        return answer


class _HeldSession(_Session):
    async def structured(self, purpose, messages, schema):
        with self._recorded(purpose, messages) as said:
            said.extend(await self._client.hold(purpose))
            return {"questions": list(said)}

    async def stream(self, purpose, messages):
        with self._recorded(purpose, messages) as said:
            for piece in (await self._client.hold(purpose)).partition(" "):
                said.append(piece)
                yield piece
