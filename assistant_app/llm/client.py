"""A client for servers with OpenAI's chat completions API: retries, time limits, one `Call` per call.

`transport` wraps the SDK, `wire` reads the protocol, and `dialect` handles options that a server rejects.
"""

from __future__ import annotations

import asyncio
import importlib
import math
import random
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import AsyncExitStack, aclosing, contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from assistant_app.errors import AssistantError, ModelError
from assistant_app.llm import faults, window
from assistant_app.llm.base import Call, Message, Model, Purpose, Replacement
from assistant_app.llm.config import ModelConfig
from assistant_app.llm.dialect import Dialect, Dialects, Memory, is_failed_generation, refusal_in
from assistant_app.llm.wire import BodyReader, Garbage, Reply, clean_value, find_value

if TYPE_CHECKING:
    import httpx2

    from assistant_app.llm.transport import Transport

LONGEST_PAUSE = 8.0  # seconds between two attempts, unless the server asks for more
LONGEST_LOADING_PAUSE = 3.0  # the same while the server loads its model
LONGEST_END = 0.2  # seconds from the end marker to the end of the response


class OpenAIClient:
    """One per process and event loop. Imports the SDK and connects at the first call."""

    def __init__(self, config: ModelConfig, memory: Memory | None = None) -> None:
        self.config = config
        self.provider = config.provider
        self.is_demonstration = config.is_demonstration
        self.dialects = Dialects(config.server, memory)
        self._transport: Transport | None = None
        self._lock = asyncio.Lock()

    def session(self, record: Callable[[Call], None]) -> Model:
        """Return one run's access to the model."""
        return _Session(self, record)

    async def transport(self) -> Transport:
        """Return the connections to the server; create them at the first call."""
        if self._transport is None:
            async with self._lock:
                if self._transport is None:
                    self._transport = await make_transport(self.config)
        return self._transport

    async def disconnected(self, transport: Transport) -> None:
        """Handle a server that was unreachable or went away; a hook for subclasses."""

    async def aclose(self) -> None:
        if self._transport is not None:
            await self._transport.aclose()
            self._transport = None


async def make_transport(config: ModelConfig) -> Transport:
    """Import the SDK, in a thread as that takes half a second, and create the connections."""
    module = await asyncio.to_thread(importlib.import_module, "assistant_app.llm.transport")
    transport: Transport = module.connect(config)
    return transport


@dataclass(kw_only=True)
class _Progress:
    """The state of a call under way."""

    purpose: Purpose
    body: dict[str, Any]
    ends_at: float  # when the call must be over
    started: float = field(default_factory=time.monotonic)
    dialect: Dialect = field(default_factory=Dialect)
    sent: dict[str, Any] = field(default_factory=dict)  # the body of the latest attempt
    reply: Reply = field(default_factory=Reply)
    first_token_at: float | None = None
    attempts: int = 0
    retries: int = 0
    loading_since: float | None = None  # when the server first said that it is loading the model
    error_code: str = ""
    error_message: str = ""

    def begin_attempt(self) -> None:
        self.sent = self.dialect.speak(dict(self.body))
        self.reply = Reply()
        self.attempts += 1

    def call(self, provider: str) -> Call:
        """Return the record of the call."""
        sent = self.sent or self.body
        return Call(
            purpose=self.purpose,
            provider=provider,
            model=sent["model"],
            messages=sent["messages"],
            parameters={key: value for key, value in sent.items() if key not in {"model", "messages"}},
            reply=self.reply.text,
            tokens_in=self.reply.tokens_in,
            tokens_out=self.reply.tokens_out,
            time_to_first_token=self.first_token_at and self.first_token_at - self.started,
            duration=time.monotonic() - self.started,
            attempts=max(1, self.attempts),
            error_code=self.error_code,
            error_message=self.error_message,
        )


