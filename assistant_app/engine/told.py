"""What a run tells its actions: who the owner is, the day, the fence for the email, the model's window."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone
from django.utils.crypto import salted_hmac

from assistant_app import conf
from assistant_app.contract.told import Told

FENCE_DIGITS = 16


def told(
    *,
    email: str,
    about: Mapping[str, Any],
    skipped: asyncio.Event,
    addresses: tuple[str, ...] = (),
    time_zone: str = "",
    partial: str = "",
) -> Told:
    """Return what the actions of a run that starts now are told."""
    zone = time_zone or settings.TIME_ZONE
    return Told(
        name=about.get("name", ""),
        about=about,
        addresses=addresses,
        today=timezone.localdate(timezone=ZoneInfo(zone)).isoformat(),
        time_zone=zone,
        fence=fence_of(email),
        prompt_tokens=conf.prompt_tokens(),
        partial=partial,
        skipped=skipped,
    )


def fence_of(email: str) -> str:
    """Return a keyed hash of the email's text.

    The key is secret, so the author of an email cannot write the line that ends it. The hash is never stored
    or compared: after a change of SECRET_KEY the next prompt has another one.
    """
    return salted_hmac("assistant_app.fence", email, algorithm="sha256").hexdigest()[:FENCE_DIGITS]
