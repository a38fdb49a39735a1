"""Start and stop of a process that serves: Django's own ASGI application does not speak lifespan."""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from django.conf import settings
from django.core import checks

from assistant_app.engine.runner import runner

# Objects made before the youngest are looked through for cycles; Python's own is 700. A request makes
# thousands and leaves few of them in a cycle.
COLLECT_AFTER = 20_000
DRAIN_MARGIN_SECONDS = 7  # over the grace: interrupted runs are written down in it; gunicorn waits for 10


class Lifespan:
    """ASGI: refuse to serve with wrong settings; on the way out, let runs finish.

    Under uvicorn neither gunicorn's `worker_exit` nor `atexit` runs, and `lifespan.shutdown` comes only
    when every connection is closed, among them those that wait for a run. So the drain begins at the
    signal, and the shutdown merely waits for its end.
    """

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "lifespan":
            return await self.app(scope, receive, send)
        await receive()  # lifespan.startup
        problems = await asyncio.to_thread(problems_with_settings)
        if problems:
            sys.stderr.write(problems)
            return await send({"type": "lifespan.startup.failed", "message": "The settings are wrong."})
        begin_shutdown_at_signals()
        collect_garbage_less()
        await send({"type": "lifespan.startup.complete"})
        await receive()  # lifespan.shutdown
        runner.begin_shutdown()
        limit = settings.SHUTDOWN_GRACE_SECONDS + DRAIN_MARGIN_SECONDS
        await asyncio.to_thread(runner.drained.wait, limit)
        await send({"type": "lifespan.shutdown.complete"})


def problems_with_settings() -> str:
    """Return what `manage.py check` calls an error, one after the other; nothing if all is well."""
    errors = [message for message in checks.run_checks() if message.is_serious(checks.ERROR)]
    return "".join(f"\nCannot start. {error}\n" for error in errors)


def collect_garbage_less() -> None:
    """Leave what is loaded by now out of every collection: looking through it took a twentieth of the CPU."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER)


def begin_shutdown_at_signals() -> None:
    """Put ourselves before the server's own handlers, which are installed by now."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _draining(signal.getsignal(number)))


def _draining(previous: Any) -> Callable[[int, FrameType | None], None]:
    def handler(number: int, frame: FrameType | None) -> None:
        runner.begin_shutdown()
        if callable(previous):
            previous(number, frame)

    return handler
