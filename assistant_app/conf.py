"""Typed access to the settings that the app uses."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

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


def prompt_tokens() -> int:
    """Return how many tokens of the model's window are left for a prompt; 0 if the window is not known."""
    window = int(settings.MODEL_CONTEXT_TOKENS)
    return window - max(_max_tokens().values()) if window else 0


def _max_tokens() -> Mapping[Purpose, int]:
    """Return how many tokens an answer may have, with the model's thinking."""
    most = int(settings.MODEL_MAX_TOKENS)
    return {"questions": most, "draft": most} if most else DEFAULT_MAX_TOKENS


def model_config() -> ModelConfig:
    """Return the configuration of the model client: the configured server, or else the embedded model."""
    base_url = settings.OPENAI_BASE_URL or OPENAI_BASE_URL
    path = settings.EMBEDDED_MODEL_PATH
    return ModelConfig(
        provider=host_of(base_url),
        base_url=base_url,
        api_key=settings.OPENAI_API_KEY,
        models={"questions": settings.OPENAI_MODEL_QUESTIONS, "draft": settings.OPENAI_MODEL_DRAFT},
        timeout=settings.MODEL_TIMEOUT_SECONDS,
        retries=settings.MODEL_RETRIES,
        max_tokens=_max_tokens(),
        embedded=settings.EMBEDDED_MODEL and not has_model_server(),
        embedded_model_path=Path(path) if path else None,
        embedded_state_dir=Path(settings.DATA_DIR),
    )
