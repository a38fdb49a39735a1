"""Burr's own example of this assistant, beside the product: as it ships, and on Burr's asyncpg persister.

The example is in the `apache-burr` package; the web framework that it needs is installed into a scratch
folder. None of its code is kept here: the asyncpg variant needs async actions, and they are made from the
installed file when the benchmark starts.
"""

import os
import re
import subprocess
import sys
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.stage import model_server
from tests.real_server import ROOT, Postgres, accepts, free_port, wait_until
from tests.services import POSTGRES_URL

REQUIREMENTS = ROOT / "tests/benchmarks/peers.txt"
PACKAGES = ROOT / ".local/benchmarks-peers"
EXAMPLE = "burr.examples.email-assistant.server"
ON_ASYNCPG = "tests.benchmarks.burr_on_asyncpg"


class Peer:
    """A server of Burr's example in a process of its own."""

    def __init__(self, port, process):
        self.port, self.process = port, process

    def request(self, step, app_id, data=None):
        """Return method, path and body of a step."""
        steps = {
            "create": ("POST", "create_new"),
            "input": ("POST", "create"),
            "answers": ("POST", "answer_questions"),
            "accept": ("POST", "provide_feedback"),
            "read": ("GET", "state"),
        }
        method, endpoint = steps[step]
        return method, f"/email_assistant/{endpoint}/bench/{app_id}", data


def install():
    """Install the peers' packages once; return whether they are there."""
    done = PACKAGES / REQUIREMENTS.read_text().replace("\n", "_").replace("=", "")
    if not done.exists():
        command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
        command += ["--no-deps", "--target", str(PACKAGES), "--requirement", str(REQUIREMENTS)]
        if subprocess.run(command, check=False).returncode:
            return False
        done.touch()
    return True


@contextmanager
def served(module, **model):
    """Start Burr's example with a model server of its own."""
    database, port = Postgres(POSTGRES_URL), free_port()
    database.create()
    with TemporaryDirectory() as scratch, model_server(**model) as url:
        make_async_actions(Path(scratch))
        env = os.environ | {
            "PYTHONPATH": f"{scratch}:{PACKAGES}:{ROOT}",
            "HOME": scratch,  # the example tracks into files there
            "OPENAI_BASE_URL": url,
            "OPENAI_API_KEY": "test",
            "PEER_DATABASE": database.name,
        }
        command = [sys.executable, "-m", "uvicorn", f"{module}:app", "--port", str(port)]
        command += ["--log-level", "error", "--no-access-log"]
        process = subprocess.Popen(command, cwd=scratch, env=env, start_new_session=True)
        try:
            wait_until(lambda: accepts(port))
            yield Peer(port, process)
        finally:
            process.kill()
            process.wait()
            database.drop()


def make_async_actions(folder):
    """Write a variant of the example's actions that awaits the model, as Burr's async persister demands."""
    [burr] = find_spec("burr").submodule_search_locations
    text = (Path(burr) / "examples/email-assistant/application.py").read_text()
    text = re.sub(r"^(@action\(.*?\)\n)def ", r"\1async def ", text, flags=re.MULTILINE | re.DOTALL)
    text = text.replace("openai.Client()", "openai.AsyncOpenAI()")
    text = text.replace("client.chat.completions.create(", "await client.chat.completions.create(")
    (folder / "application_async.py").write_text(text)
