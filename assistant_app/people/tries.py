"""Throttles for sign-in and sign-up.

Attempts are counted in the database, because all processes and machines share it. Names and networks are
stored as hashes, and counters are deleted when their window ends.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone

from assistant_app.models import SignInTries

TRIES = 5  # for one user name from one network
TRIES_OF_A_NETWORK = 50  # for all user names: against trying one password on many accounts
PAUSE = 300  # seconds
SIGN_UPS = 10  # from one network
SIGN_UPS_SECONDS = 3600


def network_of(request: HttpRequest | None) -> str:
    """Return the client's network: its IPv4 address, or the /64 network of its IPv6 address.

    With BEHIND_PROXY, use the address that the proxy appended to X-Forwarded-For. Without it, ignore that
    header, because clients can forge it.
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
    """Count a sign-in attempt; return how many are left, negative if this one is too many."""
    left = TRIES - _count(f"name {user_name.casefold()}\n{network}", PAUSE, pause_at=TRIES)
    return min(left, TRIES_OF_A_NETWORK - _count(f"network {network}", PAUSE))


def forget_tries(user_name: str, network: str) -> None:
    """Undo the count of an attempt with the right password."""
    SignInTries.objects.filter(key=_hash(f"name {user_name.casefold()}\n{network}")).delete()
    SignInTries.objects.filter(key=_hash(f"network {network}"), used__gt=0).update(used=F("used") - 1)


def may_sign_up(network: str) -> bool:
    """Count a sign-up; return whether it is allowed."""
    return _count(f"sign-up {network}", SIGN_UPS_SECONDS) <= SIGN_UPS


def _count(what: str, seconds: int, *, pause_at: int = 0) -> int:
    """Count an event in its fixed window; return the count. Event number `pause_at` restarts the window."""
    now = timezone.now()
    later = now + timedelta(seconds=seconds)
    row = SignInTries.objects.filter(key=_hash(what))
    SignInTries.objects.filter(ends_at__lte=now).delete()
    fresh = SignInTries(key=_hash(what), used=0, ends_at=later)
    SignInTries.objects.bulk_create([fresh], ignore_conflicts=True)
    with transaction.atomic():  # the update locks the row, so the value read next is this attempt's own
        row.update(used=F("used") + 1)
        used = row.values_list("used", flat=True).first() or 1
        if used == pause_at:
            row.update(ends_at=later)
    return used


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()
