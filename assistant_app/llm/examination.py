"""Asks a model's server for a small answer of each kind, and says what works and what to set."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import dataclass, field, replace
from typing import Any

from assistant_app.errors import ModelError
from assistant_app.llm.base import Call, Message, Model
from assistant_app.llm.client import OpenAIClient
from assistant_app.llm.config import ModelConfig
from assistant_app.llm.dialect import DEVIATIONS
from assistant_app.llm.embedded_client import EmbeddedClient

PATIENCE = 10.0  # seconds for the list of models
MOST_LISTED = 20
RULES = Message("system", "You answer in as few words as possible.")
QUESTION = Message("user", 'Answer with this JSON and nothing else: {"questions": []}')
ORDER = Message("user", "Write: It works.")
SCHEMA: dict[str, Any] = {
    "title": "clarifying_questions",
    "type": "object",
    "properties": {"questions": {"type": "array", "items": {"type": "string"}}},
    "required": ["questions"],
    "additionalProperties": False,
}


@dataclass
class Finding:
    """What one server said: lines for people, and whether all calls were answered."""

    server: str
    lines: list[str] = field(default_factory=list)
    is_good: bool = True


async def examine(config: ModelConfig) -> AsyncGenerator[Finding]:
    """Yield a finding for the server of a configuration, and one for each of its fallbacks."""
    for each in (config, *config.fallbacks):
        yield await _examine_one(replace(each, fallbacks=(), retries=0))


async def _examine_one(config: ModelConfig) -> Finding:
    client = EmbeddedClient(config) if config.embedded else OpenAIClient(config)
    finding = Finding("the embedded model" if config.embedded else config.server)
    calls: list[Call] = []
    session = client.session(calls.append)
    try:
        for purpose, work in (("questions", _ask), ("draft", _write)):
            began = time.monotonic()
            try:
                await work(session)
                finding.lines.append(f"{purpose}: {_good(calls[-1], time.monotonic() - began)}")
            except ModelError as error:
                finding.is_good = False
                finding.lines.append(f"{purpose}: FAILED. {error.message}")
        finding.lines += await _told(client, {call.model for call in calls}, is_good=finding.is_good)
    finally:
        await client.aclose()
    return finding


async def _ask(session: Model) -> None:
    await session.structured("questions", [RULES, QUESTION], SCHEMA)


async def _write(session: Model) -> None:
    async with aclosing(session.stream("draft", [RULES, ORDER])) as texts:
        async for _ in texts:
            pass


def _good(call: Call, seconds: float) -> str:
    counts = [
        f"{count:,} tokens {verb}"
        for count, verb in ((call.tokens_in, "read"), (call.tokens_out, "written"))
        if count is not None
    ]
    return ", ".join([f"{call.model} answered in {seconds:.1f} s", *counts])


async def _told(client: OpenAIClient, models: set[str], *, is_good: bool) -> list[str]:
    """Return what the server does otherwise, and, after a failure, which models it has."""
    refused = {option for model in models for option in (await client.dialects.of(model)).refused}
    lines = []
    for option in sorted(refused):
        what, instead = DEVIATIONS.get(option, (f"takes no {option}", "it is left out"))
        lines.append(f"The server {what}: {instead}.")
    address = client.config.address
    if "address" in refused:
        lines.append(f"Set OPENAI_BASE_URL={address.base}/v1")
    if not is_good and not client.config.embedded:
        for prefix in ("",) if address.has_path else ("", "/v1"):
            with suppress(ModelError, TimeoutError):
                async with asyncio.timeout(PATIENCE):
                    names = await (await client.transport()).models(prefix=prefix)
                if names:
                    more = ", …" if len(names) > MOST_LISTED else ""
                    lines.append(f"The server lists these models: {', '.join(names[:MOST_LISTED])}{more}")
                    break
    return lines
