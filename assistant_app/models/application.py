"""An application: one email being answered, with the state that its next step starts from."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.db import connection, models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy

from assistant_app.contract.workflow import LONGEST_HEADLINE
from assistant_app.errors import Cancelled, Interrupted
from assistant_app.models import sql
from assistant_app.models.failure import KeepsError
from assistant_app.models.json import TextJSONField
from assistant_app.models.people import (
    Identity,
    identities_from,
    identities_of,
    own_addresses_of,
    signature_of,
    texts_of,
    time_zone_of,
)

MOST_SINCE_STOP = 20  # steps that change something about a run that stopped, such as its envelope
TYPED_BEFORE = "typed_before"  # an extra key in the state of a row, see `Application.typed_before`


class ClockTimestamp(Now):
    """The database's current time. `now()` would return the start of the transaction."""

    def as_postgresql(self, compiler: Any, connection: Any, **extra_context: Any) -> Any:
        return super().as_sql(compiler, connection, template="CLOCK_TIMESTAMP()", **extra_context)


def database_clock() -> ClockTimestamp | datetime:
    """Return the clock that leases expire by: PostgreSQL's; this machine's on SQLite."""
    return ClockTimestamp() if connection.vendor == "postgresql" else timezone.now()


class ApplicationQuerySet(models.QuerySet["Application"]):
    def owned_by(self, user: Any) -> Self:
        return self.filter(owner_id=user.pk)

    def newest_first(self) -> Self:
        return self.order_by("-updated_at", "-id")

    def with_parents(self) -> Self:
        """Load whether the parent of a fork is deleted."""
        known: dict[str, Any] = {"read_parent_deleted_at": F("parent__deleted_at")}
        return self.annotate(**known)

    def tree_of(self, row: Application) -> Self:
        """Return the owner's applications that share an ancestor with this one, itself included."""
        root = row.root_id or row.pk
        return self.filter(Q(pk=root) | Q(root_id=root), owner_id=row.owner_id)

    def with_expired_lease(self) -> Self:
        return self.filter(status=Application.Status.RUNNING, lease_expires_at__lte=database_clock())

    def interrupted(self) -> Self:
        """Return applications whose run died without releasing its lease, or was stopped by a shutdown."""
        return self.filter(
            Q(status=Application.Status.RUNNING, lease_expires_at__lte=database_clock())
            | Q(status=Application.Status.FAILED, error_code="interrupted")
        )

    def under_way(self) -> Self:
        return self.filter(status=Application.Status.RUNNING, lease_expires_at__gt=database_clock())

    def claimable(self) -> Self:
        """Return applications without a live lease."""
        return self.filter(~Q(status=Application.Status.RUNNING) | Q(lease_expires_at__lte=database_clock()))


class AllApplications(models.Manager.from_queryset(ApplicationQuerySet)):  # type: ignore[misc]
    """All rows, also deleted ones that are not erased yet."""

    def get_queryset(self) -> ApplicationQuerySet:
        """Annotate each row with the database's clock, so that it knows whether its lease has expired."""
        return super().get_queryset().annotate(read_at=ClockTimestamp())


class ApplicationManager(AllApplications):
    def get_queryset(self) -> ApplicationQuerySet:
        return super().get_queryset().filter(deleted_at__isnull=True)


