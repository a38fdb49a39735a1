"""Deletes the live events of deleted emails from Redis."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence

import redis
from django.conf import settings
from redis.exceptions import RedisError

from assistant_app.events.shared import EXPIRE_SECONDS, key_of

logger = logging.getLogger(__name__)

LAST_ID = f"{2**64 - 1}-{2**64 - 1}"
TIMEOUT_SECONDS = 2.0
BATCH = 500


def forget(application_ids: Sequence[uuid.UUID]) -> None:
    """Delete the events, and block later ones of a run that has not noticed that its email is gone.

    Redis rejects an entry whose id is not above the stream's last id, and an emptied stream remembers that
    id. So add an entry with the highest id and trim it away. If Redis is down, only log a warning: its
    events expire within an hour.
    """
    if not settings.REDIS_URL or not application_ids:
        return
    client = redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS
    )
    try:
        with client:
            for start in range(0, len(application_ids), BATCH):
                _forget(client, application_ids[start : start + BATCH])
    except (RedisError, OSError) as problem:
        logger.warning("Events could not be deleted from Redis: %s", type(problem).__name__)


def _forget(client: redis.Redis, application_ids: Sequence[uuid.UUID]) -> None:
    pipeline = client.pipeline()
    for key in map(key_of, application_ids):
        pipeline.delete(key)
        pipeline.xadd(key, {"kind": "gone"}, id=LAST_ID)
        pipeline.xtrim(key, maxlen=0, approximate=False)
        pipeline.expire(key, EXPIRE_SECONDS)
    pipeline.execute()
