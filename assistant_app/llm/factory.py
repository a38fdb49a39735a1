"""Creates the client for a configuration."""

from __future__ import annotations

from assistant_app.llm.base import ModelClient
from assistant_app.llm.client import OpenAIClient
from assistant_app.llm.config import ModelConfig
from assistant_app.llm.embedded_client import EmbeddedClient


def build_client(config: ModelConfig) -> ModelClient:
    """Return a client. It connects, or starts an embedded server, at its first call."""
    return EmbeddedClient(config) if config.embedded else OpenAIClient(config)
