"""The records of people: tokens, sign-in tries, preferences, usage, and staff who read mail."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from knox.models import AbstractAuthToken

LONGEST_SIGNATURE = 200  # characters


class ApiToken(AbstractAuthToken):
    """A hashed token for the API that expires; shown once, when it is made."""

    class Scope(models.TextChoices):
        WRITE = "write", "Read and write"
        READ = "read", "Read only"

    name = models.CharField(max_length=100, blank=True)
    scope = models.CharField(max_length=10, choices=Scope, default=Scope.WRITE, db_default=Scope.WRITE)
    last_used_at = models.DateTimeField(null=True)  # to the minute

    class Meta(AbstractAuthToken.Meta):
        abstract = False
        constraints = [
            models.CheckConstraint(
                name="apitoken_scope_known", condition=models.Q(scope__in=["read", "write"])
            ),
        ]

    @property
    def has_ended(self) -> bool:
        """Whether it does not work any more. A token without an end, which knox may make, never works."""
        return self.expiry is None or self.expiry <= timezone.now()

    def __str__(self) -> str:
        """Not the hash, which knox would show."""
        return self.name or self.token_key


class SignInTries(models.Model):
    """How often somebody tried of late; in the database, so that all processes count together."""

    key = models.CharField(max_length=64, primary_key=True)  # a hash: neither name nor address is kept
    used = models.PositiveIntegerField()
    ends_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.key


class MailReading(models.Model):
    """That a member of staff opened a person's mail in the admin, and why they said they had to.

    It outlives the email and the reader's account: its owner may always see it.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="readings")
    # The row may be gone: deleting an email costs no statement here.
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
    """A person without a row has none."""

    owner = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+")
    signature = models.CharField(max_length=LONGEST_SIGNATURE, blank=True)  # the name under the drafts

    class Meta:
        verbose_name_plural = "preferences"

    def __str__(self) -> str:
        return self.signature


def signature_of(owner_id: int | None) -> str:
    """Return the name that a person's drafts end with; empty if they gave none."""
    return Preferences.objects.filter(pk=owner_id).values_list("signature", flat=True).first() or ""


class Usage(models.Model):
    """What a person's runs of one day spent and have reserved; it outlives their emails."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    day = models.DateField()
    drafts = models.PositiveIntegerField(default=0)
    tokens = models.PositiveBigIntegerField(default=0)  # counted while there is a limit

    class Meta:
        constraints = [
            # A second purse for the same day.
            models.UniqueConstraint(fields=["owner", "day"], name="usage_once_a_day"),
        ]

    def __str__(self) -> str:
        return f"{self.day}"
