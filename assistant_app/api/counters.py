"""Fixed-window counters: in Redis for all processes together, or in this process alone without it.

For rates that protect the server from load. What protects an account is counted in the database
(`accounts`): it must hold without Redis too.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from functools import lru_cache

import redis
from cachetools import TLRUCache
from django.conf import settings
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

PREFIX = "emailassistant:count:"
TIMEOUT_SECONDS = 0.5  # no request waits longer for the throttle
PAUSE_SECONDS = 5.0  # before a Redis that failed is asked again
MOST_WINDOWS = 10_000  # of one process; then it drops the one that was not used for longest


@dataclass(frozen=True, slots=True)
class Window:
    used: int  # the one that was just counted included
    seconds_left: float


def count(key: str, seconds: int) -> Window:
    """Count one; a window begins with the first and ends after so many seconds."""
    if settings.REDIS_URL and not _pause.lasts:
        try:
            return _shared(settings.REDIS_URL, PREFIX + key, seconds)
        except (RedisError, OSError) as problem:
            logger.warning("Redis takes no counts: %s. Each process counts alone.", type(problem).__name__)
            _pause.begin()
    return _count_here(key, seconds)


def forget() -> None:
    """Reset the counters of this process, for tests."""
    _windows.clear()
    _pause.until = 0.0


def _shared(url: str, key: str, seconds: int) -> Window:
    """One round trip; the three commands cannot be parted."""
    pipeline = _connect(url).pipeline()
    pipeline.set(key, 0, ex=seconds, nx=True)
    pipeline.incr(key)
    pipeline.pttl(key)
    _, used, milliseconds = pipeline.execute()
    return Window(used, max(0, milliseconds) / 1000)


@lru_cache(maxsize=4)
def _connect(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS)


def _count_here(key: str, seconds: int) -> Window:
    now = time.monotonic()
    with _lock:
        used, ends_at = _windows.get(key, (0, now + seconds))
        _windows[key] = used + 1, ends_at
    return Window(used + 1, ends_at - now)


class _Pause:
    until = 0.0

    @property
    def lasts(self) -> bool:
        return time.monotonic() < self.until

    def begin(self) -> None:
        self.until = time.monotonic() + PAUSE_SECONDS


_pause = _Pause()
_lock = threading.Lock()
# By key: how many, and when the window ends by the monotonic clock. It drops windows that have ended.
_windows: TLRUCache[str, tuple[int, float]] = TLRUCache(
    MOST_WINDOWS, ttu=lambda key, window, now: window[1], timer=time.monotonic
)
