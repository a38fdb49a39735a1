"""Staff without rate limits, who may see every address, and a heap without what other tests left."""

import gc

import pytest

from tests.bounded.door import Door


@pytest.fixture(scope="module")
def without_garbage_of_others():
    """Keep what earlier tests left out of collections, as the server does with what it loads at its start."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture
def door(owner, settings, without_garbage_of_others):
    owner.is_staff = owner.is_superuser = True
    owner.save()
    settings.API_RATE_USER = "100000/minute"
    settings.MAX_DRAFTS_PER_DAY = settings.MAX_RUNS_AT_ONCE = settings.MAX_ROUNDS = 0
    return Door(owner)
