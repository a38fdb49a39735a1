"""Admission of work that takes a core for a moment: checking or comparing very long texts.

Python runs one thread at a time, so such work makes all other requests of the process slower. There is one
at a time in a process, and one of each person, who could otherwise stop everybody else with a few requests.
A person who sends more of it meanwhile has to pause afterwards, or they would keep the cores busy.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from assistant_app.errors import TooBusy

HEAVY = 60_000  # characters; a draft of 2 KB, its email and all feedback have some 10,000
WAIT_SECONDS = 3.0  # how long a person waits for another one; each takes a fraction of a second
MOST_WAITING = 8
RETRY_AFTER = 2  # seconds
PAUSES = 5  # times the CPU that the work took, which leaves five sixths of a core to others

_working = threading.Lock()
_changing = threading.Lock()
_people: set[int] = set()  # who works or waits
_refused: set[int] = set()  # those of them who sent more
_paused: dict[int, float] = {}  # until when, by `time.monotonic`


def check_pause(person_id: int) -> None:
    """Raise `TooBusy` for a person who sends more and more heavy work, before anything is read for them."""
    with _changing:
        if person_id in _refused or _is_paused(person_id):
            raise TooBusy(retry_after=RETRY_AFTER)


@contextmanager
def admitted(person_id: int, characters: int) -> Iterator[None]:
    """Let work on so many characters begin. Raise `TooBusy` if the person has other such work under way.

    Ordinary work begins at once. All work first gives back the database connection, since there are few:
    another one from the pool takes a hundredth of the time of a short report.
    """
    if not connection.in_atomic_block:
        connection.close()
    if characters < HEAVY:
        yield
        return
    with _changing:
        if person_id in _people:
            _refused.add(person_id)
            raise TooBusy(retry_after=RETRY_AFTER)
        if _is_paused(person_id) or len(_people) > MOST_WAITING:
            raise TooBusy(retry_after=RETRY_AFTER)
        _people.add(person_id)
    begun_at = time.thread_time()
    try:
        if not _working.acquire(timeout=WAIT_SECONDS):
            raise TooBusy(retry_after=RETRY_AFTER)
        try:
            yield
        finally:
            _working.release()
    finally:
        with _changing:
            _people.discard(person_id)
            if person_id in _refused:
                _refused.discard(person_id)
                _paused[person_id] = time.monotonic() + PAUSES * (time.thread_time() - begun_at)


def _is_paused(person_id: int) -> bool:
    until = _paused.get(person_id, 0.0)
    if until <= time.monotonic():
        _paused.pop(person_id, None)
        return False
    return True