class Application(KeepsError):
    """One email being answered: a Burr application, with the state at its head."""

    class Status(models.TextChoices):
        WAITING = "waiting", gettext_lazy("Waiting for their owner")
        RUNNING = "running", gettext_lazy("Running")
        FAILED = "failed", gettext_lazy("Stopped")
        FINISHED = "finished", gettext_lazy("Finished")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="applications")
    workflow = models.CharField(max_length=50, default="email", db_default="email", editable=False)
    title = models.CharField(max_length=LONGEST_HEADLINE, blank=True)
    sender = models.CharField(max_length=LONGEST_HEADLINE, blank=True)
    state = TextJSONField(default=dict)
    sequence_id = models.IntegerField("head", null=True)  # null before the first step
    last_sequence_id = models.IntegerField(null=True)  # the highest number used; numbers are never reused
    position = models.CharField(max_length=100, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.WAITING)
    next_step = models.CharField(max_length=100, blank=True)  # while running: the step that started it
    version = models.PositiveIntegerField(default=0)
    lease_token = models.UUIDField(null=True)
    lease_expires_at = models.DateTimeField(null=True)
    stop_requested_at = models.DateTimeField(null=True)  # the run under the lease is to stop
    archived_at = models.DateTimeField(null=True)  # out of the list, until its next step
    # Hidden everywhere, until it is erased or the deletion is undone; see `operations.trash`.
    deleted_at = models.DateTimeField(null=True)
    seen_version = models.IntegerField(null=True)  # that its owner opened last; null if that is not known
    title_by_hand = models.BooleanField(null=True)  # the owner wrote the title
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now)
    # For a fork: its parent, the step of the parent that it starts from, and the oldest ancestor.
    parent = models.ForeignKey("self", models.SET_NULL, null=True, editable=False, related_name="forks")
    parent_sequence_id = models.IntegerField(null=True, editable=False)
    root_id = models.UUIDField(null=True, editable=False)

    read_at: datetime | str | None = None  # the database's clock when the row was read
    read_signature: str | None = None  # the owner's signature, if it was loaded with the row
    read_time_zone: str | None = None  # the owner's time zone, if it was loaded with the row
    # The address of the owner's account, their identities as JSON, and their texts for the model, likewise.
    read_email: str | None = None
    read_identities: str | None = None
    read_about: str | None = None
    read_style: str | None = None
    read_always: str | None = None
    read_has_notes: bool | None = None  # whether the owner has some, if that was loaded
    read_parent_deleted_at: datetime | str | None = None  # set if the parent is deleted, if that was loaded
    read_is_forked: bool | None = None  # whether it is the oldest ancestor of others, if that was loaded

    objects = ApplicationManager()
    with_deleted = AllApplications()

    class Meta:
        verbose_name = gettext_lazy("email")
        indexes = [
            # The list of an owner's emails, newest change first.
            models.Index(fields=["owner", "-updated_at", "-id"], name="application_owner_newest"),
            # The same list with one status, and the counts beside the status filters.
            models.Index(fields=["owner", "status", "-updated_at"], name="application_owner_status"),
            # The operator's list of all emails, newest change first. PostgreSQL also has trigram indexes.
            models.Index(fields=["-updated_at"], name="application_newest"),
            # Runs whose lease has expired, of all owners.
            models.Index(
                fields=["lease_expires_at"], name="application_running", condition=Q(status="running")
            ),
            # Runs that are asked to stop, of all owners.
            models.Index(
                fields=["lease_token"],
                name="application_stop_requested",
                condition=Q(stop_requested_at__isnull=False),
            ),
            # Deleted emails that are still to be erased, of all owners.
            models.Index(
                fields=["deleted_at"], name="application_deleted", condition=Q(deleted_at__isnull=False)
            ),
            # The forks of one email, and their forks.
            models.Index(
                fields=["owner", "root_id"], name="application_tree", condition=Q(root_id__isnull=False)
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="application_status_known",
                condition=Q(status__in=["waiting", "running", "failed", "finished"]),
            ),
            # A lease exists if and only if status is running. A run without one could not be taken over.
            models.CheckConstraint(
                name="application_lease_while_running",
                condition=Q(status="running", lease_token__isnull=False, lease_expires_at__isnull=False)
                | Q(~Q(status="running"), lease_token__isnull=True, lease_expires_at__isnull=True),
            ),
            # error_code is set if and only if status is failed.
            models.CheckConstraint(
                name="application_error_when_failed",
                condition=Q(Q(status="failed") & ~Q(error_code=""))
                | Q(~Q(status="failed") & Q(error_code="")),
            ),
            # next_step is empty if and only if status is finished.
            models.CheckConstraint(
                name="application_next_step_until_finished",
                condition=Q(Q(status="finished") & Q(next_step=""))
                | Q(~Q(status="finished") & ~Q(next_step="")),
            ),
            # A head above the highest number used would let that number be used again.
            models.CheckConstraint(
                name="application_head_not_past_last",
                condition=Q(sequence_id__isnull=True) | Q(sequence_id__lte=F("last_sequence_id")),
            ),
        ]

    def __str__(self) -> str:
        return self.title or str(self.id)

    @classmethod
    def find(cls, pk: Any, owner_id: int) -> Application | None:
        """Return the owner's application, or None. Raise `ValidationError` if `pk` is not an id."""
        clock = sql.clock()
        mine = (*clock.params, cls._meta.pk.get_db_prep_value(pk, connection), owner_id)
        columns = sql.columns_of(cls, "application")
        query = sql.FIND_APPLICATION.format(columns=columns, clock=clock.sql, identities=sql.identities())
        return sql.find(cls, query, mine)

    @property
    def signature(self) -> str:
        """Return the name that the owner's drafts end with."""
        return signature_of(self.owner_id) if self.read_signature is None else self.read_signature

    @cached_property
    def identities(self) -> list[Identity]:
        """The owner's identities, the default one first."""
        if self.read_email is None:
            return identities_of(self.owner_id, self.signature)
        return identities_from(self.read_identities or "[]", self.owner_id, self.signature)

    @property
    def own_addresses(self) -> tuple[str, ...]:
        """Return the owner's own addresses."""
        if self.read_email is None:
            return own_addresses_of(self.owner_id)
        addresses = [address for each in self.identities for address in each.addresses]
        return tuple(filter(None, [*addresses, self.read_email]))

    @property
    def texts(self) -> dict[str, str]:
        """Return the owner's texts for the model."""
        found = {"about": self.read_about, "style": self.read_style, "always": self.read_always}
        known = {name: text for name, text in found.items() if text is not None}
        return known if len(known) == len(found) else texts_of(self.owner_id)

    @property
    def time_zone(self) -> str:
        """Return the name of the owner's time zone; empty if none is known."""
        return time_zone_of(self.owner_id) if self.read_time_zone is None else self.read_time_zone

    @property
    def known_parent_id(self) -> uuid.UUID | None:
        """Return the parent's id; None if it is deleted."""
        return None if self.read_parent_deleted_at else self.parent_id

    @property
    def is_alone(self) -> bool:
        """Return whether the row was read without ancestor and forks. False if that is not known."""
        return self.root_id is None and self.read_is_forked is not None and not self.read_is_forked

    @property
    def typed_before(self) -> dict[str, Any]:
        """Return the parent's input for the step that a fork waits for, by state key.

        It prefills the fork's form, even if the parent is deleted. It is dropped at the fork's first input.
        """
        return dict(self.state.get(TYPED_BEFORE, {}))

    @property
    def lease_expired(self) -> bool:
        """Return whether the lease had expired, by the database's clock, when the row was read."""
        if self.lease_expires_at is None:
            return False
        return self.lease_expires_at <= _as_datetime(self.read_at)

    @property
    def is_running(self) -> bool:
        return self.status == self.Status.RUNNING and not self.lease_expired

    @property
    def is_interrupted(self) -> bool:
        if self.status == self.Status.RUNNING:
            return self.lease_expired
        return self.status == self.Status.FAILED and self.error_code == "interrupted"

    @property
    def status_now(self) -> str:
        """Return the status to show: a run whose process is gone counts as failed."""
        return str(self.Status.FAILED if self.is_interrupted else self.status)

    @property
    def error_now(self) -> tuple[str, str]:
        """Return code and message of the error that stopped the last run; both empty if none did."""
        if self.is_interrupted:
            return Interrupted.code, Interrupted().message
        return self.error_code, self.error_said

    @property
    def is_finished(self) -> bool:
        return self.status == self.Status.FINISHED

    @property
    def is_stopped_by_owner(self) -> bool:
        """Return whether the last run failed because its owner stopped it."""
        return self.status == self.Status.FAILED and self.error_code == Cancelled.code

    @property
    def has_stopped(self) -> bool:
        """Return whether a run failed or was interrupted, so that it can be retried."""
        return self.status == self.Status.FAILED or self.is_interrupted

    @cached_property
    def partial(self) -> str | None:
        """The same as `read_partial`, read once: for rows that are only shown."""
        return self.read_partial()

    def read_partial(self) -> str | None:
        """Return what the run that stopped had written of its draft; None if nothing. It takes a query."""
        if not self.has_stopped or self.last_sequence_id is None:
            return None
        newest = self.steps.order_by("-sequence_id").values_list("error_code", "position", "partial")
        for error_code, position, partial in newest[:MOST_SINCE_STOP]:
            was_taken_since = not error_code and position != self.position
            if not was_taken_since:
                return partial
        return None

    @property
    def due_step(self) -> str | None:
        """Return the human step that may be sent now; None while it runs or when it is finished."""
        return None if self.is_running or self.is_finished else self.next_step


def _as_datetime(moment: datetime | str | None) -> datetime:
    """Convert `read_at`: SQLite returns text without a zone, and a row that was never read has None."""
    if moment is None:
        return timezone.now()
    if isinstance(moment, datetime):
        return moment
    return datetime.fromisoformat(moment).replace(tzinfo=connection.timezone)  # UTC even if TIME_ZONE is not
