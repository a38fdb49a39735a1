"""gunicorn's configuration: `gunicorn -c python:emailassistant.gunicorn emailassistant.asgi:application`.

What is left out is meant: no `preload_app` (threads do not survive a fork) and no `max_requests` (the
listener is closed while the old worker drains, and clients wait).
"""

import math
import os
import shutil
import tempfile
from typing import Any

from emailassistant import settings

METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # before a worker imports prometheus-client

_host = f"[{settings.HOST}]" if ":" in settings.HOST else settings.HOST

bind = [f"{_host}:{settings.PORT}"]
workers = settings.WEB_CONCURRENCY
worker_class = "emailassistant.worker.Worker"
# Runs get the grace, then a few seconds to be written down as interrupted.
graceful_timeout = math.ceil(settings.SHUTDOWN_GRACE_SECONDS) + 10
keepalive = 75  # longer than proxies and clients keep a connection: who sends on it must not find it closed
timeout = 60  # a worker whose loop stands still that long is replaced
control_socket_disable = True  # it would be made in the home folder
# The master's own lines, and those of its workers, look like all others.
logconfig_dict = {
    **settings.LOGGING,
    "loggers": {
        "gunicorn.error": {"level": "INFO", "handlers": ["console"], "propagate": False},
        "gunicorn.access": {"handlers": [], "propagate": False},  # see ACCESS_LOG
    },
}


def on_starting(server: Any) -> None:
    """Give the workers a folder for their counters, which `/metrics` adds up."""
    os.environ[METRICS_FOLDER] = tempfile.mkdtemp(prefix="emailassistant-metrics-")


def child_exit(server: Any, worker: Any) -> None:
    """A worker that is gone holds no leases and no streams; what it counted stays."""
    from prometheus_client.multiprocess import mark_process_dead  # noqa: PLC0415  (once the folder is known)

    mark_process_dead(worker.pid)


def on_exit(server: Any) -> None:
    shutil.rmtree(os.environ.pop(METRICS_FOLDER), ignore_errors=True)
