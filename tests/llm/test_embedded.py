"""The embedded model's server: a separate process that all workers find and that ends with its owner."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import aclosing
from pathlib import Path

import pytest

from assistant_app.errors import ModelFailed, ModelUnavailable
from assistant_app.llm.base import Message
from assistant_app.llm.config import ModelConfig
from assistant_app.llm.embedded_server import EmbeddedServer, answers, shipped_model, what_is_missing
from assistant_app.llm.factory import build_client
from assistant_app.workflow import prompts
from assistant_app.workflow.questions import parse_questions
from assistant_app.workflow.reply_cleaner import DraftCleaner
from tests.llm.calling import Caller

EMAIL = "Can we meet on Friday at noon?\n\nRegards\nTom"
CASE = prompts.Case(email=EMAIL, instructions="Yes, at 2 pm.", fence="unused")
PROJECT = Path(__file__).resolve().parents[2]
# A worker in another process: prints the endpoint that it got, and lives until its input ends.
WORKER = """
import dataclasses, json, pathlib, sys
from assistant_app.llm.embedded_server import EmbeddedServer, shipped_model
server = EmbeddedServer(shipped_model(), pathlib.Path(sys.argv[1]))
for _ in sys.stdin:
    print(json.dumps(dataclasses.asdict(server.endpoint())), flush=True)
