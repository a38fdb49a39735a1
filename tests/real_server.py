"""The real server as a process of its own: gunicorn with our configuration, on a database of its own.

with RealServer(model=model_server, env={"SHUTDOWN_GRACE_SECONDS": "1"}) as server:
    with server.client("ida") as ida:
        ida.post("/api/applications/")
    assert server.stop() == 0
"""

import atexit
import os
import re
import shutil
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import tempfile
import time
import uuid
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import httpx
import psycopg

from tests import leaks
from tests.services import POSTGRES_URL

ROOT = Path(__file__).resolve().parent.parent
DEADLINE = 60  # seconds; a safety net, nothing is judged by it
# For http alone, where nothing is verified: to load the machine's certificates takes longer than a request.
PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
DROP = 'DROP DATABASE IF EXISTS "{}" WITH (FORCE)'
PRODUCT_VARIABLES = ("OPENAI_", "DATABASE_", "EMBEDDED_", "SHUTDOWN_", "RUN", "REDIS_", "WEB_", "MAX_")

SET_UP = """
import django, sys
django.setup()
from django.contrib.auth import get_user_model
from django.core.management import call_command
from assistant_app.models import ApiToken
call_command("migrate", verbosity=0)
for name in sys.argv[1:]:
    user = get_user_model().objects.create(username=name, password="!")
    print(ApiToken.objects.create(user)[1])
"""


