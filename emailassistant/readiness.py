"""Whether this process can serve: the database answers in time, is up to date, and can be written."""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TookTooLong
from pathlib import Path
from tempfile import TemporaryFile

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from assistant_app.engine.database_outage import cause_of, log_cause

ANSWER_SECONDS = 1.5  # load balancers commonly give up after two
STORAGE_SECONDS = 5.0  # how long the result of a trial write is used
TRIAL_BYTES = 262_144  # what a step with a long email needs


class Readiness:
    """Looks in a thread of its own, because a database that hangs would keep the request's.

    Requests that come during a look share its result.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._looking: Future[str] | None = None
        self._storage = ""
        self._tried_at = float("-inf")

    def problem(self) -> str:
        """Return what is wrong in one sentence without names of hosts, users or paths; "" if nothing is."""
        with self._lock:
            if (looking := self._looking) is None:
                looking = Future()
                thread = threading.Thread(target=self._look, args=(looking,), name="readiness", daemon=True)
                try:
                    thread.start()
                except RuntimeError as error:
                    return f"The process is out of threads ({error})."
                self._looking = looking
        try:
            return looking.result(ANSWER_SECONDS)
        except TookTooLong:
            return f"The database gave no answer in {ANSWER_SECONDS} seconds."

    def _look(self, looking: Future[str]) -> None:
        try:
            problem = _database_problem() or self._storage_problem()
        except Exception as error:  # noqa: BLE001  (those who wait need an answer)
            problem = f"The database could not be looked at ({type(error).__name__})."
        finally:
            connection.close()
        with self._lock:
            self._looking = None
        looking.set_result(problem)

    def _storage_problem(self) -> str:
        """Return why SQLite could not write; "" for PostgreSQL, which has its disk elsewhere."""
        if not settings.IS_SQLITE:
            return ""
        if time.monotonic() - self._tried_at >= STORAGE_SECONDS:
            self._storage = storage_problem(Path(connection.settings_dict["NAME"]))
            self._tried_at = time.monotonic()
            if self._storage:
                log_cause(self._storage)
        return self._storage


def _database_problem() -> str:
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
        is_read_only = connection.vendor == "postgresql" and _is_read_only()
    except DatabaseError as error:
        log_cause(cause_of(error))
        return f"The database could not be reached ({type(error).__name__})."
    if missing:
        names = ", ".join(f"{migration.app_label}.{migration.name}" for migration, _ in missing)
        return f"The database is not up to date: run `manage.py migrate` ({names})."
    return "The database can only be read." if is_read_only else ""


def _is_read_only() -> bool:
    """Return whether PostgreSQL refuses writes: a standby, or an administrator who made it so."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW transaction_read_only")
        return bool(cursor.fetchone() == ("on",))


def storage_problem(database: Path) -> str:
    """Try whether SQLite could write, without touching its files; return what is wrong, or "".

    A write to the database would take its lock from requests, and wear the disk. And a process must never
    open the file beside SQLite: closing it would drop the locks that SQLite holds on it.
    """
    files = [database, *(database.with_name(f"{database.name}-{end}") for end in ("wal", "shm"))]
    if not all(os.access(path, os.W_OK, effective_ids=True) for path in files if path.exists()):
        return "The database file cannot be written."
    try:
        # It has no name and is never flushed to the disk, which only has to promise the room.
        with TemporaryFile(dir=database.parent) as file:
            file.write(bytes(TRIAL_BYTES))
            file.flush()
    except OSError as problem:
        return f"Nothing can be written where the database is ({problem.strerror})."
    return ""


readiness = Readiness()
