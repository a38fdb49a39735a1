"""kill -9 at any moment: each email can be continued to its end, and nothing is lost or duplicated.

`CRASHES=50 pytest tests/server/test_crashes.py -k random` kills more often.
"""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from django.conf import settings

from tests.model_server import ModelServer, Reply, questions
from tests.real_server import DEADLINE, ROOT, RealServer, wait_until
from tests.server.conftest import new_email
from tests.server.streaming import begin_input
from tests.server.walking import NumberedModel, Walker

pytestmark = pytest.mark.server

CRASHES = int(os.environ.get("CRASHES", "10"))
AT_ONCE = 4
POSTGRESQL = not settings.IS_SQLITE


@pytest.fixture(scope="module")
def model():
    with NumberedModel(latency=0.03, rate=200) as model:
        yield model


@pytest.fixture(scope="module")
def server(model):
    with RealServer(model=model, postgresql=POSTGRESQL, env={"RUN_LEASE_SECONDS": "1"}) as server:
        yield server


# --- In each phase -------------------------------------------------------------------------------


def as_soon_as_it_is_stored(model, gate):
    """Kill right after the answer; the model is asked at about the same time."""


def when_the_model_was_asked(model, gate):
    wait_until(lambda: model.received)


def when_the_model_has_answered(model, gate):
    gate.set()
    wait_until(lambda: model.received and model.received[-1].is_complete)


def in_the_middle_of_the_text(model, gate):
    wait_until(lambda: model.received)
    # The gate is closed after three words. The test does not know when the server has read them.


PHASES = [
    (step, moment)
    for step in ("questions", "draft", "revised draft")
    for moment in (as_soon_as_it_is_stored, when_the_model_was_asked, when_the_model_has_answered)
] + [(step, in_the_middle_of_the_text) for step in ("draft", "revised draft")]


def held_reply(model, step, moment, gate):
    if step == "questions":
        return Reply(text=questions("Until when?").text, gate=gate)
    if moment is in_the_middle_of_the_text:
        return Reply(text=model.next_draft(), has_markers=True, gate_after=(3, gate))
    return Reply(text=model.next_draft(), gate=gate)


@pytest.mark.parametrize(("step", "moment"), PHASES)
def test_a_crash_in_a_phase_loses_nothing(server, model, step, moment):
    gate = threading.Event()
    with server.client() as ida:
        walker = Walker(ida)
        for _ in range(("questions", "draft", "revised draft").index(step)):
            walker.send_next(ida, is_async=False)
        model.received.clear()
        model.script(held_reply(model, step, moment, gate))
        walker.send_next(ida, is_async=True)
        moment(model, gate)
        server.kill()
    gate.set()
    model.forget_script()
    server.restart()
    with server.client() as ida:
        walker.go_on(ida)
    walker.check(server)


def test_a_killed_worker_is_replaced_and_its_runs_go_on(server, model):
    gate = threading.Event()
    with server.client() as ida:
        walker = Walker(ida)
        model.received.clear()
        model.script(held_reply(model, "questions", when_the_model_was_asked, gate))
        walker.send_next(ida, is_async=True)
        wait_until(lambda: model.received)
    killed = server.worker_pid
    os.kill(killed, signal.SIGKILL)
    gate.set()
    wait_until(lambda: server.worker_pid not in (None, killed) and server.answers())
    with server.client() as ida:
        walker.go_on(ida)
    walker.check(server)


# --- At random moments ---------------------------------------------------------------------------


def walk_until_the_crash(server, walkers, seconds):
    def walk(walker):
        try:
            with server.client() as client:
                walker.go_on(client, is_async=lambda: random.random() < 0.5)
        except (httpx.TransportError, httpx.StreamError):
            pass  # the server was killed

    with ThreadPoolExecutor(len(walkers)) as pool:
        walks = [pool.submit(walk, walker) for walker in walkers]
        time.sleep(seconds)
        server.kill()
    for each in walks:
        each.result()


def test_crashes_at_random_moments_lose_nothing(server, model):
    dice = random.Random(20)
    walkers, everybody = [], []
    for _ in range(CRASHES):
        with server.client() as ida:
            fresh = [Walker(ida) for _ in range(AT_ONCE - len(walkers))]
        walkers += fresh
        everybody += fresh
        walk_until_the_crash(server, walkers, dice.uniform(0, 1.2))
        server.restart()
        with server.client() as ida:
            walkers = [walker for walker in walkers if walker.look(ida)["status"] != "finished"]
    with server.client() as ida:
        for walker in walkers:
            walker.go_on(ida)
    continued = sum(walker.continued for walker in everybody)
    print(f"{CRASHES} crashes, {len(everybody)} emails, {continued} runs continued.")
    assert continued
    for walker in everybody:
        walker.check(server)


# --- Stopped with work under way -----------------------------------------------------------------


def test_sigterm_under_load_interrupts_nothing_that_could_finish():
    with ModelServer(latency=0.5) as slow, RealServer(model=slow, postgresql=POSTGRESQL) as server:
        with server.client() as ida:
            for app_id in [new_email(ida) for _ in range(20)]:
                begin_input(ida, app_id)
        assert server.stop() == 0
        assert server.rows("SELECT status, count(*) FROM assistant_app_application GROUP BY status") == [
            ("waiting", 20)
        ]
        assert server.rows("SELECT count(*) FROM assistant_app_step WHERE status = 'failed'") == [(0,)]


# --- manage.py resume_interrupted ----------------------------------------------------------------


@pytest.fixture
def left_behind(model_server, gate):
    """A killed server with three unfinished runs."""
    env = {"RUN_LEASE_SECONDS": "1"}
    with RealServer(model=model_server, postgresql=POSTGRESQL, env=env) as server:
        with server.client() as ida:
            for app_id in [new_email(ida) for _ in range(3)]:
                begin_input(ida, app_id)
        server.kill()
        gate.set()
        yield server


def statuses(server):
    return server.rows("SELECT status, count(*) FROM assistant_app_application GROUP BY status")


def test_the_command_continues_what_a_killed_server_left(left_behind):
    said = []

    def nothing_is_left():
        said.append(left_behind.run("manage.py", "resume_interrupted"))  # until all leases expired
        return statuses(left_behind) == [("waiting", 3)]

    wait_until(nothing_is_left)
    assert sum(int(line.split()[1].rstrip(",")) for line in said) == 3


def test_the_command_watches_for_what_a_killed_server_leaves(left_behind):
    watching = subprocess.Popen(
        [sys.executable, "manage.py", "resume_interrupted", "--watch", "0.1"],
        env=left_behind.env,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: statuses(left_behind) == [("waiting", 3)])
        watching.send_signal(signal.SIGTERM)
        assert watching.wait(DEADLINE) == 0
    finally:
        watching.kill()
        watching.wait()
