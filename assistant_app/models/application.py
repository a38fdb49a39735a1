"""An application: one email being answered, with the state that it goes on from."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.db import connection, models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from assistant_app.errors import Interrupted
from assistant_app.models import sql
from assistant_app.models.people import signature_of

TYPED_BEFORE = "typed_before"  # beside Burr's keys in the state of a row, see `Application.typed_before`


class ClockTimestamp(Now):
    """The database's clock at this very moment; `now()` stands still within a transaction."""

    def as_postgresql(self, compiler: Any, connection: Any, **extra_context: Any) -> Any:
        return super().as_sql(compiler, connection, template="CLOCK_TIMESTAMP()", **extra_context)


def database_clock() -> ClockTimestamp | datetime:
    """Return the clock that leases are judged by: PostgreSQL's, or on SQLite the one machine's."""
    return ClockTimestamp() if connection.vendor == "postgresql" else timezone.now()


class ApplicationQuerySet(models.QuerySet["Application"]):
    def owned_by(self, user: Any) -> Self:
        return self.filter(owner_id=user.pk)

    def newest_first(self) -> Self:
        return self.order_by("-updated_at", "-id")

    def tree_of(self, row: Application) -> Self:
        """The person's applications that were forked from one another, this one included."""
        root = row.root_id or row.pk
        return self.filter(Q(pk=root) | Q(root_id=root), owner_id=row.owner_id)

    def with_expired_lease(self) -> Self:
        return self.filter(status=Application.Status.RUNNING, lease_expires_at__lte=database_clock())

    def interrupted(self) -> Self:
        """Those whose run ended without a word: a killed server, or one that had to stop."""
        return self.filter(
            Q(status=Application.Status.RUNNING, lease_expires_at__lte=database_clock())
            | Q(status=Application.Status.FAILED, error_code="interrupted")
        )

    def under_way(self) -> Self:
        return self.filter(status=Application.Status.RUNNING, lease_expires_at__gt=database_clock())

    def claimable(self) -> Self:
        """Those that nobody is running."""
        return self.filter(~Q(status=Application.Status.RUNNING) | Q(lease_expires_at__lte=database_clock()))


class ApplicationManager(models.Manager.from_queryset(ApplicationQuerySet)):  # type: ignore[misc]
    def get_queryset(self) -> ApplicationQuerySet:
        """Bring the database's clock along, so that a row can say whether its lease has expired."""
        return super().get_queryset().annotate(read_at=ClockTimestamp())


