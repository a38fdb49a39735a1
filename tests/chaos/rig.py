"""The servers that are disturbed, the faults, and one run from its beginning to the checked record."""

import os
import random
import signal
import time
from collections import Counter, defaultdict
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from tests.chaos.checker import letter, problems_of
from tests.chaos.people import MARK, Crowd
from tests.chaos.records import Record
from tests.model_server import Reply, error
from tests.own_nginx import OwnNginx
from tests.own_redis import OwnRedis
from tests.real_server import RealServer, wait_until
from tests.server.walking import NumberedModel

ENV = {
    "WEB_CONCURRENCY": "2",
    "RUN_LEASE_SECONDS": "2",
    "MODEL_TIMEOUT_SECONDS": "5",
    "MODEL_RETRIES": "0",  # one attempt is one call
    "SECRET_KEY": "the same on both, and long enough to be one " * 2,
}
BEHIND_NGINX = {"HTTPS": "1", "BEHIND_PROXY": "1"}
LEASES = "SELECT count(*) FROM assistant_app_application WHERE status = 'running' OR lease_token IS NOT NULL"
DISCONNECT = (
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
    " WHERE datname = current_database() AND application_name = 'emailassistant'"
)


class Letters(NumberedModel):
    """Asks one question, and writes a letter whose words carry its number."""

    def next_draft(self):
        self.written += 1
        return letter(self.written)

    def calls(self):
        """Return how many drafts and how many questions it answered to the end, by the mark of the email."""
        counts = defaultdict(lambda: [0, 0])
        for received in list(self.received):
            found = MARK.search(str(received.body))
            if received.is_complete and found:
                counts[found[1]]["response_format" in received.body] += 1
        return counts


class Rig:
    def __init__(self, servers, front, redis, model):
        self.servers, self.front, self.redis, self.model = servers, front, redis, model
        self.faults = {
            "a worker killed": self.kill_a_worker,
            "a worker suspended": self.suspend_a_worker,
            "Redis killed": self.kill_redis,
            "Redis suspended": self.suspend_redis,
            "the model's connections cut": self.cut_the_model,
            "the model answers 500": self.fail_the_model,
            "the model hangs": self.hang_the_model,
            "a letter cut off": self.cut_a_letter,
        }
        if not hasattr(servers[0].database, "path"):
            self.faults["database connections ended"] = self.end_connections

    # --- Faults: each gets dice and the seconds that it lasts ------------------------------------

    def kill_a_worker(self, dice, seconds):
        with suppress(ProcessLookupError):
            os.kill(self._worker(dice), signal.SIGKILL)

    def suspend_a_worker(self, dice, seconds):
        pid = self._worker(dice)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
            time.sleep(seconds)
            os.kill(pid, signal.SIGCONT)

    def _worker(self, dice):
        """Wait until a server has a worker, and return the id of one."""
        master = dice.choice(self.servers).process.pid
        children = Path(f"/proc/{master}/task/{master}/children")
        wait_until(lambda: children.read_text().split())
        return int(dice.choice(sorted(children.read_text().split())))

    def kill_redis(self, dice, seconds):
        self.redis.kill()
        time.sleep(seconds)
        self.redis.start()

    def suspend_redis(self, dice, seconds):
        with self.redis.stood_still():
            time.sleep(seconds)

    def end_connections(self, dice, seconds):
        self.servers[0].rows(DISCONNECT)

    def cut_the_model(self, dice, seconds):
        self._answer(Reply(drop=True), Reply(drop=True))

    def fail_the_model(self, dice, seconds):
        self._answer(*[error(500, "Overloaded.")] * 3)

    def hang_the_model(self, dice, seconds):
        self._answer(Reply(hang=True))

    def cut_a_letter(self, dice, seconds):
        reply = self.model.standing
        reply.drop_after = dice.randrange(1, 20)
        self._answer(reply)

    def _answer(self, *replies):
        """Let the model give these replies, and wait until it has given them."""
        self.model.script(*replies)
        wait_until(lambda: self.model.is_script_over)


@contextmanager
def sqlite_rig():
    """One server of two processes on one file."""
    with ExitStack() as stack:
        model = stack.enter_context(Letters(latency=0.03, rate=150))
        redis = stack.enter_context(OwnRedis())
        server = stack.enter_context(RealServer(model=model, env=ENV | {"REDIS_URL": redis.url}))
        yield Rig([server], server, redis, model)


@contextmanager
def postgresql_rig():
    """nginx before two servers of two processes each."""
    with ExitStack() as stack:
        model = stack.enter_context(Letters(latency=0.03, rate=150))
        redis = stack.enter_context(OwnRedis())
        env = ENV | BEHIND_NGINX | {"REDIS_URL": redis.url}
        first = stack.enter_context(RealServer(model=model, env=env, postgresql=True))
        second = stack.enter_context(RealServer(model=model, env=env, beside=first))
        front = stack.enter_context(OwnNginx([first, second]))
        yield Rig([first, second], front, redis, model)


RIGS = {"sqlite": sqlite_rig, "postgresql": postgresql_rig}


def every_fault_once(rig, dice):
    """Yield each kind of fault in a random order, with the seconds that it lasts and those after it.

    How much work comes in between does not depend on these: each fault waits until a model is at work.
    """
    kinds = list(rig.faults)
    dice.shuffle(kinds)
    for kind in kinds:
        yield kind, 0.5, 0.1


def faults_for(minutes):
    """Return a plan of random faults for so many minutes."""

    def plan(rig, dice):
        end = time.monotonic() + minutes * 60
        while time.monotonic() < end:
            yield dice.choice(list(rig.faults)), dice.choice([0.5, 2, 6]), dice.uniform(0.5, 4)

    return plan


def run(rig, plan, *, seed, people):
    """Let people work while the plan's faults happen; return the record, its problems, and the figures."""
    dice = random.Random(seed)
    happened = Counter()
    began = time.monotonic()
    crowd = Crowd(rig.front, seed, people)
    try:
        for kind, seconds, pause in plan(rig, dice):
            wait_until(lambda: rig.model.is_answering)  # so that a run is under way
            rig.faults[kind](dice, seconds)
            happened[kind] += 1
            time.sleep(pause)
    finally:
        rig.model.forget_script()
        flows = crowd.finish()
    calls = rig.model.calls()
    for flow in flows:
        flow.draft_calls, flow.question_calls = calls[flow.mark]
    record = Record(flows, rig.front.rows(LEASES)[0][0], crowd.unfinished)
    return record, problems_of(record), figures(record, happened, time.monotonic() - began)


def figures(record, happened, seconds):
    """Return what happened, by name."""
    flows = record.flows
    sent = [sent for flow in flows for sent in flow.sent]
    followed = [followed for flow in flows for followed in flow.followed]
    failed = Counter(
        state["error"]["code"]
        for flow in flows
        for before, state in zip([None, *flow.states], flow.states, strict=False)
        if state["status"] == "failed" and (before is None or before["version"] != state["version"])
    )
    return {
        "seconds": round(seconds),
        "emails": len(flows),
        "steps sent": len(sent),
        "runs that failed": dict(failed),
        "followers": len(followed),
        "events told": sum(len(each.told) for each in followed),
        "times a follower began again": sum(("draft", {"text": ""}) in each.told for each in followed),
        "model calls": sum(flow.draft_calls + flow.question_calls for flow in flows),
        "faults": dict(sorted(happened.items())),
    }
