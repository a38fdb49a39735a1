"""A PostgreSQL cluster of a test's own, which may be stopped, killed and started again."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import psycopg

from tests.real_server import free_port
from tests.services import postgresql_programs

OPTIONS = {"max_connections": 50, "shared_buffers": "16MB", "fsync": "off", "listen_addresses": "127.0.0.1"}


class OwnPostgresql:
    """Makes the cluster and starts it on entering; PostgreSQL refuses to run as root."""

    def __init__(self):
        self.port = free_port()
        self.url = f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def __enter__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="own-postgresql-")
        if os.geteuid() == 0:
            shutil.chown(self._folder.name, "postgres")
        self._data = Path(self._folder.name) / "data"
        self._run("initdb", "-D", self._data, "-U", "postgres", "-A", "trust", "--no-sync")
        self.start()
        return self

    def __exit__(self, *_):
        self._run("pg_ctl", "stop", "-D", self._data, "-m", "immediate", check=False)
        self._folder.cleanup()

    def start(self):
        given = {"port": self.port, "unix_socket_directories": self._folder.name, **OPTIONS}
        options = " ".join(f"-c {name}={value}" for name, value in given.items())
        log = Path(self._folder.name) / "log"
        self._run("pg_ctl", "start", "-w", "-D", self._data, "-l", log, "-o", options)

    def stop(self, mode="fast"):
        """Stop the server: `fast` disconnects all clients, `immediate` is a crash."""
        self._run("pg_ctl", "stop", "-w", "-D", self._data, "-m", mode)

    def pids(self):
        """Return the processes of the server, its own first."""
        own = int((self._data / "postmaster.pid").read_text().split()[0])
        return [own, *map(int, Path(f"/proc/{own}/task/{own}/children").read_text().split())]

    def execute(self, statement):
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement)

    def disconnect(self, name):
        """End every connection to a database, so that its settings are read again."""
        self.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")

    def _run(self, program, *arguments, check=True):
        command = [postgresql_programs() / program, *arguments]
        if os.geteuid() == 0:
            command = ["runuser", "-u", "postgres", "--", *command]
        subprocess.run(command, check=check, cwd="/", stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
