"""The ASGI entry point: Django wrapped in middleware, so that it needs no web server in front.

From the outside in: `Lifespan` (start and stop), `RequestLog` (request ids), `BodyLimit` (size of bodies),
static files, Django. It also works behind a proxy.
"""

from __future__ import annotations

import asyncio
import contextvars
import hashlib
import os
import re
from functools import partial
from tempfile import SpooledTemporaryFile
from typing import Any, cast

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

from assistant_app.engine import registry  # noqa: E402
from assistant_app.errors import AssistantError  # noqa: E402
from assistant_app.observing.logs import current  # noqa: E402
from assistant_app.phrases import gettext_noop  # noqa: E402
from emailassistant.accounts import Accounts  # noqa: E402
from emailassistant.body_limit import BodyLimit  # noqa: E402  (they read settings and models)
from emailassistant.early_answer import answer  # noqa: E402
from emailassistant.lifespan import Lifespan  # noqa: E402
from emailassistant.pending import PendingResponse, let_wait  # noqa: E402
from emailassistant.request_log import RequestLog  # noqa: E402
from emailassistant.request_threads import (  # noqa: E402
    MOST_BUSY_OF_ONE,
    MOST_QUEUED_OF_ONE,
    MOST_SUBMITS_BUSY,
    MOST_SUBMITS_BUSY_OF_ONE,
    MOST_SUBMITS_QUEUED,
    RequestThreads,
    TooManyOfOnePerson,
    TooManyRequests,
)
from emailassistant.static import serve_static  # noqa: E402

EVENT_STREAMS = ("/events/", "/stream/")
SUBMITTED_TO = ("/api/", "/a/", "/new/")
SESSION = re.compile(rf"(?:^|;\s*){settings.SESSION_COOKIE_NAME}=([^;\s]+)".encode())
READING = {"GET", "HEAD", "OPTIONS"}
QUEUED_FOR_A_RUN = 10  # requests of one person that may queue, for each run that they may have at once
PROBES = ("/healthz", "/readyz")  # answered even while all other requests queue
IN_MEMORY = 65_536  # bytes of a body; more than a page's form has, and less than most files


class NoRoomForBody(AssistantError):
    said = gettext_noop("The server's disk is full, so it cannot take a request of this size.")

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
        self._threads = RequestThreads(
            most_busy_of_one=MOST_BUSY_OF_ONE, most_queued_of_one=MOST_QUEUED_OF_ONE, has_shares=True
        )
        runs = settings.MAX_RUNS_AT_ONCE
        self._submit_threads = RequestThreads(
            MOST_SUBMITS_BUSY,
            MOST_SUBMITS_QUEUED,
            most_busy_of_one=MOST_SUBMITS_BUSY_OF_ONE,
            most_queued_of_one=runs * QUEUED_FOR_A_RUN if runs else None,
        )
        self._sync_handler = SyncHandler()
        self._accounts = Accounts()

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
        """Do all sync work of a request in one call to a thread, or in two if it waits for a run in between.

        Django's `handle` switches threads for each signal, each middleware and the end of the response, which
        takes longer than their work. If the client disconnects, the view still finishes in its thread.
        """
        try:
            body = await self.read_body(receive)
            response = await self._respond_in_a_thread(scope, body)
        except RequestAborted:
            return
        except (NoRoomForBody, TooManyRequests, TooManyOfOnePerson) as refusal:
            return await answer(scope, send, refusal)
        if response.streaming:
            await self._stream(response, receive, send)
        else:
            await self.send_response(response, send)

    async def _stream(self, response: HttpResponseBase, receive: Any, send: Any) -> None:
        """Send a response while it is built, until its client disconnects. Close it however that ends.

        Without that, it would be built to its end for a client that is gone.
        """
        async with ThreadSensitiveContext():
            sending = asyncio.create_task(self.send_response(response, send))
            leaving = asyncio.create_task(self.listen_for_disconnect(receive))
            try:
                await asyncio.wait((sending, leaving), return_when=asyncio.FIRST_COMPLETED)
            finally:
                sending.cancel()
                leaving.cancel()
                await asyncio.gather(sending, leaving, return_exceptions=True)
                await sync_to_async(response.close)()
        if not sending.cancelled():
            sending.result()  # raise what went wrong

    async def _respond_in_a_thread(self, scope: Any, body: Any) -> HttpResponseBase:
        """Submits have a lane of their own, so a read never queues behind one."""
        context = contextvars.copy_context()  # one for both calls: Django keeps the script prefix there
        lane = self._submit_threads if is_submit(scope) else self._threads
        credential = credential_of(scope)
        person = self._accounts.person(credential)
        try:
            request, response = await lane.run(
                lambda: self._respond(scope, body),
                context=context,
                is_counted=scope["path"] not in PROBES,
                person=person,
            )
        except (TooManyRequests, TooManyOfOnePerson):
            body.close()
            raise
        self._accounts.learn(credential, request)
        while isinstance(response, PendingResponse):
            # Without the shield, a cancelled request would cancel the run's future for everybody.
            await asyncio.shield(asyncio.wrap_future(response.future))
            finish = partial(self._finish, request, response)
            response = await lane.run(finish, context=context, has_begun=True, person=person)
        return response

    def _respond(self, scope: Any, body: Any) -> tuple[HttpRequest | None, HttpResponseBase]:
        set_script_prefix(get_script_prefix(scope))
        request_started.send(sender=type(self), scope=scope)
        request, refusal = self.create_request(scope, body)
        if request is None:
            body.close()
            return None, cast(HttpResponseBase, refusal)
        _let_logs_know(request)
        let_wait(request)
        return request, self._end(self._sync_handler.get_response(request))

    def _finish(self, request: HttpRequest, pending: PendingResponse) -> HttpResponseBase:
        return self._end(pending.finish(request))

    def _end(self, response: HttpResponseBase) -> HttpResponseBase:
        """End the work of this thread."""
        response._handler_class = type(self)  # type: ignore[attr-defined]  # like Django's `run_get_response`
        if response.streaming:
            close_old_connections()  # the content, or the rest of the request, is produced elsewhere
        else:
            response.close()  # the content stays readable
        return response


def is_submit(scope: Any) -> bool:
    """Return whether the request may start a run or change an email."""
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    return scope["method"] not in READING and path.startswith(SUBMITTED_TO)


def credential_of(scope: Any) -> str:
    """Return a hash of the token or the session, "" without one.

    Pages know no tokens. Of several cookies with one name, the last counts, as for Django.
    """
    headers = dict(scope["headers"])
    words = headers.get(b"authorization", b"").split() if "/api/" in scope["path"] else []
    found = words or SESSION.findall(headers.get(b"cookie", b""))
    return hashlib.blake2b(found[-1], digest_size=16).hexdigest() if found else ""


def _let_logs_know(request: HttpRequest) -> None:
    if (context := current.get()) is not None:
        context.request = request


registry.load(settings.WORKFLOWS)  # raise at start what the checks, if they were run, have said
_served = BodyLimit(serve_static(Handler()), settings.MAX_BODY_BYTES)
application = Lifespan(RequestLog(_served, is_written=settings.ACCESS_LOG))
