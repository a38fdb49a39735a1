"""The gunicorn worker: uvicorn with lifespan support and a limit on how long it waits for connections."""

from __future__ import annotations

import sys
from typing import Any, ClassVar

from uvicorn_worker import UvicornWorker


class Worker(UvicornWorker):
from emailassistant.http_protocol import Protocol

NOTIFY_SECONDS = 1  # how often a worker says that it is alive, and looks whether its master is

    """One web process.

    uvicorn waits for open connections without limit, because it ignores gunicorn's `graceful_timeout`. With
    one open event stream, the worker would be killed before its runs are stored as interrupted.
    """

    CONFIG_KWARGS: ClassVar[dict[str, Any]] = {
        **UvicornWorker.CONFIG_KWARGS,
        "lifespan": "on",
        # uvicorn trusts X-Forwarded-* from the local machine; only BEHIND_PROXY may enable that.
        "proxy_headers": False,
        "http": Protocol,
        "ws": "none",
        "server_header": False,
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.config.timeout_graceful_shutdown = max(1, self.cfg.graceful_timeout - 3)
        self._is_announced = self.age > 1  # only the first worker prints the message

    async def callback_notify(self) -> None:
        """Print the URL on the first call, which comes when the server accepts requests."""
        if not self._is_announced:
            self._is_announced = True
            sys.stdout.write(f"\nThe email assistant is ready: http://{self.cfg.bind[0]}/\n\n")
            sys.stdout.flush()
        await super().callback_notify()
