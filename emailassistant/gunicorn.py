"""gunicorn's configuration: `gunicorn -c python:emailassistant.gunicorn emailassistant.asgi:application`.

Two settings are left out on purpose: `preload_app`, because threads do not survive a fork, and
`max_requests`, because clients wait while the old worker drains with its listener closed.
"""

import math
import os
import shutil
import tempfile
from typing import Any

from emailassistant import settings

METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # must be set before a worker imports prometheus-client

_host = f"[{settings.HOST}]" if ":" in settings.HOST else settings.HOST

bind = [f"{_host}:{settings.PORT}"]
workers = settings.WEB_CONCURRENCY
worker_class = "emailassistant.worker.Worker"
# The grace for runs, plus a few seconds to store the rest as interrupted.
graceful_timeout = math.ceil(settings.SHUTDOWN_GRACE_SECONDS) + 10
keepalive = 75  # longer than proxies and clients reuse a connection, so that they never find it closed
timeout = 60  # replace a worker whose event loop is blocked for that long
control_socket_disable = True  # gunicorn would create it in the home folder
# Log lines of the master and its workers use the same format as all others.
logconfig_dict = {
    **settings.LOGGING,
    "loggers": {
        "gunicorn.error": {"level": "INFO", "handlers": ["console"], "propagate": False},
        "gunicorn.access": {"handlers": [], "propagate": False},  # see ACCESS_LOG
    },
}


def on_starting(server: Any) -> None:
    """Create the folder for the workers' counters, which `/metrics` sums up."""
    os.environ[METRICS_FOLDER] = tempfile.mkdtemp(prefix="emailassistant-metrics-")


def child_exit(server: Any, worker: Any) -> None:
    """Drop a dead worker's gauges, such as open streams. Its counters stay."""
    from prometheus_client.multiprocess import mark_process_dead  # noqa: PLC0415  (needs the folder first)

    mark_process_dead(worker.pid)


def on_exit(server: Any) -> None:
    shutil.rmtree(os.environ.pop(METRICS_FOLDER), ignore_errors=True)
