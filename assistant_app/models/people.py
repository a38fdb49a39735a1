"""Records about users: tokens, sign-in tries, preferences, usage, and which staff read their mail."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from email.headerregistry import Address

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy
from knox.models import AbstractAuthToken

from assistant_app.models import sql

LONGEST_NAME = 200  # characters
LONGEST_SIGNATURE = 2_000
LONGEST_TEXT, LONGEST_ALWAYS = 1_000, 2_000
IDEAS = ("Yes", "No, thanks", "Later", "Ask for more time", "Say thanks")  # of owners without their own
LONGEST_IDEA, MOST_IDEAS = 200, 30


class ApiToken(AbstractAuthToken):
    """An API token that expires. Only its hash is stored, so it is shown once, when it is created."""

    class Scope(models.TextChoices):
        WRITE = "write", gettext_lazy("Read and write")
        READ = "read", gettext_lazy("Read only")

    name = models.CharField(max_length=100, blank=True)
    scope = models.CharField(max_length=10, choices=Scope, default=Scope.WRITE, db_default=Scope.WRITE)
    last_used_at = models.DateTimeField(null=True)  # precise to a minute

    class Meta(AbstractAuthToken.Meta):
        abstract = False
        verbose_name = gettext_lazy("API token")
        constraints = [
            models.CheckConstraint(
                name="apitoken_scope_known", condition=models.Q(scope__in=["read", "write"])
            ),
        ]

    @classmethod
    def find(cls, digest: str) -> ApiToken | None:
        """Return the token with this hash and its user; what no request needs of them is deferred."""
        token = sql.find(cls, sql.FIND_BY_DIGEST, [digest])
        if token is not None:
            token.user = _person(token)
        return token

    @property
    def has_ended(self) -> bool:
        """Return whether the token has expired. A token without an expiry, which knox allows, never works."""
        return self.expiry is None or self.expiry <= timezone.now()

    def __str__(self) -> str:
        """Return the name; knox would show the hash."""
        return self.name or self.token_key


class SignInTries(models.Model):
    """A counter of recent sign-in tries; in the database, so that all processes share it."""

    # A hash, so that neither user names nor IP addresses are stored.
    key = models.CharField(max_length=64, primary_key=True)
    used = models.PositiveIntegerField()
    ends_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.key


class MailReading(models.Model):
    """A record that a member of staff opened an owner's mail in the admin, with the reason they gave.

    It is kept when the email or the reader's account is deleted, so that the owner can always see it.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="readings")
    # No constraint: deleting an email then needs no statement on this table, and its row may be gone.
    application = models.ForeignKey(
        "assistant_app.Application",
        models.DO_NOTHING,
        null=True,
        related_name="readings",
        db_constraint=False,
    )
    reader = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    reader_name = models.CharField(max_length=150)
    reason = models.CharField(max_length=300)
    read_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-read_at", "-pk"]
        indexes = [models.Index(fields=["owner", "-read_at"], name="mailreading_owner_newest")]

    def __str__(self) -> str:
        return f"{self.reader_name}, {self.read_at:%Y-%m-%d %H:%M}"


class Preferences(models.Model):
    """A user's preferences. A user without a row has the defaults."""

    owner = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+")

    class Quoting(models.TextChoices):  # the places that `mail.reply_file` knows
        BELOW = "below", gettext_lazy("Below your reply")
        ABOVE = "above", gettext_lazy("Above your reply")
        NONE = "none", gettext_lazy("Not at all")

    # The name under the drafts, which is that of the default identity. It stays for a previous version.
    signature = models.CharField(max_length=LONGEST_NAME, blank=True)
    # Where the reply's file quotes the email. The database's default serves a previous version's inserts.
    quoting = models.CharField(max_length=5, choices=Quoting.choices, db_default=Quoting.BELOW)

    # Told to the model for each email, unless the owner leaves them out there.
    about = models.TextField(max_length=LONGEST_TEXT, blank=True, default="", db_default="")
    style = models.TextField(max_length=LONGEST_TEXT, blank=True, default="", db_default="")
    always = models.TextField(max_length=LONGEST_ALWAYS, blank=True, default="", db_default="")

    # What the owner often wants to say, to tick for a new reply: a list of texts. None for `IDEAS`.
    ideas = models.JSONField(null=True)

    # Of the owner's days and times; empty until a browser or the owner said one.
    time_zone = models.CharField(max_length=64, blank=True, db_default="")

    class Meta:
        verbose_name_plural = "preferences"

    def __str__(self) -> str:
        return self.signature


