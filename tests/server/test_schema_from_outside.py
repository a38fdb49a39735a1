"""An outside tool reads the schema of a running server, makes requests from it, and finds nothing to report.

It sends what the schema allows and what it rules out. A long run: docs/reference/api.md.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from tests.real_server import RealServer

pytestmark = pytest.mark.server

TOOL = Path(sys.executable).parent / "st"
# Without its random phases, which take minutes to find what these find in seconds.
OPTIONS = ["--phases", "examples,coverage", "--seed", "1", "--no-color", "--continue-on-failure"]


def test_schemathesis_finds_nothing(tmp_path, model_server):
    env = {"API_RATE_ANONYMOUS": "100000/minute"}
    with RealServer(model=model_server, postgresql=not settings.IS_SQLITE, env=env) as server:
        asked = [TOOL, "run", f"{server.url}/api/schema/", *OPTIONS]
        asked += ["--header", f"Authorization: Token {server.tokens['ida']}"]
        told = subprocess.run(asked, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    assert told.returncode == 0, told.stdout[-5000:]
    assert int(re.search(r"(\d+) generated", told.stdout)[1]) > 500