class RealServer:
    """Starts on entering, with a migrated database and a token for each person; is killed on leaving.

    `postgresql` may be the URL of another cluster than the tests' own. `beside` is another server, whose
    database and tokens it shares.
    """

    def __init__(
        self, *, env=None, model=None, postgresql=False, people=("ida",), collect=False, beside=None
    ):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.root = ROOT  # of the version that serves
        self.people = people
        self.tokens = {}
        self.process = None
        self._collect = collect
        self._folder = tempfile.TemporaryDirectory(
            prefix="real-server-",
            ignore_cleanup_errors=True,  # who was killed may be there for a moment longer than its master
        )
        self.data = Path(self._folder.name)
        self._beside = beside
        self._cluster = POSTGRES_URL if postgresql is True else postgresql
        own = Postgres(self._cluster) if self._cluster else Sqlite(self.data / "db.sqlite3")
        self.database = beside.database if beside else own
        self.env = self._environment(model, env or {})

    def _environment(self, model, changed):
        kept = {k: v for k, v in os.environ.items() if not k.startswith(PRODUCT_VARIABLES)}
        own = {
            "DJANGO_SETTINGS_MODULE": "emailassistant.settings",
            "DATA_DIR": str(self.data),
            "TMPDIR": str(self.data),
            "DATABASE_URL": self.database.url,
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "EMBEDDED_MODEL": "0",
            "API_RATE_USER": "100000/minute",
            "MAX_RUNS_AT_ONCE": "0",
            "OPENAI_BASE_URL": model.url if model else "",
            "OPENAI_API_KEY": "test" if model else "",
        }
        return kept | own | changed

    # --- Start and stop ------------------------------------------------------------------------

    def __enter__(self):
        try:
            self._set_up()
            if self._collect:
                self.run("manage.py", "collectstatic", "--no-input", "--verbosity", "0")
            self.start()
            self.wait_until_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.process is not None:
            self.kill()
        leaks.note(self.log, "the output of a real server")
        if self._beside is None:
            self.database.drop()
        self._folder.cleanup()

    def _set_up(self):
        if self._beside is not None:
            self.tokens = self._beside.tokens
            if "SECRET_KEY" not in self.env:  # the same on all machines
                shutil.copy(self._beside.data / "secret_key", self.data)
        else:
            origin = migrated(self._cluster, self.people)
            self.database.create(origin.database)
            self.tokens = origin.tokens

    def migrate(self):
        """Set up without a copy: with the code of its own version."""
        self.database.create()
        made = self.run("-c", SET_UP, *self.people)
        self.tokens = dict(zip(self.people, made.split(), strict=True))
        leaks.secrets.update(self.tokens.values())

    def run(self, *arguments):
        """Run Python beside the server, in its environment; return what it printed."""
        command = [sys.executable, *arguments]
        return subprocess.run(
            command, env=self.env, cwd=self.root, check=True, capture_output=True, text=True
        ).stdout

    def start(self):
        # An older version has no start command of its own.
        own = [sys.executable, "-m", "emailassistant"]
        gunicorn = [sys.executable, "-m", "gunicorn", "-c", "python:emailassistant.gunicorn"]
        has_own = (Path(self.root) / "emailassistant/__main__.py").exists()
        command = own if has_own else [*gunicorn, "emailassistant.asgi:application"]
        with (self.data / "server.log").open("a") as log:
            self.process = subprocess.Popen(
                command,
                env=self.env,
                cwd=self.root,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def log(self):
        path = self.data / "server.log"
        return path.read_text() if path.exists() else ""

    def wait_until_ready(self):
        def is_ready():
            assert self.process.poll() is None, self.log
            return self.answers()

        wait_until(is_ready)

    def answers(self):
        try:
            return httpx.get(f"{self.url}/healthz", timeout=5, verify=PLAIN).status_code == 200
        except httpx.TransportError:
            return False

    def begin_stop(self):
        """Send SIGTERM and wait until nothing new is accepted: by then the shutdown has begun."""
        self.process.send_signal(signal.SIGTERM)
        wait_until(lambda: not accepts(self.port))

    def stop(self):
        """Send SIGTERM and return the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(DEADLINE)

    def restart(self):
        self.start()
        self.wait_until_ready()

    @property
    def worker_pid(self):
        """The process that serves, of which there must be one only; none while it is replaced."""
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return int(children[0]) if children else None

    def kill(self):
        """End all its processes at once, as a power cut would."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(DEADLINE)

    @contextmanager
    def stood_still(self):
        """Suspend all its processes for the block, as when its machine sleeps or swaps."""
        group = self.process.pid
        os.killpg(group, signal.SIGSTOP)
        while not self.database.can_be_written():  # SQLite: it stands in the middle of a write
            os.killpg(group, signal.SIGCONT)
            wait_until(self.database.can_be_written)
            os.killpg(group, signal.SIGSTOP)
        try:
            yield
        finally:
            os.killpg(group, signal.SIGCONT)

    # --- Talking to it -------------------------------------------------------------------------

    def client(self, person="ida"):
        headers = {"Authorization": f"Token {self.tokens[person]}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=DEADLINE, verify=PLAIN)

    def get(self, address, **options):
        """Ask as somebody who has no token."""
        return httpx.get(f"{self.url}{address}", timeout=DEADLINE, verify=PLAIN, **options)

    def rows(self, query):
        return self.database.rows(query)


@cache
def migrated(cluster, people):
    """Return a server that never starts, whose database and tokens others copy: to migrate takes seconds."""
    origin = RealServer(postgresql=cluster, people=people)
    if cluster:
        drop_left_behind(cluster)
    atexit.register(_drop, origin)
    origin.migrate()
    return origin


def _drop(origin):
    with suppress(psycopg.OperationalError):  # its cluster may be gone already
        origin.__exit__()


class Sqlite:
    def __init__(self, path):
        self.path = path
        self.url = f"sqlite:///{path}"

    def create(self, origin=None):
        if origin is not None:
            shutil.copy(origin.path, self.path)

    def drop(self):
        pass

    def connections_of(self, pid):
        """Return how often a process has the file open."""
        return sum(os.path.realpath(link) == str(self.path) for link in Path(f"/proc/{pid}/fd").iterdir())

    def rows(self, query):
        connection = sqlite3.connect(self.path, timeout=DEADLINE)
        try:
            return connection.execute(query).fetchall()
        finally:
            connection.close()

    def can_be_written(self):
        """Return whether no process keeps the write lock for longer than a write takes."""
        connection = sqlite3.connect(self.path, timeout=1)
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        finally:
            connection.close()
        return True


class Postgres:
    """A database of its own on a PostgreSQL server, dropped even while it is in use."""

    def __init__(self, cluster):
        self._cluster = cluster
        self.name = f"test_{int(time.time())}_{uuid.uuid4().hex[:12]}"
        self.url = urlunsplit(urlsplit(cluster)._replace(path=f"/{self.name}"))

    def create(self, origin=None):
        template = f'TEMPLATE "{origin.name}"' if origin else ""
        _administer(self._cluster, f'CREATE DATABASE "{self.name}" {template}')

    def drop(self):
        _administer(self._cluster, DROP.format(self.name))

    def connections_of(self, pid):
        """Return how many the servers hold; there must be one only."""
        count = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        return self.rows(f"{count} AND application_name = 'emailassistant'")[0][0]

    def rows(self, query):
        with psycopg.connect(self.url) as connection:
            return connection.execute(query).fetchall()

    def can_be_written(self):
        """Return that it can: the server ends the statement of a client that stands still."""
        return True


def drop_left_behind(cluster):
    """Drop the databases of runs that were killed: those that are a day old."""
    with psycopg.connect(cluster) as connection:
        names = [name for (name,) in connection.execute("SELECT datname FROM pg_database")]
    for name in names:
        made = re.fullmatch(r"test_(\d{10})_[0-9a-f]{12}", name)
        if made and int(made[1]) < time.time() - 24 * 60 * 60:
            _administer(cluster, DROP.format(name))


def _administer(cluster, statement):
    with psycopg.connect(cluster, autocommit=True) as connection:
        connection.execute(statement)


_taken = []  # sockets that hold the ports below, and never listen


def free_port():
    """Return a port that no other caller gets, even while its server is away.

    Who sets SO_REUSEADDR, as servers do, may listen on it although it is held.
    """
    holder = socket.socket()
    holder.bind(("127.0.0.1", 0))
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    _taken.append(holder)
    return holder.getsockname()[1]


def accepts(port):
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5):
            return True
    except OSError:
        return False


def wait_until(condition, *, deadline=DEADLINE):
    """Poll until it is so; a deadline is no expectation, only an end."""
    end = time.monotonic() + deadline
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("It did not come true in time.")
        time.sleep(0.02)
