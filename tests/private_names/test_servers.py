"""What the servers around us do, the model's and Redis, and what reads the environment."""

import asyncio
import inspect
import logging
import os
import re
import signal
from importlib import import_module
from pkgutil import resolve_name

import gunicorn.config
import gunicorn.glogging
import httpx2
import pytest
import redis
import uvicorn

from assistant_app.llm import embedded
from emailassistant import gunicorn as configuration
from emailassistant.env import FileAwareEnv
from emailassistant.http_protocol import Protocol
from emailassistant.worker import NOTIFY_SECONDS, Worker
from tests import services
from tests.model_server import model_server
from tests.own_redis import OwnRedis
from tests.private_names.places import (
    EMBEDDED,
    ENV,
    EVENTS_IN_REDIS,
    GUNICORN,
    LIFESPAN,
    TRANSPORT,
    WORKER,
    otherwise,
)

__all__ = ["model_server"]

# --- gunicorn and uvicorn -------------------------------------------------------------------------


def test_gunicorn_knows_each_of_our_settings():
    ours = {name for name, value in vars(configuration).items() if not inspect.ismodule(value)}
    names = {name for name in ours if name.islower() and not name.startswith("_")}
    unknown = names - gunicorn.config.Config().settings.keys()
    with otherwise(f"gunicorn ignores settings that it does not know: {unknown}", GUNICORN):
        assert "control_socket_disable" in names
        assert not unknown


def test_the_worker_gives_uvicorn_our_configuration(monkeypatch):
    for name in ("gunicorn.error", "gunicorn.access", "uvicorn.error", "uvicorn.access"):
        for attribute in ("handlers", "level", "propagate"):  # the worker changes them
            logger = logging.getLogger(name)
            monkeypatch.setattr(logger, attribute, getattr(logger, attribute))
    config = gunicorn.config.Config()
    config.set("graceful_timeout", 30)
    with otherwise("`UvicornWorker` takes `CONFIG_KWARGS`, or is made, in another way", WORKER):
        log = gunicorn.glogging.Logger(config)
        worker = Worker(1, os.getpid(), [], None, 60, config, log)
        worker.tmp.close()
        assert worker.config.lifespan == "on"
        assert not worker.config.proxy_headers
        assert not worker.config.server_header
        assert worker.config.timeout_graceful_shutdown == 27
        assert worker.config.callback_notify == worker.callback_notify
        assert worker.config.timeout_notify == NOTIFY_SECONDS
        assert worker.config.http is Protocol
        assert worker.ppid == os.getpid()  # as gunicorn's master gives it
        assert worker.age == 1


@pytest.fixture(scope="module")
def seen():
    """Serve one request that never ends, and stop; return what was seen of uvicorn."""
    seen = {}

    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            seen["handler"] = signal.getsignal(signal.SIGTERM)
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            return await send({"type": "lifespan.shutdown.complete"})
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"...", "more_body": True})
        await asyncio.Event().wait()

    async def notify():
        seen["notified"] = server.started

    async def serve_and_stop():
        serving = asyncio.ensure_future(server.serve())
        while not server.started and not serving.done():
            await asyncio.sleep(0.01)
        reader, writer = await asyncio.open_connection(*server.servers[0].sockets[0].getsockname())
        writer.write(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")
        await reader.readline()
        server.should_exit = True
        done, _ = await asyncio.wait([serving], timeout=20)
        seen["stopped"] = bool(done)
        writer.close()

    config = uvicorn.Config(
        app, port=0, lifespan="on", log_config=None, timeout_notify=30, callback_notify=notify
    )
    server = uvicorn.Server(config)
    config.timeout_graceful_shutdown = 0.01
    asyncio.run(serve_and_stop())
    seen["own"] = server.handle_exit
    return seen


def test_uvicorn_handles_signals_before_the_lifespan_begins(seen):
    with otherwise("uvicorn installs its signal handlers later, or in another way", LIFESPAN):
        assert seen["handler"] == seen["own"]


def test_uvicorn_notifies_as_soon_as_it_serves(seen):
    with otherwise("uvicorn no longer calls `callback_notify` once it serves", WORKER):
        assert seen["notified"]


def test_uvicorn_gives_up_on_open_connections(seen):
    with otherwise("uvicorn no longer looks at `config.timeout_graceful_shutdown` when it stops", WORKER):
        assert seen["stopped"]


# --- The model's server, Redis, the environment ---------------------------------------------------


def _while_posting(server, look):
    """Send a chat completion by our transport; return what is seen of the SDK's client and the response."""

    async def ask():
        transport = import_module(TRANSPORT)
        client = transport.Transport(transport.ModelConfig(base_url=server.url))
        try:
            async with client.post({"model": "m", "messages": [], "stream": True}) as response:
                return look(client._sdk._client, response)
        finally:
            await client.aclose()

    return asyncio.run(ask())


def test_the_sdk_hands_a_response_on_unread(model_server):
    with otherwise("openai's `post` with `stream=True` no longer returns the raw unread response", TRANSPORT):
        seen = _while_posting(model_server, lambda _, response: (type(response), response.is_stream_consumed))
        assert seen == (httpx2.Response, False)


def test_the_sdk_has_no_limit_of_connections_where_ours_is_zero(model_server):
    with otherwise("openai's aiohttp client no longer takes a limit of 0 for none, or hides it", TRANSPORT):
        limit = _while_posting(model_server, lambda client, _: client._transport.client.connector.limit)
        assert limit == 0


def test_the_sdk_says_that_it_was_the_connection_that_took_too_long():
    openai = import_module("openai")

    def refuse(request):
        raise httpx2.ConnectTimeout("too long")

    async def ask():
        async with httpx2.AsyncClient(transport=httpx2.MockTransport(refuse)) as client:
            sdk = openai.AsyncOpenAI(api_key="k", http_client=client, max_retries=0)
            with pytest.raises(openai.APITimeoutError) as caught:
                await sdk.post("/chat/completions", cast_to=httpx2.Response, body={})
        return caught.value

    with otherwise("openai's timeout no longer has httpx2's as its cause", TRANSPORT):
        assert isinstance(asyncio.run(ask()).__cause__, httpx2.ConnectTimeout)


@services.needs_embedded_model
def test_the_embedded_server_knows_each_of_our_parameters():
    with otherwise("xllamacpp has other names for what we set", EMBEDDED):
        xllamacpp = import_module("xllamacpp")
        assigned = re.findall(r"params\.([\w.]+) = ", inspect.getsource(embedded.serve))
        assert "cache_ram_mib" in assigned
        for name in assigned:
            resolve_name(f"xllamacpp:CommonParams.{name.partition('.')[0]}")
        assert hasattr(xllamacpp.CommonParams().model, "path")
        assert hasattr(xllamacpp.Server, "listening_address")


@services.needs_redis_server
def test_redis_says_that_an_id_is_not_above_the_last():
    with OwnRedis() as server, redis.Redis.from_url(server.url) as client:
        client.xadd("stream", {"kind": "token"}, id="2-1")
        said = "Redis has other words for an id that is not above the last"
        with otherwise(said, EVENTS_IN_REDIS), pytest.raises(redis.ResponseError, match="equal or smaller"):
            client.xadd("stream", {"kind": "token"}, id="2-1")


def test_environs_parses_a_default_for_a_variable_without_a_name():
    with otherwise("environs no longer parses the default of a database's address", ENV):
        assert FileAwareEnv().dj_db_url("", "sqlite:////tmp/mail.sqlite3")["NAME"] == "/tmp/mail.sqlite3"
