"""The product behind a real ASGI server within the test's own process: event streams stream, the
scripted model answers, and the test sees the database. What `live_server` is, but not WSGI."""

import threading

import uvicorn
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler

from emailassistant.asgi import Handler
from tests.real_server import free_port, wait_until


class AsgiServer:
    def __init__(self):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        config = uvicorn.Config(
            ASGIStaticFilesHandler(Handler()),
            port=self.port,
            lifespan="off",
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, name="asgi-server", daemon=True)

    def start(self):
        self._thread.start()
        wait_until(lambda: self._server.started)
        return self

    def stop(self):
        self._server.should_exit = True
        self._thread.join(30)