class Identity(models.Model):
    """A name, addresses and a signature with which an owner writes and gets mail.

    The name of the default identity is `Preferences.signature`, which a previous version may change.
    """

    # No constraint: a previous version, which does not know the table, can still erase the account.
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="identities", db_constraint=False
    )
    name = models.CharField(max_length=LONGEST_NAME, blank=True)  # if empty, that of the default identity
    addresses = models.JSONField(default=list)  # of texts; replies are written from the first
    # Several lines below the reply. No draft has it: it is added when a reply is taken along.
    signature = models.TextField(max_length=LONGEST_SIGNATURE, blank=True, default="", db_default="")
    is_default = models.BooleanField(default=False)

    READ = ("id", "name", "addresses", "signature", "is_default")  # the columns that `sql.identities` reads

    class Meta:
        verbose_name_plural = "identities"
        ordering = ["-is_default", "pk"]
        constraints = [
            # With two defaults, it would depend on the order of rows with which name a reply ends.
            models.UniqueConstraint(
                fields=["owner"], condition=models.Q(is_default=True), name="identity_one_default"
            ),
        ]

    def __str__(self) -> str:
        return self.name


def signature_of(owner_id: int | None) -> str:
    """Return the name that the owner's drafts end with; empty if they set none."""
    return Preferences.objects.filter(pk=owner_id).values_list("signature", flat=True).first() or ""


def identities_of(owner_id: int | None, name: str | None = None) -> list[Identity]:
    """Return a person's identities, the default one first. `name` is `signature_of`, if it is known."""
    found = list(Identity.objects.filter(owner_id=owner_id))
    return _named(found, signature_of(owner_id) if found and name is None else name)


def identities_from(read: str, owner_id: int, name: str) -> list[Identity]:
    """Return the identities that `sql.identities` read, the default one first."""
    rows = [dict(zip(Identity.READ, row, strict=True)) for row in json.loads(read)]
    found = [Identity(**{**row, "is_default": bool(row["is_default"])}, owner_id=owner_id) for row in rows]
    return _named(sorted(found, key=lambda each: (not each.is_default, each.pk)), name)


def _named(found: list[Identity], name: str | None) -> list[Identity]:
    for identity in found:
        identity.name = name or "" if identity.is_default else identity.name or name or ""
    return found


@dataclass(frozen=True, slots=True)
class Sender:
    """One of a person's addresses, with the name they use with it."""

    name: str
    address: str

    def __str__(self) -> str:
        """Return name and address as a header line."""
        return str(Address(self.name, addr_spec=self.address)) if self.name else self.address


def senders_in(identities: Iterable[Identity]) -> list[Sender]:
    """Return the addresses of these identities, in their order."""
    return [Sender(each.name, address) for each in identities for address in each.addresses]


def own_addresses_of(owner_id: int | None) -> tuple[str, ...]:
    """Return the addresses of a person's identities and of their account, in one query."""
    if owner_id is None:
        return ()
    found = list(User.objects.filter(pk=owner_id).values_list("email", "identities__addresses"))
    addresses = [*(each for _, own in found for each in own or ()), *(email for email, _ in found[:1])]
    return tuple(filter(None, addresses))


def texts_of(owner_id: int | None) -> dict[str, str]:
    """Return the owner's short texts: who they are, how they write, and their standing instructions."""
    names = ("about", "style", "always")
    found = Preferences.objects.filter(pk=owner_id).values_list(*names).first()
    return dict(zip(names, found or ("", "", ""), strict=True))


def ideas_of(owner_id: int | None) -> list[str]:
    """Return what the owner often wants to say, to tick for a new reply."""
    own = Preferences.objects.filter(pk=owner_id).values_list("ideas", flat=True).first()
    return list(IDEAS if own is None else own)


def time_zone_of(owner_id: int | None) -> str:
    """Return the name of the owner's time zone; empty if none is known."""
    return Preferences.objects.filter(pk=owner_id).values_list("time_zone", flat=True).first() or ""


def quoting_of(owner_id: int | None) -> str:
    """Return where the files of the owner's replies quote the email (`Preferences.Quoting`)."""
    chosen = Preferences.objects.filter(pk=owner_id).values_list("quoting", flat=True).first()
    return chosen or Preferences.Quoting.BELOW


class Usage(models.Model):
    """What an owner's runs used or reserved on one day; kept when their emails are deleted."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    day = models.DateField()
    drafts = models.PositiveIntegerField(default=0)
    tokens = models.PositiveBigIntegerField(default=0)  # counted only while there is a limit

    class Meta:
        constraints = [
            # Two usage rows for one owner and day would double the budget.
            models.UniqueConstraint(fields=["owner", "day"], name="usage_once_a_day"),
        ]

    def __str__(self) -> str:
        return f"{self.day}"


def _person(token: ApiToken) -> User:
    columns = vars(token)
    values = {  # in the order of the model's fields, as `from_db` wants them
        "id": token.user_id,
        "is_superuser": bool(columns["is_superuser"]),
        "username": columns["username"],
        "is_staff": bool(columns["is_staff"]),
        "is_active": bool(columns["is_active"]),
    }
    return User.from_db(token._state.db, list(values), list(values.values()))
