"""Start and stop of a web process. Django's ASGI application does not support the lifespan protocol."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from django.conf import settings
from django.core import checks

from assistant_app.engine.runner import runner
from assistant_app.operations import trash
from emailassistant import private_files

logger = logging.getLogger(__name__)

# Allocations before a collection of the youngest generation; Python's default is 700. A request allocates
# thousands of objects and leaves few in cycles.
COLLECT_AFTER = 20_000
TRASH_SECONDS = 60
DRAIN_MARGIN_SECONDS = 7  # on top of the grace, to store interrupted runs; gunicorn adds 10


class Lifespan:
    """ASGI middleware: refuse to start with wrong settings, and let runs finish before exit.

    Under uvicorn neither gunicorn's `worker_exit` nor `atexit` runs. `lifespan.shutdown` comes only when
    every connection is closed, including those that wait for a run. So the drain begins at the signal, and
    the shutdown event only waits for its end.
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
        for path in private_files.LOOSE:
            logger.warning("Other users of this machine have access to %s (assistant.W017).", path)
        begin_shutdown_at_signals()
        collect_garbage_less()
        await send({"type": "lifespan.startup.complete"})
        emptying = asyncio.create_task(empty_the_trash_for_ever())
        await receive()  # lifespan.shutdown
        emptying.cancel()
        runner.begin_shutdown()
        limit = settings.SHUTDOWN_GRACE_SECONDS + DRAIN_MARGIN_SECONDS
        await asyncio.to_thread(runner.drained.wait, limit)
        await send({"type": "lifespan.shutdown.complete"})


async def empty_the_trash_for_ever() -> None:
    """Erase emails that were deleted more than ten minutes ago; each server process looks once a minute."""
    while True:
        await asyncio.sleep(TRASH_SECONDS)
        try:
            await runner.database.run(trash.empty)
        except Exception as problem:  # noqa: BLE001  (the next look may succeed)
            logger.warning("The trash could not be emptied: %s", type(problem).__name__)


def problems_with_settings() -> str:
    """Return the errors of `manage.py check` as text; "" if there are none."""
    errors = [message for message in checks.run_checks() if message.is_serious(checks.ERROR)]
    return "".join(f"\nCannot start. {error}\n" for error in errors)


def collect_garbage_less() -> None:
    """Exclude everything loaded so far from garbage collection, which saves a twentieth of the CPU time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER)


def begin_shutdown_at_signals() -> None:
    """Install our signal handlers in front of the server's, which are already installed."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _draining(signal.getsignal(number)))


def _draining(previous: Any) -> Callable[[int, FrameType | None], None]:
    def handler(number: int, frame: FrameType | None) -> None:
        runner.begin_shutdown()
        if callable(previous):
            previous(number, frame)

    return handler
