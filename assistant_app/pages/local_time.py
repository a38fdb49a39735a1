"""Show each user the times of their own time zone: the browser says it once, and the account keeps it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from assistant_app.people.accounts import live_in_first

COOKIE = "time_zone"  # set by `app.js`
KEPT = "time_zone"  # in the session, so that a page needs no query


def of(request: HttpRequest) -> AbstractContextManager[Any]:
    """Return a context in which times are those of the signed-in user's time zone."""
    name = _known(request)
    return timezone.override(ZoneInfo(name) if name else timezone.get_default_timezone())


def keep(request: HttpRequest, name: str) -> None:
    request.session[KEPT] = name


@receiver(user_logged_in)
def _keep_at_sign_in(request: HttpRequest, user: Any, **others: Any) -> None:
    keep(request, live_in_first(owner_id=user.pk, time_zone=request.COOKIES.get(COOKIE, "")))


def _known(request: HttpRequest) -> str:
    kept, said = request.session.get(KEPT), request.COOKIES.get(COOKIE, "")
    if kept or (kept == "" and not said):
        return str(kept)
    name = live_in_first(owner_id=int(request.user.pk or 0), time_zone=said)
    if name != kept:
        keep(request, name)
    return name
