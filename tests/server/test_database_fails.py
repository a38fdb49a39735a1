"""A database that is away, hangs, or cannot be written: who asks hears so soon, and the log says why."""

import ctypes
import os
import resource
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from emailassistant.request_threads import MOST_BUSY
from tests.benchmarks.stage import sessions
from tests.own_postgresql import OwnPostgresql
from tests.real_server import RealServer, wait_until
from tests.server.conftest import new_email
from tests.services import needs_postgresql_programs, on_postgresql

pytestmark = pytest.mark.server

UNWRITABLE = "The database cannot be written at the moment."
DROP_CAPABILITY, OVERRIDE_PERMISSIONS = 24, 1  # PR_CAPBSET_DROP and CAP_DAC_OVERRIDE of Linux
FEW_BYTES = 30_000  # no file of the server may grow beyond that


# --- SQLite ----------------------------------------------------------------------------------------


def limit_files_of(pid, size):
    """Let each write beyond that size fail, as on a full disk; for root as for everybody."""
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def test_a_full_disk_is_named_in_the_log_and_by_readyz_and_is_recovered_from():
    with RealServer() as server, server.client() as ida:
        new_email(ida)
        limit_files_of(server.worker_pid, FEW_BYTES)
        wait_until(lambda: ida.get("/readyz").status_code == 503)
        problem = ida.get("/readyz").json()["problem"]
        refused = [answer for _ in range(30) if (answer := ida.post("/api/applications/")).status_code != 201]
        log = server.log
        limit_files_of(server.worker_pid, resource.RLIM_INFINITY)
        wait_until(lambda: ida.get("/readyz").status_code == 200)
        recovered = ida.post("/api/applications/").status_code

    assert "Nothing can be written where the database is" in problem
    assert {answer.status_code for answer in refused} == {503}
    assert {answer.json()["code"] for answer in refused} == {"database_unavailable"}
    causes = [line for line in log.splitlines() if "The database failed: " in line]
    assert any("SQLITE_" in line for line in causes), log
    assert len(causes) <= 4  # a few causes, each once: not one for each request
    assert recovered == 201


def test_a_database_without_its_tables_is_named():
    with RealServer() as server:
        server.stop()
        for path in server.data.glob("db.sqlite3*"):
            path.unlink()
        server.restart()
        answer = server.get("/readyz")
    assert answer.status_code == 503
    assert "manage.py migrate" in answer.json()["problem"]


@contextmanager
def only_readable(path):
    mode = path.stat().st_mode
    path.chmod(0o400)
    try:
        yield
    finally:
        path.chmod(mode)


def restart_as_ordinary_user(server):
    """Restart it without the capability to write what it may not write, which root has."""

    def restart():
        ctypes.CDLL(None).prctl(DROP_CAPABILITY, OVERRIDE_PERMISSIONS, 0, 0, 0)  # of this thread only
        server.restart()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(restart).result()


def test_a_file_that_can_only_be_read_is_named_everywhere_and_is_recovered_from():
    with RealServer() as server, server.client() as ida:
        app_id = new_email(ida)
        [session] = sessions(server, "ida")
        server.stop()
        with only_readable(server.data / "db.sqlite3"):
            restart_as_ordinary_user(server)
            ready = server.get("/readyz")
            read = ida.get(f"/api/applications/{app_id}/")
            refused = ida.post("/api/applications/")
            pages = [
                server.get(path, cookies={"sessionid": session}) for path in ("/", "/new/", "/settings/")
            ]
            shown = server.get("/sign-in/")
            server.stop()
        server.restart()
        recovered = ida.post("/api/applications/").status_code

    assert (ready.status_code, ready.json()["problem"]) == (503, "The database file cannot be written.")
    assert (read.status_code, shown.status_code) == (200, 200)  # what needs no write
    assert (refused.status_code, refused.json()["code"]) == (503, "database_unavailable")
    assert refused.json()["message"] == UNWRITABLE
    for page in pages:
        assert (page.status_code, page.headers["Retry-After"]) == (503, "5")
        assert UNWRITABLE in page.text
    assert recovered == 201


# --- PostgreSQL ------------------------------------------------------------------------------------


def needs_cluster(test):
    for mark in (on_postgresql, needs_postgresql_programs, pytest.mark.postgresql):
        test = mark(test)
    return test


@pytest.fixture
def cluster():
    with OwnPostgresql() as cluster:
        yield cluster


@pytest.fixture
def server(cluster):
    with RealServer(postgresql=cluster.url) as server:
        yield server


def threads_of(pid):
    return len(os.listdir(f"/proc/{pid}/task"))


def timed(server, address):
    """Ask over a connection of its own: many threads must not share a client."""
    with server.client() as ida:
        began = time.monotonic()
        return ida.get(address).status_code, time.monotonic() - began


@needs_cluster
def test_while_it_is_away_all_hear_so_and_few_threads_wait(server, cluster):
    with server.client() as ida:
        assert ida.get("/readyz").status_code == 200
        cluster.stop()
        first = timed(server, "/readyz")
        with ThreadPoolExecutor(200) as pool:
            reads = [pool.submit(timed, server, "/api/applications/") for _ in range(200)]
            most = 0
            while not all(read.done() for read in reads):
                most = max(most, threads_of(server.worker_pid))
        page = timed(server, "/sign-in/")
        log = server.log
        cluster.start()
        wait_until(lambda: ida.get("/readyz").status_code == 200)
        assert ida.get("/api/applications/").status_code == 200

    # The product promises 2 and 5 seconds. The old limit was 30, so this is no matter of a slow machine.
    assert first[0] == 503
    assert first[1] < 10
    assert {read.result()[0] for read in reads} == {503}
    assert max(read.result()[1] for read in reads) < 20
    assert page[0] == 503
    assert page[1] < 10
    assert most < MOST_BUSY + 30
    assert "The database failed: connection " in log
    assert log.count("The database failed: ") < 10


@needs_cluster
def test_one_that_hangs_is_not_ready_and_recovers(server, cluster):
    with server.client() as ida:
        assert ida.get("/readyz").status_code == 200
        pids = cluster.pids()
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            answer = ida.get("/readyz")
            alive = ida.get("/healthz")
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)
        wait_until(lambda: ida.get("/readyz").status_code == 200)
        assert ida.get("/api/applications/").status_code == 200

    assert answer.status_code == 503
    assert "no answer" in answer.json()["problem"]
    assert alive.status_code == 200


@needs_cluster
def test_one_that_refuses_writes_is_not_ready_and_says_so(server, cluster):
    with server.client() as ida:
        cluster.execute(f'ALTER DATABASE "{server.database.name}" SET default_transaction_read_only = on')
        cluster.disconnect(server.database.name)
        wait_until(lambda: ida.get("/readyz").status_code == 503)
        problem = ida.get("/readyz").json()["problem"]
        answer = ida.post("/api/applications/")
        log = server.log
        cluster.execute(f'ALTER DATABASE "{server.database.name}" RESET default_transaction_read_only')
        cluster.disconnect(server.database.name)
        wait_until(lambda: ida.get("/readyz").status_code == 200)

    assert problem == "The database can only be read."
    assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")
    assert answer.json()["message"] == "The database cannot be written at the moment."
    assert "read-only transaction 25006" in log
