"""Accounts: the first one, and how often somebody may try to sign in."""

from __future__ import annotations

import hashlib

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import connection, transaction

from assistant_app.errors import AssistantError

TRIES = 5
PAUSE = 300  # seconds


class NotTheFirst(AssistantError):
    """The first account was just created by somebody else."""

    code = "not_the_first"
    status = 409


def exist() -> bool:
    return get_user_model()._default_manager.exists()


def create_first(user: User) -> User:
    """Store the first account, an administrator; raise `NotTheFirst` if there is one by now."""
    with transaction.atomic():
        # Two visitors at once: on SQLite the transaction has the only write lock already.
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(f"LOCK TABLE {user._meta.db_table} IN SHARE ROW EXCLUSIVE MODE")
        if exist():
            raise NotTheFirst
        user.is_staff = user.is_superuser = True
        user.save(force_insert=True)
    return user


def take_try(user_name: str, address: str) -> int:
    """Count one try to sign in; return how many are left after it, below nought if it is one too many."""
    key = _tries_key(user_name, address)
    cache.add(key, 0, PAUSE)
    try:
        used = cache.incr(key)
    except ValueError:  # it ended between the two calls
        cache.set(key, 1, PAUSE)
        used = 1
    if used == TRIES:
        cache.touch(key, PAUSE)  # the pause begins with the last try
    return TRIES - used


def forget_tries(user_name: str, address: str) -> None:
    cache.delete(_tries_key(user_name, address))


def _tries_key(user_name: str, address: str) -> str:
    who = f"{user_name.casefold()}\n{address}"
    return f"sign-in:{hashlib.sha256(who.encode()).hexdigest()}"
