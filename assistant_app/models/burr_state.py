"""Saved states of other Burr programs, as `DjangoStatePersister` writes them."""

from __future__ import annotations

from django.db import models
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext_lazy


class BurrStateQuerySet(models.QuerySet["BurrState"]):
    def newest(
        self, partition_key: str, app_id: str | None = None, sequence_id: int | None = None
    ) -> BurrState | None:
        """Return the row inserted last, of one application and one step if they are given."""
        rows = self.filter(partition_key=partition_key)
        if app_id is not None:
            rows = rows.filter(app_id=app_id)
        if sequence_id is not None:
            rows = rows.filter(sequence_id=sequence_id)
        return rows.order_by("-pk").first()

    def app_ids(self, partition_key: str) -> list[str]:
        """Return each application's id once, the one saved last first."""
        rows = self.filter(partition_key=partition_key).order_by().values("app_id")
        return list(rows.annotate(newest=Max("pk")).order_by("-newest").values_list("app_id", flat=True))


class BurrState(models.Model):
    """The state of a Burr program after one step. Rows are inserted and never changed.

    The keys and the status are any text, as in Burr's own tables, so none of them has a limit or a check.
    """

    partition_key = models.TextField(blank=True)  # "" is Burr's None
    app_id = models.TextField()
    sequence_id = models.IntegerField()
    position = models.TextField()
    status = models.TextField()
    # Text and not JSONField: PostgreSQL's jsonb refuses NUL characters, lone surrogates and NaN.
    state = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)

    objects = BurrStateQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("state of a Burr program")
        verbose_name_plural = gettext_lazy("states of Burr programs")
        indexes = [models.Index(fields=["partition_key", "app_id", "id"], name="burr_state_newest")]
        constraints = [
            # A step is saved once: a second writer of the same application gets an error.
            models.UniqueConstraint(
                fields=["partition_key", "app_id", "sequence_id", "position"], name="burr_state_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.app_id}: {self.sequence_id} {self.position}"
