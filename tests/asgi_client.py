"""A request to the whole ASGI application, in the test's own process and without a socket."""

import asyncio

import httpx

from emailassistant.asgi import application


def send(method, path, content, content_type):
    async def sent():
        transport = httpx.ASGITransport(application)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            headers = {"Content-Type": content_type}
            return await client.request(method, path, content=content, headers=headers)

    return asyncio.run(sent())
