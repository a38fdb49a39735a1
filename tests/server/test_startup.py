"""A server with wrong settings does not start; it names the setting and a correct value."""

import os
import re
import subprocess
import sys

import pytest

from tests.real_server import ROOT, RealServer, accepts, wait_until

pytestmark = pytest.mark.server


class Refused(RealServer):
    """A server that is expected to end by itself, before it needs a database."""

    def _set_up(self):
        pass

    def wait_until_ready(self):
        self.code = self.process.wait(60)


def start(**env):
    server = Refused(people=(), env={})
    server.env |= {"DATABASE_URL": server.database.url, **env}
    return server


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("SHUTDOWN_GRACE_SECONDS", "soon", "a number"),
        ("DATABASE_URL", "mysql://root:hunter2@127.0.0.1/mail", "postgresql://"),
        ("OPENAI_BASE_URL", "localhost:11434", "http://127.0.0.1:11434/v1"),
        ("API_RATE_USER", "much", "60/minute"),
        ("HOST", "192.0.2.1", "no address of this machine"),
    ],
)
def test_a_wrong_setting_is_named_with_what_to_write(name, value, said):
    with start(**{name: value}) as server:
        assert server.code != 0
        assert not accepts(server.port)
        assert name in server.log
        assert said in server.log
        assert "hunter2" not in server.log
        assert "is ready" not in server.log


# Any text is a good value of these, so nothing about them can be refused.
ANY_TEXT = {
    "SECRET_KEY", "OPENAI_MODEL", "OPENAI_MODEL_QUESTIONS", "OPENAI_MODEL_DRAFT",
    "MODEL_PRICES_CURRENCY", "EMBEDDED_MODEL_PATH",  # the last has a check of its own
}  # fmt: skip
VARIABLES = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', (ROOT / "emailassistant/settings.py").read_text()))


def test_every_variable_that_can_be_wrong_is_refused_in_words_by_the_start_command(tmp_path):
    (tmp_path / "file").touch()
    wrong = dict.fromkeys(VARIABLES - ANY_TEXT, "no such…//value") | {"DATA_DIR": f"{tmp_path}/file/data"}
    assert len(wrong) > 35
    command = [sys.executable, "-m", "emailassistant"]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | wrong, capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    refused = set(re.findall(r"E001\) ([A-Z_]+)", done.stderr))
    assert refused == wrong.keys()
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("value", ["abc", "", "1.5", "0", "-1", "1000"])
def test_a_wrong_number_of_processes_is_refused_in_words(value):
    with start(WEB_CONCURRENCY=value) as server:
        assert server.code == 1
        assert "WEB_CONCURRENCY" in server.log
        assert "a number from 1 to 64" in server.log.replace("whole number", "number")
        assert "Traceback" not in server.log


def test_first_starts_at_once_agree_on_one_secret_key(tmp_path):
    told = [sys.executable, "-c", "from emailassistant import settings; print(settings.SECRET_KEY)"]
    env = {name: value for name, value in os.environ.items() if name != "SECRET_KEY"}
    pipes = {"stdout": subprocess.PIPE, "text": True}
    starts = [
        subprocess.Popen(told, cwd=ROOT, env=env | {"DATA_DIR": str(tmp_path)}, **pipes) for _ in range(6)
    ]
    keys = {start.communicate()[0].strip() for start in starts}
    assert keys == {(tmp_path / "secret_key").read_text()}
    assert len(keys.pop()) >= 50
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0


def test_a_data_folder_that_cannot_be_written_is_an_error_in_words(tmp_path):
    (tmp_path / "file").touch()
    with start(DATA_DIR=str(tmp_path / "file" / "data")) as server:
        assert server.code != 0
        assert "which cannot be used (Not a directory)" in server.log
        assert "DATA_DIR=/var/lib/emailassistant" in server.log
        assert "Traceback" not in server.log


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"RUN_LEASE_SECONDS": "0"}, "RUN_LEASE_SECONDS is 0"),
        ({"DATA_DIR": "/dev/null"}, "DATA_DIR is /dev/null"),
    ],
)
def test_manage_commands_refuse_as_well(tmp_path, wrong, said):
    env = os.environ | {"DATA_DIR": str(tmp_path), **wrong}

    command = [sys.executable, "manage.py", "migrate"]
    done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode != 0
    assert said in done.stderr


def test_a_good_server_says_its_address():
    with RealServer() as server:
        wait_until(lambda: f"is ready: {server.url}/" in server.log)
