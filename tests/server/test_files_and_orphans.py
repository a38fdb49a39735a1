"""What the server leaves on the machine: files that only it may read, and no processes."""

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.real_server import ROOT, RealServer, accepts, wait_until

pytestmark = pytest.mark.server


def is_closed(path):
    return stat.S_IMODE(path.stat().st_mode) & 0o077 == 0


def test_files_that_were_open_to_all_are_closed_by_the_next_start():
    with RealServer() as server:
        server.stop()
        server.data.chmod(0o755)
        for path in server.data.glob("*.sqlite3*"):
            path.chmod(0o644)
        (server.data / "backup.sqlite3").touch(0o644)
        server.restart()
        with server.client() as ida:
            assert ida.post("/api/applications/").status_code == 201
        names = {path.name for path in server.data.glob("*.sqlite3*")}
        left_open = [path for path in server.data.glob("*.sqlite3*") if not is_closed(path)]

    assert {"db.sqlite3", "db.sqlite3-wal", "db.sqlite3-shm", "backup.sqlite3"} <= names
    assert left_open == []


def test_a_database_in_a_folder_that_all_may_read_is_made_closed(tmp_path):
    tmp_path.chmod(0o755)
    elsewhere, data = tmp_path / "db", tmp_path / "data"
    elsewhere.mkdir(mode=0o755)
    env = os.environ | {"DATA_DIR": str(data), "DATABASE_URL": f"sqlite:///{elsewhere}/mail.db"}
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(command, cwd=ROOT, env=env, check=True, capture_output=True, umask=0o022)
    assert is_closed(elsewhere / "mail.db")
    assert is_closed(data)


def children_of(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_workers_of_a_killed_master_end_and_the_next_start_gets_the_port():
    with RealServer(env={"WEB_CONCURRENCY": "2"}) as server:
        wait_until(lambda: len(children_of(server.process.pid)) == 2)
        workers = children_of(server.process.pid)
        os.kill(server.process.pid, signal.SIGKILL)
        server.process.wait()
        wait_until(lambda: not any(Path(f"/proc/{worker}/cmdline").exists() for worker in workers))
        assert "The master process is gone" in server.log
        assert not accepts(server.port)
        server.restart()
        with server.client() as ida:
            assert ida.get("/api/applications/").status_code == 200
