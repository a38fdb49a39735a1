"""Responses of views that wait for a run, without a thread or a database connection meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, cast

from asgiref.sync import iscoroutinefunction
from django.contrib.messages import get_messages
from django.contrib.messages.storage.base import BaseStorage
from django.core.handlers.exception import response_for_exception
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.utils.decorators import sync_and_async_middleware

OF_ITS_OWN = {"content-type", "content-length", "vary"}  # headers that are not copied as they are


class PendingResponse(HttpResponseBase):
    """Stands in for a response until `future` is done; then `finish` returns the real one.

    Middleware sees this one: its headers and cookies are copied onto the real one, which wins where both
    have a header. An exception in between is answered like one of the view.
    """

    streaming = True  # it has no content that middleware could measure

    def __init__(self, future: Future[Any], then: Callable[[], HttpResponseBase]) -> None:
        super().__init__()
        self.future = future
        self._then = then
        # Middleware with a `process_exception` sets it, because it has returned when the exception comes.
        self.answer_to: Callable[[Exception], HttpResponseBase | None] = lambda problem: None

    def finish(self, request: HttpRequest) -> HttpResponseBase:
        """Return the real response, or one that waits again. Call it when `future` is done, in any thread."""
        session = getattr(request, "session", None)
        if session is not None:
            session.modified = False  # what was modified before has been saved
        try:
            response = self._then()
            if callable(render := getattr(response, "render", None)):
                response = render()
        except Exception as problem:  # noqa: BLE001  (Django logs it and answers 500)
            response = self.answer_to(problem) or response_for_exception(request, problem)
        if isinstance(said := get_messages(request), BaseStorage):
            said.update(response)  # its middleware has stored what was said before
        self._hand_over(response)
        if session is not None and session.modified:
            session.save()
        return response

    def _hand_over(self, response: HttpResponseBase) -> None:
        for name, value in self.items():
            if name.lower() not in OF_ITS_OWN:
                response.headers.setdefault(name, value)
        patch_vary_headers(response, [name for name in self.get("Vary", "").split(", ") if name])
        for name, cookie in self.cookies.items():
            response.cookies.setdefault(name, cookie)
        mine, real = cast(Any, self)._resource_closers, cast(Any, response)._resource_closers
        real[:0] = mine  # closing the real response closes the request
        mine.clear()
        if isinstance(response, PendingResponse):
            response.answer_to = self.answer_to
        elif isinstance(response, HttpResponse):
            response.headers.setdefault("Content-Length", str(len(response.content)))  # as CommonMiddleware


@sync_and_async_middleware
def finish_pending(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Middleware: wait in this thread, unless the server waits without one.

    Our ASGI handler does. The test client and other servers don't. The handler uses the async chain for
    event streams only, which have nothing to finish.
    """
    if iscoroutinefunction(get_response):
        return get_response

    def finish(request: HttpRequest) -> HttpResponseBase:
        response: HttpResponseBase = get_response(request)
        while isinstance(response, PendingResponse) and not may_wait(request):
            connection.close()  # hold no connection while waiting
            response.future.result()
            response = response.finish(request)
        return response

    return finish


def let_wait(request: HttpRequest) -> None:
    """Say that the server can wait for a pending response to this request."""
    request.may_wait = True  # type: ignore[attr-defined]


def may_wait(request: HttpRequest) -> bool:
    return getattr(request, "may_wait", False)
