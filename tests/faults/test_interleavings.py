"""Users, servers, the model and the database act in any order: see `machine`.

CI uses the same examples each time. To run other examples for any time:

    FAULT_SECONDS=3600 python -m pytest tests/faults/test_interleavings.py -s -o faulthandler_timeout=0
"""

import os
import time

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.faults.machine import Machine

SECONDS = float(os.environ.get("FAULT_SECONDS", "0"))
ALWAYS = settings(
    max_examples=35,
    stateful_step_count=40,
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate, *([Phase.shrink] if SECONDS else [])],  # shrinking takes minutes
)


@pytest.fixture(autouse=True)
def _servers_are_small_and_leases_last(settings):
    settings.SHUTDOWN_GRACE_SECONDS = 0
    settings.RUN_LEASE_SECONDS = 3600
    settings.RUNNER_DB_THREADS = 2


@pytest.mark.django_db(transaction=True)
def test_what_must_hold_holds():
    end, examples = time.monotonic() + SECONDS, 0
    while not examples or time.monotonic() < end:
        run_state_machine_as_test(Machine, settings=settings(ALWAYS, derandomize=not SECONDS))
        examples += ALWAYS.max_examples
        print(f"{examples} examples of up to {ALWAYS.stateful_step_count} steps", flush=True)
