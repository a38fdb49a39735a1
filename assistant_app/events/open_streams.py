"""Counts the event streams that each person has open in this process, and limits them.

A stream holds a connection and, with Redis, another one there. People have one for each email that they watch
being written.
"""

from __future__ import annotations

import threading
import weakref
from collections import Counter
from collections.abc import Callable

from assistant_app import conf
from assistant_app.errors import TooManyStreams
from assistant_app.events.server_sent import EventStream

RETRY_AFTER = 10  # seconds

# Reentrant: a stream that was never read may be collected, and so ended, by the thread that holds the lock.
_changing = threading.RLock()
_open: Counter[int] = Counter()


def count_in(owner_id: int, make: Callable[[], EventStream]) -> EventStream:
    """Return the stream that `make` returns. Raise `TooManyStreams` if its reader has too many open.

    It counts until it is closed, or gone without having been read.
    """
    most = conf.most("MAX_STREAMS_PER_PERSON")
    with _changing:
        if most is not None and _open[owner_id] >= most:
            raise TooManyStreams(retry_after=RETRY_AFTER)
        _open[owner_id] += 1
    try:
        response = make()
    except BaseException:
        _end(owner_id)
        raise
    response.on_close = weakref.finalize(response, _end, owner_id)  # runs once
    return response


def _end(owner_id: int) -> None:
    with _changing:
        _open[owner_id] -= 1
        if _open[owner_id] <= 0:
            del _open[owner_id]
