"""Shared fixtures of the engine's tests."""

from datetime import timedelta

import pytest
from django.utils import timezone

from assistant_app.engine.runner import Runner
from assistant_app.models import Application, Usage


def used(user):
    row = Usage.objects.filter(owner=user).first()
    return (row.drafts, row.tokens) if row else (0, 0)


@pytest.fixture
def budget(settings):
    settings.MAX_RUNS_AT_ONCE = 0
    settings.MAX_DRAFTS_PER_DAY = 3
    return settings


@pytest.fixture
def expire_lease(monkeypatch):
    """Expire a lease while its run goes on, as if its server were suspended and renewed nothing."""

    async def nothing_is_renewed(self):
        pass

    def expire(app_id):
        past = timezone.now() - timedelta(seconds=1)
        Application.objects.filter(pk=app_id).update(lease_expires_at=past)

    monkeypatch.setattr(Runner, "_renew", nothing_is_renewed)
    return expire
