"""The client for the embedded model, whose server is started on demand."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from assistant_app.llm.base import Purpose
from assistant_app.llm.client import OpenAIClient, make_transport
from assistant_app.llm.config import ModelConfig
from assistant_app.llm.embedded_server import EmbeddedServer, shipped_model

if TYPE_CHECKING:
    from assistant_app.llm.transport import Transport

# A slot has 4,096 tokens for prompt and reply.
MAX_TOKENS: Mapping[Purpose, int] = MappingProxyType({"questions": 300, "draft": 1000})
# By experiment: without a repeat penalty it never stops; with 1.1 it avoids the words it should keep.
DEMONSTRATION_OPTIONS = MappingProxyType({"repeat_penalty": 1.05, "min_p": 0.1})
DEMONSTRATION_TEMPERATURE = 0.1


class EmbeddedClient(OpenAIClient):
    """Starts its server at the first call, and again if the server ended with another worker."""

    def __init__(self, config: ModelConfig) -> None:
        model = config.embedded_model_path or shipped_model()
        super().__init__(embedded_config(config, model))
        self.server = EmbeddedServer(model, config.embedded_state_dir, config.embedded_start_timeout)
        self._abandoned: list[Transport] = []

    async def transport(self) -> Transport:
        """Return connections to the running server. Raise `ModelUnavailable` if it cannot be started."""
        async with self._lock:
            if self._transport is None:
                endpoint = await asyncio.to_thread(self.server.endpoint)
                address = f"{endpoint.address}/v1"
                self._transport = await make_transport(
                    replace(self.config, base_url=address, api_key=endpoint.key)
                )
            return self._transport

    async def disconnected(self, transport: Transport) -> None:
        """Find or start a server again at the next attempt."""
        if transport is self._transport:
            self._transport = None
            self._abandoned.append(transport)  # others may still be reading from it

    async def aclose(self) -> None:
        await super().aclose()
        for transport in self._abandoned:
            await transport.aclose()
        await asyncio.to_thread(self.server.stop)


def embedded_config(config: ModelConfig, model: Path | None) -> ModelConfig:
    """Return the configuration with the options for the embedded model."""
    name = model.stem if model else "none"
    config = replace(
        config,
        provider="embedded",
        models={"questions": name, "draft": name},
        max_tokens=MAX_TOKENS,
        is_demonstration=config.embedded_model_path is None,
    )
    if not config.is_demonstration:
        return config
    return replace(config, extra_body=DEMONSTRATION_OPTIONS, temperature=DEMONSTRATION_TEMPERATURE)
