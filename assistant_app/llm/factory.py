"""Creates the client for a configuration."""

from __future__ import annotations

from assistant_app.llm.base import ModelClient
from assistant_app.llm.client import OpenAIClient
from assistant_app.llm.config import ModelConfig
from assistant_app.llm.dialect import Memory
from assistant_app.llm.embedded_client import EmbeddedClient
from assistant_app.llm.fallback import FallbackClient


def build_client(config: ModelConfig, memory: Memory | None = None) -> ModelClient:
    """Return a client. It connects, or starts an embedded server, at its first call.

    `memory` keeps what is learned about servers for other processes and for later.
    """
    if config.embedded:
        return EmbeddedClient(config)
    clients = [OpenAIClient(each, memory) for each in (config, *config.fallbacks)]
    return FallbackClient(clients) if config.fallbacks else clients[0]
