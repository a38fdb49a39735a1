"""A Redis server of a test's own, which may be killed and started again."""

import signal
import subprocess
from contextlib import contextmanager

from tests.real_server import accepts, free_port, wait_until


class OwnRedis:
    """Keeps nothing on disk: what it held is gone with it."""

    def __init__(self):
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.kill()

    def start(self):
        """Start it; if it runs already, that is all right."""
        if self._process is None:
            options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
            command = ["redis-server", *options, "--daemonize", "no"]
            self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd="/")
            wait_until(lambda: accepts(self.port))

    def kill(self):
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    @contextmanager
    def stood_still(self):
        """Suspend it for the block: connections stay open and get no answer."""
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)