class Application(models.Model):
    """One email being answered: a Burr application, with the state at its head."""

    class Status(models.TextChoices):
        WAITING = "waiting", "Waiting for its person"
        RUNNING = "running", "Running"
        FAILED = "failed", "Stopped"
        FINISHED = "finished", "Finished"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="applications")
    title = models.CharField(max_length=200, blank=True)
    sender = models.CharField(max_length=200, blank=True)
    state = models.JSONField(default=dict)
    sequence_id = models.IntegerField("head", null=True)  # none before the first step
    last_sequence_id = models.IntegerField(null=True)  # the highest used; never used again
    position = models.CharField(max_length=100, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.WAITING)
    next_step = models.CharField(max_length=100, blank=True)  # while running: the step that started it
    version = models.PositiveIntegerField(default=0)
    lease_token = models.UUIDField(null=True)
    lease_expires_at = models.DateTimeField(null=True)
    error_code = models.CharField(max_length=50, blank=True)
    error_message = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now)
    # Of a fork: what it was forked from, at which of its steps, and the first of all its ancestors.
    parent = models.ForeignKey("self", models.SET_NULL, null=True, editable=False, related_name="forks")
    parent_sequence_id = models.IntegerField(null=True, editable=False)
    root_id = models.UUIDField(null=True, editable=False)

    read_at: datetime | str | None = None  # the database's clock when the row was read
    read_signature: str | None = None  # its owner's, if that was read along

    objects = ApplicationManager()

    class Meta:
        indexes = [
            # Your emails, newest change first.
            models.Index(fields=["owner", "-updated_at", "-id"], name="application_owner_newest"),
            # The same, one status only, and the counts beside the filters.
            models.Index(fields=["owner", "status", "-updated_at"], name="application_owner_status"),
            # Everybody's, newest change first: for an operator. PostgreSQL searches them by trigrams, too.
            models.Index(fields=["-updated_at"], name="application_newest"),
            # Runs whose lease has expired, whoever owns them.
            models.Index(
                fields=["lease_expires_at"], name="application_running", condition=Q(status="running")
            ),
            # The forks of one email, and theirs.
            models.Index(
                fields=["owner", "root_id"], name="application_tree", condition=Q(root_id__isnull=False)
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="application_status_known",
                condition=Q(status__in=["waiting", "running", "failed", "finished"]),
            ),
            # A run that nobody can renew or take over; a lease that nobody runs under.
            models.CheckConstraint(
                name="application_lease_while_running",
                condition=Q(status="running", lease_token__isnull=False, lease_expires_at__isnull=False)
                | Q(~Q(status="running"), lease_token__isnull=True, lease_expires_at__isnull=True),
            ),
            # A failure without a reason; a reason without a failure.
            models.CheckConstraint(
                name="application_error_when_failed",
                condition=Q(Q(status="failed") & ~Q(error_code=""))
                | Q(~Q(status="failed") & Q(error_code="")),
            ),
            # Something to do when nothing is, and nothing to do when something is.
            models.CheckConstraint(
                name="application_next_step_until_finished",
                condition=Q(Q(status="finished") & Q(next_step=""))
                | Q(~Q(status="finished") & ~Q(next_step="")),
            ),
            # A sequence number that is used twice.
            models.CheckConstraint(
                name="application_head_not_past_last",
                condition=Q(sequence_id__isnull=True) | Q(sequence_id__lte=F("last_sequence_id")),
            ),
        ]

    def __str__(self) -> str:
        return self.title or str(self.id)

    @classmethod
    def find(cls, pk: Any, owner_id: int) -> Application | None:
        """Return a person's own one, or none, by fixed SQL: every request on an application begins so."""
        mine = sql.where(cls, id=pk, owner=owner_id)
        return sql.find(cls, mine, read_at=sql.clock(), read_signature=_signature_of_owner())

    @property
    def signature(self) -> str:
        """The name that its owner's drafts end with."""
        return signature_of(self.owner_id) if self.read_signature is None else self.read_signature

    @property
    def typed_before(self) -> dict[str, Any]:
        """What was typed in its parent for the step that a fork waits for, under the keys of the state.

        It is there until the fork has its first input, so that its form can begin with it, whatever becomes
        of the parent.
        """
        return dict(self.state.get(TYPED_BEFORE, {}))

    @property
    def lease_expired(self) -> bool:
        """Judged by the database's clock at the time the row was read."""
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
        """The status as people see it: a run whose process is gone has failed."""
        return str(self.Status.FAILED if self.is_interrupted else self.status)

    @property
    def error_now(self) -> tuple[str, str]:
        """The code and the message of what stopped the last run; both empty if nothing did."""
        if self.is_interrupted:
            return Interrupted.code, Interrupted().message
        return self.error_code, self.error_message

    @property
    def is_finished(self) -> bool:
        return self.status == self.Status.FINISHED

    @property
    def has_stopped(self) -> bool:
        """Whether a run ended before its time, so that it can be continued."""
        return self.status == self.Status.FAILED or self.is_interrupted

    @property
    def due_step(self) -> str | None:
        """The human step that may be sent now: none while it runs and when it is finished."""
        return None if self.is_running or self.is_finished else self.next_step


def _as_datetime(moment: datetime | str | None) -> datetime:
    """SQLite's clock comes as text without a zone; a row that was made and not read has this process's."""
    if moment is None:
        return timezone.now()
    if isinstance(moment, datetime):
        return moment
    return datetime.fromisoformat(moment).replace(tzinfo=connection.timezone)  # UTC, whatever TIME_ZONE is


def _signature_of_owner() -> sql.Condition:
    """Return the same of the owner of an application's row, to be read with it."""
    mine = "SELECT signature FROM assistant_app_preferences AS kept"
    return sql.Condition(f"COALESCE(({mine} WHERE kept.owner_id = assistant_app_application.owner_id), '')")
