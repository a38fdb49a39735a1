"""Typed access to the settings that the app uses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings

from assistant_app.llm.base import Purpose
from assistant_app.llm.config import DEFAULT_MAX_TOKENS, OPENAI_BASE_URL, ModelConfig, host_of


def limit(name: str) -> int:
    """Return a limit in characters, e.g. `limit("MAX_EMAIL_CHARACTERS")`."""
    return int(getattr(settings, name))


def most(name: str) -> int | None:
    """Return a limit per user, such as `most("MAX_ROUNDS")`; None if there is no limit."""
    return int(getattr(settings, name)) or None


def lease() -> timedelta:
    """Return how long a lease lasts. A run that does not renew it in time may be taken over."""
    return timedelta(seconds=settings.RUN_LEASE_SECONDS)


def has_model_server() -> bool:
    """Return whether a model server is configured, by its address or by a key for OpenAI."""
    return bool(settings.OPENAI_API_KEY or settings.OPENAI_BASE_URL)


def is_local() -> bool:
    """Return whether all models that may be asked are on this machine."""
    config = model_config()
    return all(each.embedded or each.address.is_loopback for each in (config, *config.fallbacks))


def prompt_tokens() -> int:
    """Return how many tokens of the model's window are left for a prompt; 0 if the window is not known."""
    window = int(settings.MODEL_CONTEXT_TOKENS)
    return window - max(_max_tokens().values()) if window else 0


def _max_tokens() -> Mapping[Purpose, int]:
    """Return how many tokens an answer may have, with the model's thinking."""
    most = int(settings.MODEL_MAX_TOKENS)
    return {"questions": most, "draft": most} if most else DEFAULT_MAX_TOKENS


def model_config() -> ModelConfig:
    """Return the configuration of the model client: the configured servers, or else the embedded model."""
    base_url = settings.OPENAI_BASE_URL or OPENAI_BASE_URL
    path = settings.EMBEDDED_MODEL_PATH
    config = ModelConfig(
        provider=host_of(base_url),
        base_url=base_url,
        api_key=settings.OPENAI_API_KEY,
        models={"questions": settings.OPENAI_MODEL_QUESTIONS, "draft": settings.OPENAI_MODEL_DRAFT},
        timeout=settings.MODEL_TIMEOUT_SECONDS,
        total_timeout=settings.MODEL_TOTAL_SECONDS,
        load_timeout=settings.MODEL_LOAD_SECONDS,
        retries=settings.MODEL_RETRIES,
        max_tokens=_max_tokens(),
        window=settings.MODEL_CONTEXT_TOKENS,
        temperature=settings.MODEL_TEMPERATURE,
        reasoning_effort=settings.MODEL_REASONING_EFFORT,
        extra_body=settings.MODEL_EXTRA_BODY,
        headers=settings.MODEL_HEADERS,
        embedded=settings.EMBEDDED_MODEL and not has_model_server(),
        embedded_model_path=Path(path) if path else None,
        embedded_state_dir=Path(settings.DATA_DIR),
    )
    return replace(config, fallbacks=tuple(_fallback(config, each) for each in settings.MODEL_FALLBACKS))


def _fallback(config: ModelConfig, server: Mapping[str, Any]) -> ModelConfig:
    """Return the configuration of a fallback: its limits and times are those of the first server."""
    return replace(
        config,
        provider=host_of(server["base_url"]),
        base_url=server["base_url"],
        api_key=server.get("api_key", ""),
        models={"questions": server["model"], "draft": server["model"]},
        window=0,  # not known
        headers=server.get("headers", {}),
        extra_body=server.get("extra_body", {}),
    )
