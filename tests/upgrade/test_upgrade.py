"""The upgrade as docs/how-to/upgrade.md says: migrate while the previous version serves, then go over.

For a while both versions serve at once, as they do where several servers are restarted one after the other.
"""

import json
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count

import pytest
from django.conf import settings

from tests.real_server import RealServer, wait_until
from tests.server.conftest import drafts_asked
from tests.server.walking import STEPS, NumberedModel, Walker
from tests.upgrade import emails
from tests.upgrade.account import NAME, Account
from tests.upgrade.emails import Email
from tests.upgrade.previous import Previous

pytestmark = pytest.mark.server

AT_ONCE = 3
POSTGRESQL = not settings.IS_SQLITE
PAUSE = 0.2  # seconds between two requests of a walker: the rest of the test needs the machine as well
# Both versions have the same key, so that everybody stays signed in. A held call must not time out.
ENV = {"SECRET_KEY": "of both versions", "MODEL_TIMEOUT_SECONDS": "3600"}


class Balancer:
    """Sends everybody to one server after the other; waits for requests under way before one is stopped."""

    def __init__(self, *servers):
        self.servers = servers
        self.emails, self.answers, self.over = [], 0, threading.Event()
        self._lock, self._busy, self._turns = threading.Lock(), Counter(), count()
        self._pool = ThreadPoolExecutor(AT_ONCE)

    def __enter__(self):
        self.walks = [self._pool.submit(self.walk) for _ in range(AT_ONCE)]
        return self

    def __exit__(self, *_):
        self.over.set()
        self._pool.shutdown()

    @contextmanager
    def client(self):
        """Lead to the server whose turn it is."""
        with self._lock:
            server = self.servers[next(self._turns) % len(self.servers)]
            self._busy[server] += 1
        try:
            with server.client() as client:
                yield client
        finally:
            with self._lock:
                self._busy[server] -= 1
                self.answers += 1

    def go_over_to(self, *servers):
        with self._lock:
            before, self.servers = set(self.servers), servers
        wait_until(lambda: not any(self._busy[each] for each in before - set(servers)) or self.failed())

    def walk(self):
        """Answer one email after the other; a request that fails raises, and is lost."""
        while not self.over.is_set():
            with self.client() as client:
                self.emails.append(walker := Walker(client))
            while True:
                time.sleep(PAUSE)
                with self.client() as client:
                    answer = client.get("/api/applications/")
                    assert answer.status_code == 200, answer.text
                    state = walker.look(client)
                    if state["status"] == "finished":
                        break
                    assert state["status"] != "failed", state["error"]
                    if state["status"] == "waiting":
                        walker.send_next(client, is_async=False)

    def wait_for_more(self, number=10):
        """Wait until that many further requests were answered."""
        wanted = self.answers + number
        wait_until(lambda: self.answers > wanted or self.failed())
        assert not self.failed(), self.failed()

    def failed(self):
        return [walk.exception() for walk in self.walks if walk.done() and walk.exception()]

    def finish(self):
        """Let each walker finish its email and begin no other."""
        self.over.set()
        for walk in self.walks:
            walk.result()


def one_at_each_step(server, model):
    """Return emails that wait for each step, and one whose draft is being written, with its gate."""
    with server.client() as ida:
        walkers = [Email(ida, steps=steps) for steps in (0, 1, 2, 3, 2)]
        gate = walkers[-1].begins(ida, model)
    return walkers, gate


def left_behind(before, model, account):
    """Return two emails whose server was killed while it wrote. The administrator has released the first."""
    with Previous(model=model, beside=before, env={**ENV, "RUN_LEASE_SECONDS": "1"}) as killed:
        with killed.client() as ida:
            released, left = Email(ida, steps=1), Email(ida, steps=2)
            gates = [email.begins(ida, model) for email in (released, left)]
        killed.kill()
    for gate in gates:
        gate.set()
    wait_until(lambda: account.releases(released.app_id))
    with before.client() as ida:
        for email in (released, left):
            assert email.wait_until_it_stands(ida)["error"]["code"] == "interrupted"
    return [released, left]


