"""The configuration of a model client, as one frozen value."""

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
    """How to reach the model's server, and the options of calls. Times are in seconds.

    With `embedded`, we start our own server, and `base_url`, `api_key` and `models` are not used.
    """

    provider: str = "openai"  # recorded with each call
    base_url: str = OPENAI_BASE_URL
    api_key: str = field(default="", repr=False)
    models: Mapping[Purpose, str] = field(default_factory=dict)
    is_demonstration: bool = False

    timeout: float = 60.0  # how long nothing may come, before the answer or within it
    connect_timeout: float = 5.0
    retries: int = 2  # after the first attempt
    retry_pause: float = 0.5  # before the first retry; doubles each time
    max_retry_after: float = 20.0  # if a server asks for a longer pause, don't retry

    max_tokens: Mapping[Purpose, int] = field(default_factory=lambda: DEFAULT_MAX_TOKENS)
    temperature: float | None = None  # None: the server's default
    extra_body: Mapping[str, Any] = field(default_factory=dict)  # options that only some servers know

    embedded: bool = False
    embedded_model_path: Path | None = None  # None: the installed demonstration model
    embedded_state_dir: Path | None = None  # shared by the workers of one machine only
    embedded_start_timeout: float = 60.0

    @property
    def host(self) -> str:
        """Host and port of the server, without credentials."""
        return host_of(self.base_url)


def host_of(url: str) -> str:
    """Return the host of a URL, with the port if it has one."""
    parts = urlsplit(url)
    try:
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        port = ""
    return f"{parts.hostname or url.rpartition('@')[2]}{port}"
