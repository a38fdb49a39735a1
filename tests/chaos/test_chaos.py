"""One fault of each kind while people work: nothing is lost, doubled or told wrongly."""

import pytest
from django.conf import settings

from tests.chaos import rig
from tests.services import needs_nginx, needs_redis_server

pytestmark = [pytest.mark.server, needs_redis_server]
if not settings.IS_SQLITE:
    pytestmark.append(needs_nginx)


def test_every_fault_once_loses_and_doubles_nothing():
    database = "sqlite" if settings.IS_SQLITE else "postgresql"
    with rig.RIGS[database]() as running:
        record, problems, figures = rig.run(running, rig.every_fault_once, seed=1, people=3)
        assert figures["faults"] == dict.fromkeys(sorted(running.faults), 1)
    print(figures)
    assert problems == []
    assert len(record.flows) >= 3
    assert figures["runs that failed"]
    assert figures["followers"]
