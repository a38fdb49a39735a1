"""Requests to the whole ASGI application, in the test's own process and without a socket."""

import asyncio

import httpx

from assistant_app.models import ApiToken
from emailassistant.asgi import application


def send(method, path, content, content_type):
    async def sent():
        transport = httpx.ASGITransport(application)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            headers = {"Content-Type": content_type}
            return await client.request(method, path, content=content, headers=headers)

    return asyncio.run(sent())


def events_of(owner, path, status=200):
    """Return the text of an event stream of the API, once it has ended."""
    token = ApiToken.objects.create(owner)[1]

    async def read():
        transport = httpx.ASGITransport(application)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            answer = await client.get(path, headers={"Authorization": f"Token {token}"})
        assert answer.status_code == status
        return answer.text

    return asyncio.run(read())
