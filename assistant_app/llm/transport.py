"""Wraps the SDK: sends a request body and converts the SDK's exceptions to a `Fault`.

This module imports `openai`, which takes half a second and 90 MB. So `client` imports it at its first call.
"""

from __future__ import annotations

import email.utils
import math
import socket
import ssl
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import aiohttp
import httpx2
import openai

from assistant_app.llm import faults
from assistant_app.llm.config import ModelConfig
from assistant_app.llm.wire import clean

# No limit (0): the number of runs bounds the connections. The SDK's default is 1,000.
_LIMITS = httpx2.Limits(max_connections=0)
_UNREAD: bool = True  # pass the response on unread
MOST_CAUSES = 10  # of an error, each the cause of the one before
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


class Transport:
    """One SDK client with one connection pool, for the event loop that created it."""

    def __init__(self, config: ModelConfig) -> None:
        self._config = config
        self.host = config.host
        # The caller limits the time of the whole answer; another limit for each read would cost time.
        timeout = openai.Timeout(None, connect=config.connect_timeout)
        self._sdk = openai.AsyncOpenAI(
            api_key=config.api_key or "none",  # the SDK requires one; servers without keys ignore it
            base_url=config.base_url,
            timeout=timeout,
            max_retries=0,  # the client counts and records attempts itself
            # aiohttp's parser is in C: a streamed draft takes a third of the CPU time.
            http_client=openai.DefaultAioHttpClient(
                timeout=timeout,
                limits=_LIMITS,
                # A proxy from the environment cannot reach our loopback.
                trust_env=not config.host.startswith(_LOOPBACK),
            ),
        )

    @asynccontextmanager
    async def post(self, body: dict[str, Any]) -> AsyncGenerator[httpx2.Response]:
        """Send a chat completion. Leaving the context closes the response. Raise only `Fault`."""
        try:
            # Not `chat.completions.create`: it transforms the body, which takes as long as sending it.
            response = await self._sdk.post(
                "/chat/completions", cast_to=httpx2.Response, body=body, stream=_UNREAD
            )
            async with aclosing(response):
                yield response
        except openai.APIStatusError as error:
            raise self._of_status(error) from error
        except (openai.APITimeoutError, httpx2.TimeoutException) as error:
            raise self._of_timeout(error) from error
        except openai.APIConnectionError as error:
            raise faults.unreachable(self.host, _why(error)) from error
        except (httpx2.TransportError, aiohttp.ClientError) as error:  # the latter if it is not HTTP
            raise faults.lost(self.host) from error
        except (openai.OpenAIError, httpx2.HTTPError) as error:
            raise faults.garbage(self.host) from error

    def _of_timeout(self, error: Exception) -> faults.Fault:
        if isinstance(error, httpx2.ConnectTimeout) or isinstance(error.__cause__, httpx2.ConnectTimeout):
            return faults.unreachable(self.host, _why(error))
        return faults.timed_out(self.host, self._config.timeout)

    def _of_status(self, error: openai.APIStatusError) -> faults.Fault:
        pause = retry_after(error.response.headers.get("retry-after"))
        return self.complaint(error.body, http_status=error.status_code, pause=pause)

    def complaint(
        self, body: object, *, http_status: int | None = None, pause: float | None = None
    ) -> faults.Fault:
        """Return the fault for a server's error body. An error within a stream carries its own status."""
        words, code, own_status = faults.error_words(body)
        return faults.of_status(
            self.host,
            http_status or own_status or 500,
            words=clean(words),
            server_code=code,
            pause=pause,
            key=self._config.api_key,
        )

    async def aclose(self) -> None:
        await self._sdk.close()


def _why(error: BaseException) -> str:
    """Return why there is no connection, with what to do; empty if it is not known."""
    cause: BaseException | None = error
    for _ in range(MOST_CAUSES):
        words = str(cause)
        if isinstance(cause, ssl.SSLCertVerificationError) or "CERTIFICATE_VERIFY_FAILED" in words:
            return (
                "its certificate is not trusted. Set SSL_CERT_FILE to the file of its certificate authority"
            )
        if isinstance(cause, aiohttp.ClientProxyConnectionError):
            return "the proxy could not be reached. Check HTTPS_PROXY and NO_PROXY"
        if isinstance(cause, ssl.SSLError) or "WRONG_VERSION_NUMBER" in words:
            return "it does not speak TLS. Check whether OPENAI_BASE_URL begins with http:// or https://"
        if isinstance(cause, socket.gaierror):
            return "its name is not known. Check OPENAI_BASE_URL"
        if isinstance(cause, ConnectionRefusedError):
            return "nothing listens there. Is the server running?"
        cause = cause and (cause.__cause__ or cause.__context__)
    return ""


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
