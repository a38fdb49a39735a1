"""The ASGI entry point: Django behind what a server of its own has to do for it.

From the outside in: start and stop (`Lifespan`), an id for each request (`RequestLog`), the size of what is
sent (`BodyLimit`), static files, Django. Nothing in front of the workers is needed, and nothing stands in
the way of a proxy.
"""

from __future__ import annotations

import os
from typing import Any

import django
from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.base import BaseHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "emailassistant.settings")
django.setup(set_prefix=False)

from emailassistant.body_limit import BodyLimit  # noqa: E402  (they read settings and models)
from emailassistant.lifespan import Lifespan  # noqa: E402
from emailassistant.logs import current  # noqa: E402
from emailassistant.request_log import RequestLog  # noqa: E402
from emailassistant.request_threads import RequestThreads  # noqa: E402
from emailassistant.static import serve_static  # noqa: E402

EVENT_STREAMS = ("/events/", "/stream/")


class SyncHandler(BaseHandler):
    """The same middleware and views, called as WSGI does."""

    def __init__(self) -> None:
        super().__init__()
        self.load_middleware()


class Handler(ASGIHandler):
    """Django, with threads that are used again, and without one for each open event stream.

    Django gives every request a private thread for its sync code and keeps it until the answer ends: a
    hundred open streams held a hundred threads. Streams share the process's one sync thread instead,
    for their few short queries.
    """

    def __init__(self) -> None:
        super().__init__()
        self._threads = RequestThreads()
        self._sync_handler = SyncHandler()

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        """Go through all middleware and the view in one piece, in the request's thread.

        Django's own way hops to that thread and back for each middleware, which took longer than they do.
        """
        if (context := current.get()) is not None:
            context.request = request
        if request.path.endswith(EVENT_STREAMS):
            return await super().get_response_async(request)
        return await sync_to_async(self._sync_handler.get_response, thread_sensitive=True)(request)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
        elif scope["path"].endswith(EVENT_STREAMS):
            await self.handle(scope, receive, send)
        else:
            async with self._threads.lend():
                await self.handle(scope, receive, send)


_served = BodyLimit(serve_static(Handler()), settings.MAX_BODY_BYTES)
application = Lifespan(RequestLog(_served, is_written=settings.ACCESS_LOG))
