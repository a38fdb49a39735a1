"""The one place that knows the SDK: sends a request body, turns whatever the SDK raises into a `Fault`.

Importing this imports `openai`, which costs half a second and 90 MB: `client` does so at its first call.
"""

from __future__ import annotations

import email.utils
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

# The number of runs is what bounds the connections (nought is no limit); the SDK's own limit is 1,000.
_LIMITS = httpx2.Limits(max_connections=0)
_UNREAD: bool = True  # the response is handed on as it comes
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


class Transport:
    """One SDK client with one connection pool. Belongs to the event loop that made it."""

    def __init__(self, config: ModelConfig) -> None:
        self._config = config
        self.host = config.host
        # The caller has a time limit for all of the answer: another for each read costs something at each.
        timeout = openai.Timeout(None, connect=config.connect_timeout)
        self._sdk = openai.AsyncOpenAI(
            api_key=config.api_key or "none",  # the SDK insists on one; servers without keys ignore it
            base_url=config.base_url,
            timeout=timeout,
            max_retries=0,  # the client counts and records attempts itself
            # Over aiohttp: its parser is in C, and a streamed draft costs a third of what it costs without.
            http_client=openai.DefaultAioHttpClient(
                timeout=timeout,
                limits=_LIMITS,
                # A proxy of the environment cannot reach our own machine's loopback.
                trust_env=not config.host.startswith(_LOOPBACK),
            ),
        )

    @asynccontextmanager
    async def post(self, body: dict[str, Any]) -> AsyncGenerator[httpx2.Response]:
        """Send a chat completion; leaving the context closes the response. Raises only `Fault`."""
        try:
            # Not `chat.completions.create`: it looks for what to transform, which costs as much as sending.
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
            raise faults.unreachable(self.host) from error
        except (httpx2.TransportError, aiohttp.ClientError) as error:  # the latter for what is no HTTP
            raise faults.lost(self.host) from error
        except (openai.OpenAIError, httpx2.HTTPError) as error:
            raise faults.garbage(self.host) from error

    def _of_timeout(self, error: Exception) -> faults.Fault:
        if isinstance(error, httpx2.ConnectTimeout) or isinstance(error.__cause__, httpx2.ConnectTimeout):
            return faults.unreachable(self.host)
        return faults.timed_out(self.host, self._config.timeout)

    def _of_status(self, error: openai.APIStatusError) -> faults.Fault:
        pause = retry_after(error.response.headers.get("retry-after"))
        return self.complaint(error.body, http_status=error.status_code, pause=pause)

    def complaint(
        self, body: object, *, http_status: int | None = None, pause: float | None = None
    ) -> faults.Fault:
        """Return what a server's error body means; in the middle of a stream it carries its own status."""
        words, code, own_status = faults.error_words(body)
        if self._config.api_key:
            words = words.replace(self._config.api_key, "…")
        return faults.of_status(
            self.host, http_status or own_status or 500, words=clean(words), server_code=code, pause=pause
        )

    async def aclose(self) -> None:
        await self._sdk.close()


def retry_after(header: str | None) -> float | None:
    """Return the seconds that a `Retry-After` header asks for, given as a number or as a date."""
    if not header:
        return None
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        return max(0.0, email.utils.parsedate_to_datetime(header).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None
