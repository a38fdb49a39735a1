"""Helpers for tests of the model client: a client with its recorded calls, and complete calls."""

import asyncio
from contextlib import aclosing

from assistant_app.llm.base import Message
from assistant_app.llm.client import OpenAIClient
from assistant_app.llm.config import ModelConfig

MESSAGES = [Message("system", "You write emails."), Message("user", "Say yes.")]
SCHEMA = {
    "title": "clarifying_questions",
    "type": "object",
    "properties": {"questions": {"type": "array", "items": {"type": "string"}}},
    "required": ["questions"],
    "additionalProperties": False,
}
KEY = "sk-very-secret"


class Caller:
    """A client for one test, with the calls that it recorded."""

    def __init__(self, base_url, **options):
        models = {"questions": "small", "draft": "large"}
        defaults = {"api_key": KEY, "models": models, "retry_pause": 0.001, "timeout": 30}
        self.config = ModelConfig(base_url=base_url, **{**defaults, **options})
        self.calls = []

    def run(self, work):
        """Run `work(client, session)` in a new event loop and return its result."""

        async def main():
            client = self.make_client()
            try:
                return await work(client, client.session(self.calls.append))
            finally:
                await client.aclose()

        return asyncio.run(main())

    def make_client(self):
        return OpenAIClient(self.config)

    def write(self):
        return self.run(lambda client, session: write(session))

    def ask(self):
        return self.run(lambda client, session: ask(session))


async def write(session):
    async with aclosing(session.stream("draft", MESSAGES)) as texts:
        return [text async for text in texts]


async def ask(session):
    return await session.structured("questions", MESSAGES, SCHEMA)
