"""Wraps the SDK: sends a request body and converts the SDK's exceptions to a `Fault`.

This module imports `openai`, which takes half a second and 90 MB. So `client` imports it at its first call.
"""

from __future__ import annotations

import base64
import email.utils
import math
import os
import socket
import ssl
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from functools import cache
from typing import Any

import aiohttp
import httpx2
import openai

from assistant_app.errors import ModelUnavailable
from assistant_app.llm import faults
from assistant_app.llm.config import Address, ModelConfig
from assistant_app.llm.wire import Complaint, WebPage, clean
from assistant_app.phrases import gettext_noop

# No limit (0): the number of runs bounds the connections. The SDK's default is 1,000.
_LIMITS = httpx2.Limits(max_connections=0)
_UNREAD: bool = True  # pass the response on unread
MOST_CAUSES = 10  # of an error, each the cause of the one before


class Transport:
    """One SDK client with one connection pool, for the event loop that created it."""

    def __init__(self, config: ModelConfig) -> None:
        self._config = config
        self.host = config.host
        address = config.address
        # The caller limits the time of the whole answer; another limit for each read would cost time.
        timeout = openai.Timeout(None, connect=config.connect_timeout)
        self._sdk = openai.AsyncOpenAI(
            api_key=config.api_key or "none",  # the SDK requires one; servers without keys ignore it
            base_url=address.base,
            default_query=dict(address.query),
            default_headers=_headers(config, address),
            timeout=timeout,
            max_retries=0,  # the client counts and records attempts itself
            # aiohttp's parser is in C: a streamed draft takes a third of the CPU time.
            http_client=openai.DefaultAioHttpClient(
                timeout=timeout,
                limits=_LIMITS,
                # A proxy from the environment cannot reach our loopback.
                trust_env=not address.is_loopback,
                # Without the environment, SSL_CERT_FILE would be ignored there.
                verify=_authorities(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")),
            ),
        )

    @asynccontextmanager
    async def post(self, body: dict[str, Any], *, prefix: str = "") -> AsyncGenerator[httpx2.Response]:
        """Send a chat completion. Leaving the context closes the response. Raise only `Fault`.

        `prefix` is a part of the path that the server's address lacks.
        """
        try:
            # Not `chat.completions.create`: it transforms the body, which takes as long as sending it.
            response = await self._sdk.post(
                f"{prefix}/chat/completions", cast_to=httpx2.Response, body=body, stream=_UNREAD
            )
            async with aclosing(response):
                self._check_redirect(response)
                yield response
        except openai.APIStatusError as error:
            self._check_redirect(error.response)
            raise self._of_status(error) from error
        except (openai.APITimeoutError, httpx2.TimeoutException) as error:
            raise self._of_timeout(error) from error
        except openai.APIConnectionError as error:
            raise faults.unreachable(self.host, _why(error)) from error
        except (httpx2.TransportError, aiohttp.ClientError) as error:  # the latter if it is not HTTP
            is_http = not isinstance(error, aiohttp.ClientResponseError)
            raise (faults.lost if is_http else faults.no_http)(self.host) from error
        except (openai.OpenAIError, httpx2.HTTPError) as error:
            raise faults.garbage(self.host) from error

    async def models(self, *, prefix: str = "") -> list[str]:
        """Return the names of the models that the server lists; none if it lists none."""
        try:
            response = await self._sdk.get(f"{prefix}/models", cast_to=httpx2.Response)
            listed = response.json()["data"]
            return [clean(str(each["id"])) for each in listed]
        except (openai.OpenAIError, httpx2.HTTPError, aiohttp.ClientError, ValueError, KeyError, TypeError):
            return []

    def _check_redirect(self, response: httpx2.Response) -> None:
        """Raise `Fault` if a redirect has turned our POST into a GET, as 301 and 302 do."""
        if response.request.method != "POST":
            raise faults.redirected(
                self.host, str(response.request.url.copy_with(query=None, username="", password=""))
            )

    def _of_timeout(self, error: Exception) -> faults.Fault:
        if isinstance(error, httpx2.ConnectTimeout) or isinstance(error.__cause__, httpx2.ConnectTimeout):
            return faults.unreachable(self.host, _why(error))
        return faults.timed_out(self.host, self._config.timeout)

    def _of_status(self, error: openai.APIStatusError) -> faults.Fault:
        headers = error.response.headers
        pause = retry_after(headers.get("retry-after"))
        if pause is None and (milliseconds := retry_after(headers.get("retry-after-ms"))) is not None:
            pause = milliseconds / 1000
        body = _whole_body(error) if isinstance(error.body, str) else error.body
        return self.complaint(body, http_status=error.status_code, pause=pause)

    def fault(self, error: Exception, *, is_begun: bool, is_over: bool) -> faults.Fault:
        """Return the fault for what went wrong while an answer was read.

        `is_begun` says that some of the answer came, `is_over` that the time for the whole call is.
        """
        if isinstance(error, faults.Fault):
            return error
        if isinstance(error, TimeoutError) and is_over:
            return faults.too_slow(self.host, self._config.total_timeout)
        if isinstance(error, TimeoutError):
            return faults.timed_out(self.host, self._config.timeout, is_begun=is_begun)
        if isinstance(error, Complaint):
            return self.complaint(error.body)
        return faults.web_page(self.host) if isinstance(error, WebPage) else faults.garbage(self.host)

    def complaint(
        self, body: object, *, http_status: int | None = None, pause: float | None = None
    ) -> faults.Fault:
        """Return the fault for a server's error body. An error within a stream carries its own status."""
        words, code, own_status = faults.error_words(body)
        return faults.of_status(
            self.host,
            http_status or own_status or faults.STATUSES.get(code.lower(), 500),
            words=clean(words),
            server_code=code,
            pause=pause,
            key=self._config.api_key,
        )

    async def aclose(self) -> None:
        await self._sdk.close()


@cache
def _authorities(file: str | None, folder: str | None) -> ssl.SSLContext:
    """Return whom connections trust: what these variables of the environment name. It takes 20 ms to read."""
    return httpx2.create_ssl_context()


def _headers(config: ModelConfig, address: Address) -> dict[str, str]:
    headers = {}
    if config.api_key and address.base.partition("://")[2].partition("/")[0].endswith(".azure.com"):
        headers["api-key"] = config.api_key  # Azure's own name for it
    if address.user and not config.api_key:
        pair = base64.b64encode(f"{address.user}:{address.password}".encode()).decode()
        headers["Authorization"] = f"Basic {pair}"
    return {**headers, **config.headers}


def _why(error: BaseException) -> str:
    """Return why there is no connection, with what to do; empty if it is not known."""
    cause: BaseException | None = error
    for _ in range(MOST_CAUSES):
        words = str(cause)
        if isinstance(cause, ssl.SSLCertVerificationError) or "CERTIFICATE_VERIFY_FAILED" in words:
            return _why_not_trusted(words)
        if isinstance(cause, aiohttp.ClientProxyConnectionError):
            return gettext_noop("the proxy could not be reached. Check HTTPS_PROXY and NO_PROXY.")
        if isinstance(cause, aiohttp.ClientHttpProxyError):
            if cause.status == 407:
                return faults.PROXY_REFUSED
            return gettext_noop("the proxy refused (status %(status)s).", status=cause.status)
        if isinstance(cause, ssl.SSLError) or "WRONG_VERSION_NUMBER" in words:
            return gettext_noop(
                "it does not speak TLS. Check whether OPENAI_BASE_URL begins with http:// or https://."
            )
        if isinstance(cause, socket.gaierror):
            return gettext_noop("its name is not known. Check OPENAI_BASE_URL.")
        if isinstance(cause, ConnectionRefusedError):
            return gettext_noop("nothing listens there. Is the server running?")
        if isinstance(cause, aiohttp.ServerDisconnectedError | ConnectionResetError):
            return gettext_noop(
                "it closed the connection without an answer. If it goes on: check whether OPENAI_BASE_URL "
                "begins with http:// or https://."
            )
        cause = cause and (cause.__cause__ or cause.__context__)
    return ""


def _why_not_trusted(words: str) -> str:
    if "mismatch" in words:
        return gettext_noop(
            "its certificate is for another name. Write the name in the certificate in OPENAI_BASE_URL."
        )
    if "has expired" in words:
        return gettext_noop("its certificate has expired. It has to be renewed on that server.")
    return gettext_noop(
        "its certificate is not trusted. Set SSL_CERT_FILE to the file of its certificate authority."
    )


def connect(config: ModelConfig) -> Transport:
    """Return the connections. Raise `ModelUnavailable` if a variable of the environment makes no sense."""
    try:
        return Transport(config)
    except (OSError, ValueError, ImportError, httpx2.InvalidURL) as problem:
        text = gettext_noop(
            "The environment of this server is wrong: %(problem)s. "
            "Check SSL_CERT_FILE, HTTPS_PROXY, HTTP_PROXY and NO_PROXY.",
            problem=faults.shorten(str(problem)),
        )
        raise ModelUnavailable(text) from problem


def retry_after(header: str | None) -> float | None:
    """Return the seconds in a `Retry-After` header, which is a number or a date; None without one."""
    if not header:
        return None
    try:
        seconds = float(header)
        return max(0.0, seconds) if math.isfinite(seconds) else None
    except ValueError:
        pass
    try:
        return max(0.0, email.utils.parsedate_to_datetime(header).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None


def _whole_body(error: openai.APIStatusError) -> object:
    """Return the body of an error of which the SDK has kept only the text under `error`."""
    try:
        return error.response.json()
    except ValueError:
        return error.body