server.stop()
"""


class EmbeddedCaller(Caller):
    def __init__(self, state_dir):
        super().__init__("http://unused.invalid", embedded=True, embedded_state_dir=state_dir, timeout=300)

    def make_client(self):
        return build_client(self.config)


async def write(session):
    """Return a draft, requested like the product does."""
    messages, _ = prompts.draft_messages(CASE, prompts.Draft(), demonstration=True)
    cleaner = DraftCleaner(states_assumptions=False, waits_for_marker=False)
    async with aclosing(session.stream("draft", messages)) as texts:
        pieces = [cleaner.feed(text) async for text in texts]
    return "".join(pieces) + cleaner.finish()


async def ask(session):
    """Return questions, requested like the product does."""
    messages = prompts.questions_messages(CASE, demonstration=True)
    reply = await session.structured("questions", messages, prompts.questions_schema(demonstration=True))
    return [question.text for question in parse_questions(reply)]


class Worker:
    def __init__(self, state_dir):
        command = [sys.executable, "-c", WORKER, str(state_dir)]
        self.process = subprocess.Popen(
            command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def endpoint(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def kill(self):
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def start_worker(tmp_path):
    workers = []

    def start():
        workers.append(Worker(tmp_path))
        return workers[-1]

    yield start
    for worker in workers:
        worker.kill()


@pytest.fixture
def server(tmp_path):
    server = EmbeddedServer(shipped_model(), tmp_path)
    yield server
    server.stop()


def test_what_is_missing_is_said_with_the_way_out(tmp_path):
    server = EmbeddedServer(tmp_path / "none.gguf", tmp_path)

    assert "none.gguf" in what_is_missing(tmp_path / "none.gguf")
    with pytest.raises(ModelUnavailable, match=r"no model file none\.gguf.*set OPENAI_BASE_URL"):
        server.endpoint()


def test_a_missing_model_is_a_recorded_call(tmp_path):
    caller = EmbeddedCaller(tmp_path)
    caller.config = ModelConfig(embedded=True, embedded_model_path=tmp_path / "none.gguf")

    with pytest.raises(ModelUnavailable):
        caller.run(lambda client, session: write(session))

    assert [call.error_code for call in caller.calls] == ["model_unavailable"]


def test_only_the_shipped_model_is_a_demonstration(tmp_path):
    assert build_client(ModelConfig(embedded=True)).is_demonstration
    assert not build_client(
        ModelConfig(embedded=True, embedded_model_path=tmp_path / "a.gguf")
    ).is_demonstration
    assert not build_client(ModelConfig()).is_demonstration


@pytest.mark.embedded
def test_it_writes_and_asks(tmp_path):
    caller = EmbeddedCaller(tmp_path)

    async def both(client, session):
        return await write(session), await ask(session)

    draft, questions = caller.run(both)

    assert len(draft.split()) > 3
    assert 1 <= len(questions) <= 2
    assert all(question.endswith("?") for question in questions)
    assert [call.provider for call in caller.calls] == ["embedded", "embedded"]
    assert caller.calls[0].tokens_out > 0


@pytest.mark.embedded
def test_it_answers_only_with_the_key(server):
    endpoint = server.endpoint()

    assert answers(endpoint)
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"{endpoint.address}/v1/models", timeout=10)
    assert caught.value.code == 401
    caught.value.close()


@pytest.mark.embedded
def test_its_address_is_for_our_eyes_only(server, tmp_path):
    server.endpoint()

    (state,) = tmp_path.glob("*.json")
    assert state.stat().st_mode & 0o777 == 0o600


@pytest.mark.embedded
def test_workers_that_start_together_share_one_server(start_worker):
    workers = [start_worker() for _ in range(3)]
    for worker in workers:
        worker.process.stdin.write("\n")
        worker.process.stdin.flush()

    assert len({worker.process.stdout.readline() for worker in workers}) == 1


@pytest.mark.embedded
def test_it_is_gone_when_its_owner_is_killed(start_worker):
    owner = start_worker()
    pid = owner.endpoint()["pid"]

    owner.kill()

    wait_until_gone(pid)


@pytest.mark.embedded
def test_another_worker_starts_one_when_the_owner_has_gone(start_worker, tmp_path):
    owner = start_worker()
    first = owner.endpoint()
    caller = EmbeddedCaller(tmp_path)

    async def before_and_after(client, session):
        await write(session)
        found = client.server.endpoint()
        owner.kill()
        wait_until_gone(first["pid"])
        await write(session)
        return found.pid, client.server.endpoint().pid

    found, started = caller.run(before_and_after)

    assert found == first["pid"]
    assert started != first["pid"]
    assert [call.error_code for call in caller.calls] == ["", ""]


@pytest.mark.embedded
def test_its_owner_starts_it_again_when_it_died(server):
    first = server.endpoint()
    os.kill(first.pid, signal.SIGKILL)

    while (second := server.endpoint()).pid == first.pid:
        pass

    assert answers(second)


@pytest.mark.embedded
def test_a_file_that_is_no_model_is_unavailable(tmp_path):
    model = tmp_path / "broken.gguf"
    model.write_bytes(b"no model")

    with pytest.raises(ModelUnavailable, match=r"broken\.gguf could not be started"):
        EmbeddedServer(model, tmp_path).endpoint()


@pytest.mark.embedded
def test_a_prompt_that_is_too_long_is_told(tmp_path):
    caller = EmbeddedCaller(tmp_path)

    async def write_much(client, session):
        return [text async for text in session.stream("draft", [Message("user", "word " * 9000)])]

    with pytest.raises(ModelFailed, match="too long for this model"):
        caller.run(write_much)


def wait_until_gone(pid, deadline=30):
    """Return when the process has ended; fail after `deadline` seconds."""
    end = time.monotonic() + deadline
    while time.monotonic() < end:
        try:
            os.kill(pid, 0)
            # Only init can reap it, and a container may have no init. So a zombie counts as gone.
            if Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].startswith("Z"):
                return
        except (ProcessLookupError, FileNotFoundError):
            return
        time.sleep(0.01)
    pytest.fail("The server is still there.")


def test_without_its_packages_there_is_none(tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert shipped_model() is None
    with pytest.raises(ModelUnavailable, match="xllamacpp is not installed"):
        EmbeddedServer(None, tmp_path).endpoint()


def test_without_its_model_there_is_none(tmp_path):
    with pytest.raises(ModelUnavailable, match="the demonstration model is not installed"):
        EmbeddedServer(None, tmp_path).endpoint()


def test_a_folder_of_somebody_else_is_not_used(tmp_path, monkeypatch):
    monkeypatch.setattr("os.getuid", lambda: -1)
    with pytest.raises(ModelUnavailable, match="belongs to somebody else"):
        EmbeddedServer(shipped_model(), tmp_path).endpoint()


def test_a_server_that_does_not_start_in_time_is_said(tmp_path):
    with pytest.raises(ModelUnavailable, match="did not start within 0 seconds"):
        EmbeddedServer(shipped_model(), tmp_path, 0).endpoint()
