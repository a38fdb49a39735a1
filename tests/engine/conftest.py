"""What the tests of limits share."""

import pytest

from assistant_app.models import Usage


def used(user):
    row = Usage.objects.filter(owner=user).first()
    return (row.drafts, row.tokens) if row else (0, 0)


@pytest.fixture
def budget(settings):
    settings.MAX_RUNS_AT_ONCE = 0
    settings.MAX_DRAFTS_PER_DAY = 3
    return settings
