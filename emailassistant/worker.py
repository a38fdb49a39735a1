"""The gunicorn worker: uvicorn, which speaks ASGI's lifespan and gives up on connections in time."""

from __future__ import annotations

import sys
from typing import Any, ClassVar

from uvicorn_worker import UvicornWorker


class Worker(UvicornWorker):
    """One web process.

    uvicorn waits for open connections without limit and is not told of gunicorn's `graceful_timeout`:
    one open event stream, and the worker would be killed before its runs are written down.
    """

    CONFIG_KWARGS: ClassVar[dict[str, Any]] = {
        **UvicornWorker.CONFIG_KWARGS,
        "lifespan": "on",
        # uvicorn believes X-Forwarded-* of this whole machine; the settings do so with BEHIND_PROXY only.
        "proxy_headers": False,
        "server_header": False,
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.config.timeout_graceful_shutdown = max(1, self.cfg.graceful_timeout - 3)
        self._is_announced = self.age > 1  # the first worker speaks for all

    async def callback_notify(self) -> None:
        """Called at once when the server accepts requests, and regularly from then on."""
        if not self._is_announced:
            self._is_announced = True
            sys.stdout.write(f"\nThe email assistant is ready: http://{self.cfg.bind[0]}/\n\n")
            sys.stdout.flush()
        await super().callback_notify()
