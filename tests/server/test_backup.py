"""A backup taken under load and restored into an empty database: every email in it goes on to its end."""

import io
import shutil
import stat
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import httpx
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from tests.model_server import Reply
from tests.real_server import RealServer, wait_until
from tests.server.walking import NumberedModel, Walker
from tests.services import needs_pg_dump

pytestmark = [pytest.mark.server, needs_pg_dump]

AT_ONCE = 4
ENV = {"RUN_LEASE_SECONDS": "1"}
POSTGRESQL = not settings.IS_SQLITE


class Restored(RealServer):
    """A server on a database that was restored from a backup of another's."""

    def __init__(self, origin, file, **options):
        super().__init__(**options)
        self._origin, self._file = origin, file

    def _set_up(self):
        self.tokens = self._origin.tokens
        self.database.create()
        if POSTGRESQL:
            command = ["pg_restore", "--no-owner", "--exit-on-error", f"--dbname={self.database.url}"]
            subprocess.run([*command, self._file], check=True)
        else:
            shutil.copy(self._file, self.database.path)
        assert self.run("manage.py", "migrate", "--check") == ""


def take_backup(server, file):
    if POSTGRESQL:
        subprocess.run(["pg_dump", "--format=custom", f"--file={file}", server.database.url], check=True)
    else:
        server.run("manage.py", "backup", str(file))


def hold_a_draft(server, model):
    """Begin an email whose draft is not written before the server is gone."""
    gate = threading.Event()
    with server.client() as ida:
        walker = Walker(ida)
        walker.send_next(ida, is_async=False)
        asked = len(model.received)
        model.script(Reply(text=model.next_draft(), gate=gate))
        walker.send_next(ida, is_async=True)
        wait_until(lambda: len(model.received) > asked)
    return walker, gate


def test_a_backup_under_load_continues_every_unfinished_email(tmp_path):
    file, everybody, is_taken = tmp_path / "backup", [], threading.Event()

    def walk(server):
        """Answer one email after the other, until the server is killed."""
        with suppress(httpx.TransportError, httpx.StreamError), server.client() as client:
            while not is_taken.is_set():
                everybody.append(walker := Walker(client))
                walker.go_on(client, is_async=lambda: True)

    with (
        NumberedModel(latency=0.03, rate=200) as model,
        RealServer(model=model, postgresql=POSTGRESQL, env=ENV) as server,
    ):
        held, gate = hold_a_draft(server, model)
        everybody.append(held)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            walks = [pool.submit(walk, server) for _ in range(AT_ONCE)]
            wait_until(lambda: len(everybody) > AT_ONCE + 2)
            take_backup(server, file)
            is_taken.set()
            server.kill()
        for each in walks:
            each.result()
        gate.set()
        model.forget_script()
        with Restored(server, file, model=model, postgresql=POSTGRESQL, env=ENV) as restored:
            finish(restored, everybody, held)


def finish(restored, everybody, held):
    ids = {str(row[0]).replace("-", "") for row in restored.rows("SELECT id FROM assistant_app_application")}
    known = [walker for walker in everybody if walker.app_id.replace("-", "") in ids]
    assert held in known
    assert len(known) > AT_ONCE
    with restored.client() as ida:
        for walker in known:
            walker.stored = {}  # the backup may be from before it
            walker.go_on(ida)
    assert held.continued
    for walker in known:
        walker.check(restored)


# --- The command ---------------------------------------------------------------------------------


@pytest.mark.skipif(POSTGRESQL, reason="Runs with the tests on SQLite.")
@pytest.mark.django_db(transaction=True)
def test_a_copy_is_for_its_owner_only_and_writes_over_nothing(tmp_path, owner):
    file = tmp_path / "copy"
    call_command("backup", str(file), stdout=(said := io.StringIO()))
    assert said.getvalue().startswith(f"Wrote {file}, ")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with pytest.raises(CommandError, match="already exists"):
        call_command("backup", str(file))
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("backup", str(tmp_path / "none" / "copy"))


def test_a_database_that_holds_nothing_is_no_backup(tmp_path):
    server = RealServer()  # never set up: as a shell without the server's settings would find it
    try:
        with pytest.raises(subprocess.CalledProcessError) as refused:
            server.run("manage.py", "backup", str(tmp_path / "copy"))
    finally:
        server.__exit__()
    assert f"{server.database.path} has no tables" in refused.value.stderr
    assert not (tmp_path / "copy").exists()


@pytest.mark.skipif(not POSTGRESQL, reason="Runs with the tests on PostgreSQL.")
@pytest.mark.django_db
def test_on_postgresql_the_command_says_what_to_type(tmp_path):
    with pytest.raises(CommandError, match="pg_dump --format=custom"):
        call_command("backup", str(tmp_path / "copy"))
