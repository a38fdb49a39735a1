"""The configuration of a model client, as one frozen value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit, urlunsplit

from assistant_app.llm.base import Purpose

OPENAI_BASE_URL = "https://api.openai.com/v1"
DEFAULT_MAX_TOKENS: Mapping[Purpose, int] = MappingProxyType({"questions": 2000, "draft": 4000})

# The path of one call, which people copy with the address; `Transport` adds it.
_CALL = re.compile(r"/+(?:(?:chat/)?completions|models|responses|embeddings)?/*\Z")


@dataclass(frozen=True, slots=True)
class Address:
    """A server's address in the parts in which it is used."""

    base: str  # without credentials, a query and the path of one call
    query: Mapping[str, str] = field(repr=False)  # sent with each call, as Azure wants it
    user: str = field(repr=False)
    password: str = field(repr=False)

    @classmethod
    def read(cls, url: str) -> Address:
        """Return the parts of an address as people write it."""
        parts = urlsplit(url)
        base = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], _CALL.sub("", parts.path), "", ""))
        return cls(
            base, dict(parse_qsl(parts.query)), unquote(parts.username or ""), unquote(parts.password or "")
        )

    @property
    def has_path(self) -> bool:
        return bool(urlsplit(self.base).path)

    @property
    def is_loopback(self) -> bool:
        """Return whether the server is on this machine."""
        host = urlsplit(self.base).hostname or ""
        try:
            return ip_address(host).is_loopback
        except ValueError:
            return host == "localhost" or host.endswith(".localhost")


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
    total_timeout: float = 0.0  # how long a call may take altogether; 0: no limit
    load_timeout: float = 0.0  # how long the server may say that it is loading the model
    connect_timeout: float = 5.0
    retries: int = 2  # after the first attempt
    retry_pause: float = 0.5  # before the first retry; doubles each time
    max_retry_after: float = 20.0  # if a server asks for a longer pause, don't retry

    max_tokens: Mapping[Purpose, int] = field(default_factory=lambda: DEFAULT_MAX_TOKENS)
    window: int = 0  # tokens of prompt and answer; 0: not known
    temperature: float | None = None  # None: the server's default
    reasoning_effort: str = ""  # the server's default
    extra_body: Mapping[str, Any] = field(default_factory=dict)  # options that only some servers know
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)  # sent with each request
    fallbacks: tuple[ModelConfig, ...] = ()  # asked in this order when this one fails

    embedded: bool = False
    embedded_model_path: Path | None = None  # None: the installed demonstration model
    embedded_state_dir: Path | None = None  # shared by the workers of one machine only
    embedded_start_timeout: float = 60.0

    @property
    def host(self) -> str:
        """Host and port of the server, without credentials."""
        return host_of(self.base_url)

    @property
    def address(self) -> Address:
        return Address.read(self.base_url)

    @property
    def server(self) -> str:
        """Host, port and path of the server: what is learned about it is remembered under this name."""
        return self.address.base.partition("://")[2]

    def options(self, purpose: Purpose) -> dict[str, Any]:
        """Return what is sent with the messages of a call."""
        chosen = {
            "model": self.models.get(purpose) or self.models["draft"],
            "max_tokens": self.max_tokens.get(purpose) or self.max_tokens["draft"],
            "temperature": self.temperature,
            "reasoning_effort": self.reasoning_effort or None,
        }
        return {name: value for name, value in chosen.items() if value is not None} | {**self.extra_body}


def host_of(url: str) -> str:
    """Return the host of a URL, with the port if it has one."""
    parts = urlsplit(url)
    try:
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        port = ""
    host = parts.hostname or url.rpartition("@")[2]
    return f"[{host}]{port}" if ":" in host else f"{host}{port}"
