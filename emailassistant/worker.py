"""The gunicorn worker: uvicorn with lifespan support and a limit on how long it waits for connections."""

from __future__ import annotations

import os
import signal
import sys
from typing import Any, ClassVar

from uvicorn_worker import UvicornWorker

from emailassistant.http_protocol import Protocol

NOTIFY_SECONDS = 1  # how often a worker says that it is alive, and looks whether its master is


class Worker(UvicornWorker):
    """One web process.

    uvicorn waits for open connections without limit, because it ignores gunicorn's `graceful_timeout`. With
    one open event stream, the worker would be killed before its runs are stored as interrupted.
    """

    CONFIG_KWARGS: ClassVar[dict[str, Any]] = {
        **UvicornWorker.CONFIG_KWARGS,
        "lifespan": "on",
        "http": Protocol,
        "ws": "none",
        # uvicorn trusts X-Forwarded-* from the local machine; only BEHIND_PROXY may enable that.
        "proxy_headers": False,
        "server_header": False,
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.config.timeout_graceful_shutdown = max(1, self.cfg.graceful_timeout - 3)
        self.config.timeout_notify = NOTIFY_SECONDS
        self._is_announced = self.age > 1  # only the first worker prints the message
        self._is_orphan = False

    async def callback_notify(self) -> None:
        """Print the URL on the first call, which comes when the server accepts requests.

        Stop if the master is gone: it was killed, and the next one could not listen on the same address.
        """
        if not self._is_announced:
            self._is_announced = True
            sys.stdout.write(f"\nThe email assistant is ready: http://{self.cfg.bind[0]}/\n\n")
            sys.stdout.flush()
        if os.getppid() != self.ppid and not self._is_orphan:
            self._is_orphan = True
            self.log.warning("The master process is gone, so this worker (pid %s) stops.", self.pid)
            os.kill(os.getpid(), signal.SIGTERM)
        await super().callback_notify()
