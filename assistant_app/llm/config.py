"""What a model client needs to know, as one frozen value that the settings fill."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from assistant_app.llm.base import Purpose

OPENAI_BASE_URL = "https://api.openai.com/v1"
DEFAULT_MAX_TOKENS: Mapping[Purpose, int] = MappingProxyType({"questions": 2000, "draft": 4000})


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """How to reach the model's server and what to ask of it. Times are in seconds.

    With `embedded` set, `base_url`, `api_key` and `models` are not used: a server of our own is started.
    """

    provider: str = "openai"  # the name that is recorded with each call
    base_url: str = OPENAI_BASE_URL
    api_key: str = field(default="", repr=False)
    models: Mapping[Purpose, str] = field(default_factory=dict)
    is_demonstration: bool = False

    timeout: float = 60.0  # one attempt, from sending it to the last byte of the answer
    connect_timeout: float = 5.0
    retries: int = 2  # after the first attempt
    retry_pause: float = 0.5  # before the first retry; doubles each time
    max_retry_after: float = 20.0  # a server that asks for a longer pause is not asked again

    max_tokens: Mapping[Purpose, int] = field(default_factory=lambda: DEFAULT_MAX_TOKENS)
    temperature: float | None = None  # None leaves it to the server
    extra_body: Mapping[str, Any] = field(default_factory=dict)  # what only some servers know

    embedded: bool = False
    embedded_model_path: Path | None = None  # None: the demonstration model that is installed along
    embedded_state_dir: Path | None = None  # shared by the workers of one machine, by nobody else
    embedded_start_timeout: float = 60.0

    @property
    def host(self) -> str:
        """Host and port of the server as people know it, never with credentials."""
        return host_of(self.base_url)


def host_of(url: str) -> str:
    """Return the host and, if one is given, the port of a URL."""
    parts = urlsplit(url)
    try:
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        port = ""
    return f"{parts.hostname or url.rpartition('@')[2]}{port}"
