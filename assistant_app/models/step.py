"""A step: one executed action of an application, with its changes."""

from __future__ import annotations

import uuid
from collections.abc import Collection

from django.db import models
from django.db.models import Count, F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy

from assistant_app.contract import changes
from assistant_app.models.failure import KeepsError
from assistant_app.models.json import TextJSONField


class StepQuerySet(models.QuerySet["Step"]):
    def positions_to(self, application_id: uuid.UUID, sequence_id: int | None) -> list[Step]:
        """Return the steps that lead to `sequence_id`, oldest first. Raise `KeyError` if it is unknown.

        Their `changes`, which are most of the bytes, are deferred.
        """
        steps = self.defer("changes").filter(application_id=application_id)
        return changes.path_to({step.sequence_id: step for step in steps}, sequence_id)

    def times(self, actions: Collection[str], application_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, int]:
        """Return how often one of the actions was completed in each application, with at most one query.

        Leave out applications where none ever was.
        """
        if not application_ids or not actions:
            return {}
        completed = self.filter(
            application_id__in=application_ids,
            base__isnull=False,  # the first step of a fork may be a copy
            position__in=actions,
            status=Step.Status.COMPLETED,
        )
        return dict(completed.order_by().values_list("application_id").annotate(Count("pk")))


class Step(KeepsError):
    """One executed action. Folding the changes from the first step to this one gives its state."""

    class Status(models.TextChoices):
        COMPLETED = "completed", gettext_lazy("Completed")
        FAILED = "failed", gettext_lazy("Failed")

    application = models.ForeignKey("assistant_app.Application", models.CASCADE, related_name="steps")
    sequence_id = models.IntegerField()
    base = models.IntegerField(null=True)  # sequence_id of the step it continues; null for the first
    position = models.CharField(max_length=100)
    status = models.CharField(max_length=10, choices=Status)
    changes = TextJSONField(default=dict)  # see `contract.changes`; read by `engine.history`
    # What a failed step had let out of its text, such as half a draft; null if nothing.
    partial = models.TextField(null=True)  # noqa: DJ001  (null for rows of an older version)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(default=timezone.now)

    objects = StepQuerySet.as_manager()

    class Meta:
        ordering = ["application", "sequence_id"]
        constraints = [
            # A number names one step only.
            models.UniqueConstraint(fields=["application", "sequence_id"], name="step_once"),
            # Bases always point backwards, so a history has no cycles.
            models.CheckConstraint(
                name="step_base_before_it",
                condition=Q(base__isnull=True) | Q(base__lt=F("sequence_id")),
            ),
            # error_code is set if and only if status is failed.
            models.CheckConstraint(
                name="step_error_when_failed",
                condition=Q(Q(status="failed") & ~Q(error_code=""))
                | Q(~Q(status="failed") & Q(error_code="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sequence_id} {self.position}"
