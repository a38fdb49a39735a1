"""The base of every measurement: the real server, a model server, users, and their CPU time."""

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.benchmarks.client import Client
from tests.real_server import ROOT, RealServer, free_port, wait_until
from tests.services import listens

MOST_PEOPLE = 32
PEOPLE = tuple(f"person{number}" for number in range(MOST_PEOPLE))
TICKS = os.sysconf("SC_CLK_TCK")
BACKGROUND = ("walwriter", "checkpointer", "background writer", "autovacuum")  # of PostgreSQL

SIGN_IN = """
import django, sys
django.setup()
from django.contrib.auth import get_user_model
from django.test import Client
for name in sys.argv[1:]:
    user, _ = get_user_model().objects.get_or_create(username=name)
    if name == "root":
        user.is_staff = user.is_superuser = True
        user.save()
    client = Client(SERVER_NAME="localhost")
    client.force_login(user)
    print(client.cookies["sessionid"].value)
"""


@contextmanager
def served(*, database="PostgreSQL", people=PEOPLE, env=None, **model):
    """Start a model server with these options (`model_server`) and the product, each in its own process."""
    with model_server(**model) as url:
        told = {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": "test", **(env or {})}
        with RealServer(postgresql=database == "PostgreSQL", env=told, people=people) as server:
            yield server


@contextmanager
def model_server(**options):
    """Yield the address of a model's server; see `model` for its options."""
    port = free_port()
    command = [sys.executable, "-m", "tests.benchmarks.model", json.dumps({"port": port, **options})]
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        wait_until(lambda: listens(f"http://127.0.0.1:{port}"))
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.kill()
        process.wait()


def api_clients(server, number=1):
    return [Client(server.url, token=server.tokens[name]) for name in server.people[:number]]


def page_clients(server, number=1):
    return [Client(server.url, session=session) for session in sessions(server, *server.people[:number])]


def sessions(server, *names):
    """Sign people in, without a password's half second; `root` may do anything."""
    return server.run("-c", SIGN_IN, *names).split()


def run_beside(server, module, *arguments):
    """Run a module in the server's environment; return the JSON that it prints last."""
    return json.loads(server.run("-m", module, *arguments).splitlines()[-1])


# --- CPU -----------------------------------------------------------------------------------------


def cpu_of(server, function):
    """Return the CPU seconds that the server's and the database's processes used meanwhile."""
    before = server_cpu(server), database_cpu(server)
    function()
    return server_cpu(server) - before[0], database_cpu(server) - before[1]


def server_cpu(server):
    """Sum up user and system time of the server's processes, as /proc/PID/stat has it."""
    return sum(process.ticks for process in processes_of(server)) / TICKS


def database_cpu(server):
    """The same of PostgreSQL's processes for this database and of those that write for all of them.

    Zero with SQLite, which works inside the server's processes.
    """
    names = (getattr(server.database, "name", "no database"), *BACKGROUND)
    titled = (process for process in processes() if process.title.startswith("postgres:"))
    return sum(process.ticks for process in titled if any(name in process.title for name in names)) / TICKS


def processes_of(server):
    return [process for process in processes() if process.group == server.process.pid]


class Process(NamedTuple):
    pid: int
    group: int
    ticks: int  # of CPU
    title: str


def processes():
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            title = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:  # it has just ended
            continue
        yield Process(int(folder.name), int(fields[2]), int(fields[11]) + int(fields[12]), title)
