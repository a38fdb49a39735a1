"""The upgrade as docs/how-to/upgrade.md says: migrate while the previous version serves, then go over.

The archive beside this file is that version's code, named after its release. Once a version is released, it
takes the place: docs/how-to/release.md.
"""

import tarfile
import tempfile
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings

from tests.model_server import Reply
from tests.real_server import RealServer, wait_until
from tests.server.walking import NumberedModel, Walker

pytestmark = pytest.mark.server

(ARCHIVE,) = Path(__file__).parent.glob("*.tar.xz")
AT_ONCE = 3
POSTGRESQL = not settings.IS_SQLITE


class Previous(RealServer):
    """A server of the previous version."""

    def __init__(self, **options):
        super().__init__(**options)
        self._code = tempfile.TemporaryDirectory(prefix="previous-")
        with tarfile.open(ARCHIVE) as archive:
            archive.extractall(self._code.name, filter="data")
        self.root = Path(self._code.name)

    def __exit__(self, *_):
        super().__exit__(*_)
        self._code.cleanup()


class Balancer:
    """Sends everybody to one server; whoever is under way there is waited for before it is stopped."""

    def __init__(self, server):
        self.server = server
        self.emails, self.answers, self.over = [], 0, threading.Event()
        self._lock, self._busy = threading.Lock(), Counter()

    @contextmanager
    def client(self):
        """Lead to whoever serves by now."""
        with self._lock:
            server = self.server
            self._busy[server] += 1
        try:
            with server.client() as client:
                yield client
        finally:
            with self._lock:
                self._busy[server] -= 1
                self.answers += 1

    def go_over_to(self, server):
        with self._lock:
            before, self.server = self.server, server
        wait_until(lambda: not self._busy[before] or self.failed())

    def walk(self):
        """Answer one email after the other; a request that fails raises, and is lost."""
        while not self.over.is_set():
            with self.client() as client:
                self.emails.append(walker := Walker(client))
            while True:
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

    def start(self, pool):
        self.walks = [pool.submit(self.walk) for _ in range(AT_ONCE)]


def one_at_each_step(server, model):
    """Return emails that wait for each step, and one whose draft is being written, with its gate."""
    gate = threading.Event()
    with server.client() as ida:
        walkers = [Walker(ida) for _ in range(5)]
        for walker, steps in zip(walkers, (0, 1, 2, 3, 2), strict=True):
            for _ in range(steps):
                walker.send_next(ida, is_async=False)
        asked = len(model.received)
        model.script(Reply(text=model.next_draft(), gate=gate))
        walkers[-1].send_next(ida, is_async=True)
        wait_until(lambda: len(model.received) > asked)
    return walkers, gate


def test_no_request_is_lost_while_the_database_and_then_the_server_is_upgraded():
    model = NumberedModel(latency=0.01).start()
    with (
        Previous(model=model, postgresql=POSTGRESQL) as before,
        ThreadPoolExecutor(AT_ONCE) as pool,
    ):
        waiting, gate = one_at_each_step(before, model)
        balancer = Balancer(before)
        balancer.start(pool)
        balancer.wait_for_more()

        after = RealServer(model=model, beside=before)
        after.run("manage.py", "migrate", "--no-input")  # the previous version serves
        balancer.wait_for_more()  # and goes on to

        with after:
            balancer.go_over_to(after)
            gate.set()  # what was begun before ends there
            assert before.stop() == 0
            balancer.wait_for_more()
            balancer.over.set()
            for walk in balancer.walks:
                walk.result()
            with after.client() as ida:
                for walker in waiting:
                    walker.go_on(ida)
            for walker in [*waiting, *balancer.emails]:
                walker.check(after)
            assert sum(walker.continued for walker in waiting) == 0
    model.stop()
