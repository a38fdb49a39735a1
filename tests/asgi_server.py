"""The product behind a real ASGI server within the test's own process: event streams stream, the
scripted model answers, and the test sees the database. What `live_server` is, but not WSGI."""

import socket
import threading
from contextlib import closing

import uvicorn
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.http import HttpResponse

from emailassistant.asgi import Handler
from tests.real_server import wait_until


class StaticFiles(ASGIStaticFilesHandler):
    """Reads a file before it is sent: Django leaves it open when its reader goes away in the middle."""

    def serve(self, request):
        with closing(super().serve(request)) as answer:
            return HttpResponse(answer.getvalue(), status=answer.status_code, headers=answer.headers)


class AsgiServer:
    def __init__(self):
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=2048)
        self.port = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        config = uvicorn.Config(
            StaticFiles(Handler()),
            lifespan="off",
            log_config=None,
            access_log=False,
            timeout_keep_alive=75,  # as the product's: who sends on a connection must not find it closed
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, name="asgi-server", daemon=True)

    def _run(self):
        with self._socket:
            self._server.run(sockets=[self._socket])

    def start(self):
        self._thread.start()
        wait_until(lambda: self._server.started)
        return self

    def stop(self):
        self._server.should_exit = True
        self._thread.join(30)
