"""What a model's server does otherwise than OpenAI's."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy

REMEMBERED = timedelta(days=30)  # servers are upgraded, so they are asked in the usual way again after that


class ServerDeviationQuerySet(models.QuerySet["ServerDeviation"]):
    def remembered(self) -> ServerDeviationQuerySet:
        return self.filter(learned_at__gt=timezone.now() - REMEMBERED)

    def forgotten(self) -> ServerDeviationQuerySet:
        return self.filter(learned_at__lte=timezone.now() - REMEMBERED)


class ServerDeviation(models.Model):
    """An option of requests that a model of a server rejects; `llm.dialect.DEVIATIONS` describes them."""

    server = models.CharField(max_length=255)  # host, port and path
    model = models.CharField(max_length=255)
    option = models.CharField(max_length=100)
    learned_at = models.DateTimeField(default=timezone.now)

    objects = ServerDeviationQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("deviation of a model's server")
        verbose_name_plural = gettext_lazy("deviations of model servers")
        constraints = [
            # Processes that learn the same at once store it once.
            models.UniqueConstraint(fields=["server", "model", "option"], name="serverdeviation_once"),
        ]

    def __str__(self) -> str:
        return f"{self.option} of {self.model} at {self.server}"
