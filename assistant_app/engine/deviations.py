"""Keeps in the database what the model client learns about servers, for all processes and for later."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Mapping

from django.db import Error as DatabaseError
from django.utils import timezone

from assistant_app.engine.threads import DatabasePool
from assistant_app.models import ServerDeviation
from assistant_app.models.failure import storable

logger = logging.getLogger(__name__)

LONGEST = 255  # characters of a name
LONGEST_OPTION = 100


class DatabaseMemory:
    """A `llm.dialect.Memory`. What fails is logged, as no call may fail because of it."""

    def __init__(self, pool: DatabasePool) -> None:
        self._pool = pool

    async def recall(self, server: str) -> Mapping[str, frozenset[str]] | None:
        """Return the rejected options by model; None if the database is away."""
        try:
            return await self._pool.run(lambda: _recall(server))
        except DatabaseError as problem:
            logger.warning("What is known of model servers cannot be read: %s", type(problem).__name__)
            return None

    async def remember(self, server: str, model: str, options: frozenset[str]) -> None:
        try:
            await self._pool.run(lambda: _remember(server, model, options))
        except DatabaseError as problem:
            logger.warning("What a model server rejects cannot be stored: %s", type(problem).__name__)


def _recall(server: str) -> dict[str, frozenset[str]]:
    options: defaultdict[str, set[str]] = defaultdict(set)
    rows = ServerDeviation.objects.remembered().filter(server=_name(server))
    for model, option in rows.values_list("model", "option"):
        options[model].add(option)
    return {model: frozenset(each) for model, each in options.items()}


def _remember(server: str, model: str, options: frozenset[str]) -> None:
    ServerDeviation.objects.forgotten().delete()
    now = timezone.now()
    rows = [
        ServerDeviation(
            server=_name(server), model=_name(model), option=storable(option)[:LONGEST_OPTION], learned_at=now
        )
        for option in sorted(options)
    ]
    ServerDeviation.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["server", "model", "option"],
        update_fields=["learned_at"],
    )


def _name(text: str) -> str:
    return str(storable(text))[:LONGEST]
