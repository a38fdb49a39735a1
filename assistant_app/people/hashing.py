"""Password hashes: one at a time in each process, and never while a database connection is held.

A hash takes a core for a third of a second on purpose. Without a limit, a burst of sign-ins takes every core
and every connection, and people who are signed in already wait for it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db import connection

from assistant_app.errors import OverLimit
from assistant_app.phrases import gettext_noop

AT_ONCE = 1  # installations run a process for each core, and the others' requests need the rest of it
MOST_WAITING = 20  # the last of them waits for about seven seconds
RETRY_SECONDS = 5


class TooManySignIns(OverLimit):
    said = gettext_noop(
        "Too many people are signing in at this moment. Wait a few seconds and send it again."
    )

    code = "too_many_sign_ins"


class HashingQueue:
    """Lets few threads hash at a time. A limited number waits in order of arrival."""

    def __init__(self, at_once: int, most_waiting: int) -> None:
        self._turns = threading.Semaphore(at_once)
        self._most = at_once + most_waiting
        self._inside = 0  # hashing or waiting
        self._counting = threading.Lock()
        self._mine = threading.local()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn, without a database connection. Raise `TooManySignIns` if too many wait.

        A thread that has a turn already keeps it, so a request can take it before it opens a transaction.
        """
        if getattr(self._mine, "has_turn", False):
            yield
            return
        self._enter()
        try:
            give_connection_back()
            with self._turns:
                self._mine.has_turn = True
                try:
                    yield
                finally:
                    self._mine.has_turn = False
        finally:
            with self._counting:
                self._inside -= 1

    def _enter(self) -> None:
        with self._counting:
            if self._inside >= self._most:
                raise TooManySignIns(retry_after=RETRY_SECONDS)
            self._inside += 1


def give_connection_back() -> None:
    """Return this thread's database connection to the pool. Inside a transaction, do nothing."""
    if not connection.in_atomic_block:
        connection.close()


_queue = HashingQueue(AT_ONCE, MOST_WAITING)
turn = _queue.turn


class Hasher(PBKDF2PasswordHasher):
    """Django's default hasher, with the same hashes. Every password that is set or checked comes here."""

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        with turn():
            give_connection_back()
            return super().encode(password, salt, iterations)