class _Session:
    """One run's access to the model."""

    def __init__(self, client: OpenAIClient, record: Callable[[Call], None]) -> None:
        self._client = client
        self._config = client.config
        self._record = record
        self.is_demonstration = client.is_demonstration

    async def structured(self, purpose: Purpose, messages: list[Message], schema: dict[str, Any]) -> Any:
        """Return the JSON object or list in the answer, or else its text.

        It matches the schema if the server enforces it.
        """
        named = {"name": schema["title"], "strict": True, "schema": schema}
        options = {"response_format": {"type": "json_schema", "json_schema": named}}
        with self._recorded(purpose, messages, **options) as progress:
            async with aclosing(self._answer(progress)) as texts:
                async for _ in texts:
                    pass
            text = progress.reply.structured
            try:
                return clean_value(find_value(text))
            except Garbage:
                return text

    async def stream(self, purpose: Purpose, messages: list[Message]) -> AsyncGenerator[str]:
        """Yield the reply's text in pieces as they arrive. A `Replacement` replaces those before it."""
        options = {"stream": True, "stream_options": {"include_usage": True}}
        with self._recorded(purpose, messages, **options) as progress:
            async with aclosing(self._answer(progress)) as texts:
                async for text in texts:
                    progress.first_token_at = progress.first_token_at or time.monotonic()
                    yield text

    @contextmanager
    def _recorded(self, purpose: Purpose, messages: list[Message], **options: Any) -> Iterator[_Progress]:
        """Record exactly one call, also if it fails or is cancelled."""
        said = [{"role": message.role, "content": message.content} for message in messages]
        body = {"messages": said, **self._config.options(purpose), **options}
        ends_at = time.monotonic() + (self._config.total_timeout or math.inf)
        progress = _Progress(purpose=purpose, body=body, ends_at=ends_at)
        try:
            yield progress
        except AssistantError as error:
            progress.error_code, progress.error_message = error.code, error.message
            if isinstance(error, ModelError):
                error.partial = progress.reply.answer
            raise
        except (asyncio.CancelledError, GeneratorExit):
            progress.error_code, progress.error_message = "cancelled", "The call was stopped."
            raise
        except Exception as error:
            progress.error_code, progress.error_message = "internal_error", repr(error)
            raise
        finally:
            self._record(progress.call(self._client.provider))

    async def _answer(self, progress: _Progress) -> AsyncGenerator[str]:
        """Yield the answer's text. Retry after a failure while nothing was yielded."""
        model = progress.body["model"]
        progress.dialect = await self._client.dialects.of(model)
        if too_long := window.why_too_long(progress.body["messages"], self._config):
            raise too_long.error(1)
        first_refusal: faults.Fault | None = None
        while True:
            progress.begin_attempt()
            try:
                async with aclosing(self._attempt(progress)) as texts:
                    async for text in texts:
                        yield text
                progress.reply.check(is_structured="response_format" in progress.body)
                await self._client.dialects.learn(model, progress.dialect)
                if cut := window.why_cut(progress.body["messages"], progress.reply.tokens_read, self._config):
                    raise cut.error(1)
                return
            except faults.Fault as fault:
                lacks_path = not (self._config.address.has_path or progress.dialect.prefix)
                refusal = refusal_in(fault, progress.sent, lacks_path=lacks_path)
                if refusal and not progress.reply.said:
                    first_refusal = first_refusal or fault
                    progress.dialect = progress.dialect.without(refusal)
                elif is_failed_generation(fault):
                    fault.transient = True  # the next generation may be a good one
                    await self._pause(progress, fault)
                elif first_refusal and not fault.transient:
                    # Leaving options out did not help; the first error is the real reason.
                    raise first_refusal.error(progress.attempts) from fault
                else:
                    await self._pause(progress, fault)

    async def _pause(self, progress: _Progress, fault: faults.Fault) -> None:
        """Wait before the next attempt, or raise the error if there must be none."""
        usual = min(self._config.retry_pause * 2**progress.retries, LONGEST_PAUSE) * random.uniform(0.75, 1)
        pause = usual if fault.pause is None else fault.pause
        is_last = progress.retries >= self._config.retries or pause > self._config.max_retry_after
        now = time.monotonic()
        if fault.is_loading and self._config.load_timeout:
            progress.loading_since = progress.loading_since or now
            pause = min(pause, LONGEST_LOADING_PAUSE)
            is_last = now + pause > progress.loading_since + self._config.load_timeout
        is_last = is_last or now + pause > progress.ends_at
        if is_last or not fault.transient or progress.reply.said:
            raise fault.error(progress.attempts) from fault
        progress.retries += 1
        await asyncio.sleep(pause)

    async def _attempt(self, progress: _Progress) -> AsyncGenerator[str]:
        """Make one attempt and yield the text as it arrives. Raise `Fault`."""
        transport = await self._client.transport()
        reply, ends_at = progress.reply, progress.ends_at
        try:
            async with AsyncExitStack() as stack:
                # Limit the time of each wait, not of a `yield`: that would interrupt the reader.
                async with asyncio.timeout(min(self._config.timeout, ends_at - time.monotonic())):
                    answer = await stack.enter_async_context(
                        transport.post(progress.sent, prefix=progress.dialect.prefix)
                    )
                texts = _texts(answer, reply, self._config.timeout, ends_at)
                await stack.enter_async_context(aclosing(texts))
                async for text in texts:
                    yield text
            rest = reply.finish()
        except (TimeoutError, Garbage, faults.Fault) as error:
            if not reply.is_complete:  # else only the end of the stream failed
                is_over = time.monotonic() >= ends_at
                fault = transport.fault(error, is_begun=reply.has_choices, is_over=is_over)
                if fault.is_disconnection:
                    await self._client.disconnected(transport)
                raise fault from error
            rest = reply.finish()
        if rest:
            yield rest


async def _texts(
    answer: httpx2.Response, reply: Reply, patience: float, ends_at: float
) -> AsyncGenerator[str]:
    """Yield the texts in a response, streamed or not, and collect them in `reply`.

    Give up if no event came for `patience` seconds, or at `ends_at`. Pings are no events.
    """
    reader = BodyReader()
    clock = asyncio.get_running_loop().time
    deadline = min(clock() + patience, ends_at)
    # Without an encoding, the raw bytes are the same, for a tenth less CPU time.
    read = answer.aiter_bytes if "content-encoding" in answer.headers else answer.aiter_raw
    async with aclosing(read()) as chunks:
        data = b"more"
        while data and not reply.is_done:
            async with asyncio.timeout_at(deadline):
                data = await anext(chunks, b"")
            events = reader.feed(data) if data else reader.finish()
            for event in events:
                text = reply.take(event)
                if text or isinstance(text, Replacement):
                    yield text
            if events:
                deadline = min(clock() + patience, ends_at)
        # Read to the end of the response, or the connection cannot be reused.
        with suppress(TimeoutError):
            async with asyncio.timeout(LONGEST_END):
                while await anext(chunks, b""):
                    pass
