"""Accounts: the first one, and how often somebody may try to sign in or to make one.

Tries are counted in the database, so that all processes and machines count together. The counts are by
hash, and are dropped once they have ended.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone

from assistant_app.errors import AssistantError
from assistant_app.models import SignInTries

TRIES = 5  # of one name from one network
TRIES_OF_A_NETWORK = 50  # of all names: one password for many accounts
PAUSE = 300  # seconds
SIGN_UPS = 10  # of one network
SIGN_UPS_SECONDS = 3600


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


def network_of(request: HttpRequest | None) -> str:
    """Return where somebody comes from: an IPv4 address, or the 64 bits that an IPv6 customer has.

    Behind a proxy it is what the proxy appended; without one, nobody names their own address.
    """
    meta = request.META if request else {}
    address = str(meta.get("REMOTE_ADDR", ""))
    if settings.BEHIND_PROXY:
        address = str(meta.get("HTTP_X_FORWARDED_FOR", "")).rpartition(",")[2].strip() or address
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    return str(parsed.ipv4_mapped or ip_network((int(parsed), 64), strict=False))


def take_try(user_name: str, network: str) -> int:
    """Count one try to sign in; return how many are left after it, below nought if it is one too many."""
    left = TRIES - _count(f"name {user_name.casefold()}\n{network}", PAUSE, pause_at=TRIES)
    return min(left, TRIES_OF_A_NETWORK - _count(f"network {network}", PAUSE))


def forget_tries(user_name: str, network: str) -> None:
    """The password was right: that was no try at somebody's account."""
    SignInTries.objects.filter(key=_hash(f"name {user_name.casefold()}\n{network}")).delete()
    SignInTries.objects.filter(key=_hash(f"network {network}"), used__gt=0).update(used=F("used") - 1)


def may_sign_up(network: str) -> bool:
    """Count one new account."""
    return _count(f"sign-up {network}", SIGN_UPS_SECONDS) <= SIGN_UPS


def _count(what: str, seconds: int, *, pause_at: int = 0) -> int:
    """Count one more of something; the pause begins anew with the last one that is allowed."""
    now = timezone.now()
    later, row = now + timedelta(seconds=seconds), SignInTries.objects.filter(key=_hash(what))
    SignInTries.objects.filter(ends_at__lte=now).delete()
    fresh = SignInTries(key=_hash(what), used=0, ends_at=later)
    SignInTries.objects.bulk_create([fresh], ignore_conflicts=True)
    with transaction.atomic():  # the update locks the row, so what is read is this try's own number
        row.update(used=F("used") + 1)
        used = row.values_list("used", flat=True).first() or 1
        if used == pause_at:
            row.update(ends_at=later)
    return used


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()
