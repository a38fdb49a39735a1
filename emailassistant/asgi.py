"""The ASGI entry point: Django wrapped in middleware, so that it needs no web server in front.

From the outside in: `Lifespan` (start and stop), `RequestLog` (request ids), `BodyLimit` (size of bodies),
static files, Django. It also works behind a proxy.
"""

from __future__ import annotations

import os
from tempfile import SpooledTemporaryFile
from typing import Any

import django
from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.conf import settings
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.handlers.base import BaseHandler
from django.core.signals import request_started
from django.db import close_old_connections
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import set_script_prefix

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "emailassistant.settings")
django.setup(set_prefix=False)

from assistant_app.errors import AssistantError  # noqa: E402
from assistant_app.observing.logs import current  # noqa: E402
from emailassistant.body_limit import BodyLimit  # noqa: E402  (they read settings and models)
from emailassistant.early_answer import answer  # noqa: E402
from emailassistant.lifespan import Lifespan  # noqa: E402
from emailassistant.request_log import RequestLog  # noqa: E402
from emailassistant.request_threads import RequestThreads, TooManyRequests  # noqa: E402
from emailassistant.static import serve_static  # noqa: E402

EVENT_STREAMS = ("/events/", "/stream/")
PROBES = ("/healthz", "/readyz")  # answered even while all other requests queue
IN_MEMORY = 65_536  # bytes of a body; more than a page's form has, and less than most files


class NoRoomForBody(AssistantError):
    """The server's disk is full, so it cannot take a request of this size."""

    code = "disk_full"
    status = 503


class SyncHandler(BaseHandler):
    """Run middleware and views synchronously, as Django does under WSGI."""

    def __init__(self) -> None:
        super().__init__()
        self.load_middleware()


class Handler(ASGIHandler):
    """Django's ASGI handler with reused threads, and without a thread for each open event stream.

    Django gives every request a private thread for sync code until the response ends, so a hundred open
    streams would hold a hundred threads. Here streams share the process's one sync thread for their few
    short queries.
    """

    def __init__(self) -> None:
        super().__init__()
        self._threads = RequestThreads()
        self._sync_handler = SyncHandler()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
        elif scope["path"].endswith(EVENT_STREAMS):
            await self.handle(scope, receive, send)
        else:
            await self._handle_in_a_thread(scope, receive, send)

    async def read_body(self, receive: Any) -> Any:
        """Return the body as a file: in memory if it is small, otherwise on disk, without a name.

        Django keeps as much in memory as a form's file may have, for as long as a client takes to send it.
        """
        body = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  (the request closes it)
        try:
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise RequestAborted
                body.write(message.get("body", b""))
                if not message.get("more_body", False):
                    body.seek(0)
                    return body
        except RequestAborted:
            body.close()
            raise
        except OSError:
            raise NoRoomForBody(retry_after=60) from None

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        _let_logs_know(request)
        return await super().get_response_async(request)

    async def _handle_in_a_thread(self, scope: Any, receive: Any, send: Any) -> None:
        """Do all sync work of a request in one call to a thread.

        Django's `handle` switches threads for each signal, each middleware and the end of the response, which
        takes longer than their work. If the client disconnects, the view still finishes in its thread.
        """
        try:
            body = await self.read_body(receive)
            is_counted = scope["path"] not in PROBES
            response = await self._threads.run(lambda: self._respond(scope, body), is_counted=is_counted)
        except RequestAborted:
            return
        except (NoRoomForBody, TooManyRequests) as refusal:
            return await answer(scope, send, refusal)
        if not response.streaming:
            return await self.send_response(response, send)
        async with ThreadSensitiveContext():
            await self.send_response(response, send)
            await sync_to_async(response.close)()

    def _respond(self, scope: Any, body: Any) -> Any:
        set_script_prefix(get_script_prefix(scope))
        request_started.send(sender=type(self), scope=scope)
        request, refusal = self.create_request(scope, body)
        if request is None:
            body.close()
            return refusal
        _let_logs_know(request)
        response = self._sync_handler.get_response(request)
        response._handler_class = type(self)  # type: ignore[attr-defined]  # like Django's `run_get_response`
        if response.streaming:
            close_old_connections()  # this thread is done; the content is produced elsewhere
        else:
            response.close()  # the content stays readable
        return response


def _let_logs_know(request: HttpRequest) -> None:
    if (context := current.get()) is not None:
        context.request = request


_served = BodyLimit(serve_static(Handler()), settings.MAX_BODY_BYTES)
application = Lifespan(RequestLog(_served, is_written=settings.ACCESS_LOG))
