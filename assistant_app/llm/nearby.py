"""Finds model servers on this machine by trying their usual ports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import httpx2

from assistant_app.llm.config import host_of

USUAL_PORTS: Mapping[str, int] = MappingProxyType({"Ollama": 11434, "LM Studio": 1234, "llama.cpp": 8080})
PATIENCE = 0.3  # seconds per server; on loopback a running server answers at once


@dataclass(frozen=True, slots=True)
class Nearby:
    name: str
    base_url: str
    models: tuple[str, ...]

    @property
    def host(self) -> str:
        return host_of(self.base_url)


def found() -> list[Nearby]:
    """Return the servers on the usual ports that list models like OpenAI does."""
    urls = {name: f"http://127.0.0.1:{port}/v1" for name, port in USUAL_PORTS.items()}
    # No certificates: loading them takes 80 ms, and these servers use plain HTTP.
    with httpx2.Client(timeout=PATIENCE, trust_env=False, verify=False) as client:
        models_of = {name: _models_at(client, url) for name, url in urls.items()}
    return [Nearby(name, urls[name], models) for name, models in models_of.items() if models]


def _models_at(client: httpx2.Client, base_url: str) -> tuple[str, ...]:
    try:
        answer = client.get(f"{base_url}/models")
        return tuple(str(model["id"]) for model in answer.raise_for_status().json()["data"])
    except (httpx2.HTTPError, ValueError, KeyError, TypeError):  # no server, or one of another kind
        return ()
