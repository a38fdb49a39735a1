"""The first account, and what a person says about themselves."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from zoneinfo import available_timezones

from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import User
from django.db import connection, transaction

from assistant_app.errors import AssistantError, InvalidInput, too_long
from assistant_app.mail.hidden import one_line, without_hidden
from assistant_app.models import Identity, Preferences
from assistant_app.models.people import (
    IDEAS,
    LONGEST_ALWAYS,
    LONGEST_IDEA,
    LONGEST_NAME,
    LONGEST_TEXT,
    MOST_IDEAS,
    time_zone_of,
)
from assistant_app.phrases import gettext_noop


class NotTheFirst(AssistantError):
    said = gettext_noop("Someone else has just created the first account.")

    code = "not_the_first"
    status = 409


def exist() -> bool:
    return get_user_model()._default_manager.exists()


def create_first(user: User) -> User:
    """Save the first account as an administrator. Raise `NotTheFirst` if an account exists by now."""
    with transaction.atomic():
        # Lock out a second visitor. On SQLite this transaction already holds the only write lock.
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(f"LOCK TABLE {user._meta.db_table} IN SHARE ROW EXCLUSIVE MODE")
        if exist():
            raise NotTheFirst
        user.is_staff = user.is_superuser = True
        user.save(force_insert=True)
    return user


def sign_with(*, actor: AbstractBaseUser, name: str) -> str:
    """Sign the actor's future drafts with this name; return it as stored. Raise `InvalidInput`."""
    name = one_line(name)
    if len(name) > LONGEST_NAME:
        problem = too_long(name, LONGEST_NAME)
        raise InvalidInput(fields={"signature": [problem]})
    Preferences.objects.update_or_create(owner_id=actor.pk, defaults={"signature": name})
    Identity.objects.filter(owner_id=actor.pk, is_default=True).update(name=name)
    return name


def quote_in_files(*, actor: AbstractBaseUser, place: str) -> None:
    """Quote the email at this place in the files of the actor's replies. Raise `InvalidInput`."""
    if place not in Preferences.Quoting.values:
        raise InvalidInput(fields={"quoting": [gettext_noop("Choose one of these.")]})
    Preferences.objects.update_or_create(owner_id=actor.pk, defaults={"quoting": place})


def say_for_all(*, actor: AbstractBaseUser, texts: Mapping[str, str]) -> None:
    """Keep the texts that the model is told for each email. Raise `InvalidInput`."""
    cleaned, problems = {}, {}
    for name, text in texts.items():
        text = without_hidden(text.replace("\r\n", "\n").replace("\x00", "")).strip()
        most = LONGEST_ALWAYS if name == "always" else LONGEST_TEXT
        if len(text) > most:
            problems[name] = [too_long(text, most)]
        cleaned[name] = text
    if problems:
        raise InvalidInput(fields=problems)
    Preferences.objects.update_or_create(owner_id=actor.pk, defaults=cleaned)


def offer_ideas(*, actor: AbstractBaseUser, text: str) -> None:
    """Keep what is offered to tick for a new reply, one on each line. Raise `InvalidInput`."""
    lines = filter(None, (one_line(without_hidden(line.replace("\x00", ""))) for line in text.splitlines()))
    ideas = list(dict.fromkeys(lines))
    longest = max(map(len, ideas), default=0)
    if longest > LONGEST_IDEA:
        problem = gettext_noop(
            "A line has %(length)s characters; %(most)s fit.", length=longest, most=LONGEST_IDEA
        )
        raise InvalidInput(fields={"ideas": [problem]})
    if len(ideas) > MOST_IDEAS:
        raise InvalidInput(fields={"ideas": [gettext_noop("%(most)s lines are enough.", most=MOST_IDEAS)]})
    own = None if ideas == list(IDEAS) else ideas
    Preferences.objects.update_or_create(owner_id=actor.pk, defaults={"ideas": own})


def is_time_zone(name: str) -> bool:
    return name in _time_zones()


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones())


def live_in(*, actor: AbstractBaseUser, time_zone: str) -> None:
    """Show times, and tell the model days, in this time zone. Raise `InvalidInput`."""
    if not is_time_zone(time_zone):
        problem = gettext_noop("Write a time zone’s name, such as Europe/Berlin.")
        raise InvalidInput(fields={"time_zone": [problem]})
    Preferences.objects.update_or_create(owner_id=actor.pk, defaults={"time_zone": time_zone})


def live_in_first(*, owner_id: int, time_zone: str) -> str:
    """Keep the browser's time zone for an owner who has none yet; return the owner's; "" for none."""
    known = time_zone_of(owner_id)
    if known or not is_time_zone(time_zone):
        return known
    Preferences.objects.update_or_create(owner_id=owner_id, defaults={"time_zone": time_zone})
    return time_zone
