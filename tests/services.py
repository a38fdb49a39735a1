"""Programs that some tests need. Without them, the tests are skipped, but never in CI.

There (`CI=true`) such a test runs all the same and fails, so that a missing service cannot pass for a
green run.
"""

import os
import shutil
import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings

from assistant_app.llm.embedded_server import shipped_model, what_is_missing

POSTGRES_URL = os.environ.get("TEST_POSTGRES_URL", "postgresql://postgres@127.0.0.1:5432/postgres")
IS_CI = os.environ.get("CI", "").lower() in {"1", "true"}


def listens(url):
    parts = urlsplit(url)
    try:
        with socket.create_connection((parts.hostname, parts.port), timeout=2):
            return True
    except OSError:
        return False


def find_chromium():
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return Path(path)
    return None


def postgresql_programs():
    """Return the folder of the newest PostgreSQL server's programs, if there is one."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if path := shutil.which("pg_ctl"):
        found.append(Path(path).parent)
    return max(found, default=None, key=lambda folder: (folder.parent.name.isdigit(), folder.parent.name))


def nginx_path():
    return shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


def chromium_path():
    """Return where Chromium is; without one the test that asks is skipped, or fails in CI."""
    path = find_chromium()
    if path is None:
        (pytest.fail if IS_CI else pytest.skip)("There is no Chromium.")
    return path


def _needs(service, is_there):
    return pytest.mark.skipif(not is_there and not IS_CI, reason=f"There is no {service}.")


needs_postgresql = _needs("PostgreSQL", listens(POSTGRES_URL))
needs_redis_server = _needs("redis-server", shutil.which("redis-server"))
needs_postgresql_programs = _needs("PostgreSQL server to start", postgresql_programs())
needs_nginx = _needs("nginx and openssl", nginx_path() and shutil.which("openssl"))
needs_pg_dump = _needs("pg_dump", settings.IS_SQLITE or shutil.which("pg_dump"))
needs_chromium = _needs("Chromium", find_chromium())
needs_embedded_model = _needs("embedded model", not what_is_missing(shipped_model()))

# For what only PostgreSQL's planner or locks can show: it runs when the tests run on PostgreSQL.
on_postgresql = pytest.mark.skipif(settings.IS_SQLITE, reason="Runs with the tests on PostgreSQL.")