def in_every_state(before, model, account):
    """Return emails of every state that there is, and what lets the runs under way go on."""
    with before.client() as ida:
        made = [
            *emails.waiting(ida),
            *emails.forks(ida),
            *emails.failed(ida, model),
            *emails.stopped(ida, model),
        ]
        made += left_behind(before, model, account)
        runs, gates = emails.running(ida, model)
    return [*made, *runs], gates


def assert_every_state_is_there(states):
    assert {state["status"] for state in states} == {"waiting", "running", "failed", "finished"}
    steps = {state["next_step"] for state in states if state["status"] == "waiting"}
    assert steps == {"process_input", "clarify_instructions", "process_feedback"}
    codes = {state["error"]["code"] for state in states if state["error"]}
    assert codes == {"model_failed", "model_unavailable", "cancelled", "interrupted"}


def shown(server, walkers, *parts):
    """Return what a server shows of these emails, by id and address, without its own address."""
    with server.client() as ida:
        answers = {
            (walker.app_id, part): ida.get(f"/api/applications/{walker.app_id}/{part}")
            for walker in walkers
            for part in parts
        }
    assert [answer.text for answer in answers.values() if answer.status_code != 200] == []
    return {asked: json.loads(answer.text.replace(server.url, "")) for asked, answer in answers.items()}


def assert_holds(now, before):
    """Compare: whatever a version showed is there, unchanged; there may be more fields."""
    if isinstance(before, dict):
        for name, value in before.items():
            assert name in now, name
            assert_holds(now[name], value)
    elif isinstance(before, list):
        assert len(now) == len(before)
        for one, other in zip(now, before, strict=True):
            assert_holds(one, other)
    else:
        assert now == before


def go_on_in_turn(walkers, after, before):
    """Take a step of each email on the one, the next on the other; each reads what the other wrote."""
    with after.client() as new, before.client() as old:
        for walker in walkers:
            walker.look(new)
            walker.take_a_step(new)
            walker.look(old)
            walker.take_a_step(old)
            walker.look(new)


def finish_and_check(everything, balancer, after, model):
    """Carry each email to its end; the model is told the name that drafts end with."""
    asked = len(drafts_asked(model))
    with after.client() as ida:
        for email in everything:
            email.go_on(ida)
    told = drafts_asked(model)[asked:]
    assert told
    assert all(NAME in str(body["messages"]) for body in told)
    for email in [*everything, *balancer.emails]:
        email.check(after)


def test_no_request_is_lost_while_the_database_and_then_the_server_is_upgraded():
    with (
        NumberedModel(latency=0.01) as model,
        Previous(model=model, postgresql=POSTGRESQL, env=ENV) as before,
        Account(before) as account,
    ):
        waiting, gate = one_at_each_step(before, model)
        others, gates = in_every_state(before, model, account)
        everything = [*waiting, *others]
        showed = shown(before, everything, "", "steps/", "drafts/")
        assert_every_state_is_there([answer for (_, part), answer in showed.items() if part == ""])

        with Balancer(before) as balancer:
            balancer.wait_for_more()
            after = RealServer(model=model, beside=before, env=ENV)
            after.run("manage.py", "migrate", "--no-input")  # the previous version serves
            balancer.wait_for_more()  # and goes on to

            with after:
                assert_holds(shown(after, everything, "", "steps/", "drafts/"), showed)
                account.visit(after, everything)

                balancer.go_over_to(before, after)  # for a while, both serve
                with after.client() as new, before.client() as old:
                    gone_back, runs_on_old = others[1], others[-1]
                    fork = gone_back.fork(new, position="use_draft")
                    everything += [fork, fork.fork(old, position="use_draft")]
                    runs_on_old.stop(new)
                go_on_in_turn(everything, after, before)
                parts = ("steps/", "drafts/")
                # The new version may show more fields.
                assert_holds(shown(after, everything, *parts), shown(before, everything, *parts))
                forks = everything[-2:]
                assert_holds(shown(after, forks, "steps/0/"), shown(before, forks, "steps/0/"))
                balancer.wait_for_more()

                balancer.go_over_to(after)
                for each in (gate, *gates):
                    each.set()  # what was begun before ends there
                assert before.stop() == 0
                balancer.wait_for_more()
                balancer.finish()
                finish_and_check(everything, balancer, after, model)
                assert [email.way for email in waiting] == [STEPS] * len(waiting)
                assert sum(email.continued for email in waiting) == 0
                account.check(after)
