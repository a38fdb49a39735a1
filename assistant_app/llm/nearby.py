"""Models' servers that people run on their own machine, found by asking where these usually listen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import httpx2

from assistant_app.llm.config import host_of

USUAL_PORTS: Mapping[str, int] = MappingProxyType({"Ollama": 11434, "LM Studio": 1234, "llama.cpp": 8080})
PATIENCE = 0.3  # seconds for each; on loopback nobody is waited for who is there


@dataclass(frozen=True, slots=True)
class Nearby:
    name: str
    base_url: str
    models: tuple[str, ...]

    @property
    def host(self) -> str:
        return host_of(self.base_url)


def found() -> list[Nearby]:
    """Return those that offer a model in the way of OpenAI."""
    urls = {name: f"http://127.0.0.1:{port}/v1" for name, port in USUAL_PORTS.items()}
    # No certificates: they take 80 ms to load, and nobody speaks https there.
    with httpx2.Client(timeout=PATIENCE, trust_env=False, verify=False) as client:
        return [
            Nearby(name, url, models) for name, url in urls.items() if (models := _models_at(client, url))
        ]


def _models_at(client: httpx2.Client, base_url: str) -> tuple[str, ...]:
    try:
        answer = client.get(f"{base_url}/models")
        return tuple(str(model["id"]) for model in answer.raise_for_status().json()["data"])
    except (httpx2.HTTPError, ValueError, KeyError, TypeError):  # nobody is there, or somebody else
        return ()
