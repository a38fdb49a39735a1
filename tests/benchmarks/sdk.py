"""The floor of a model call: the same SDK, called plainly. Run in a process of its own; prints its CPU.

`python -m tests.benchmarks.sdk URL plain 300` calls so many times and prints the seconds of one call;
`... streams 32 400` reads so many streams of so many tokens at once and prints their seconds in all.
"""

import asyncio
import json
import sys
import time

from openai import AsyncOpenAI


async def plain(client, count):
    for _ in range(10):
        await ask(client, "Hello.")
    cpu, begin = time.process_time(), time.perf_counter()
    for _ in range(count):
        await ask(client, "Hello.")
    return {"cpu": (time.process_time() - cpu) / count, "seconds": (time.perf_counter() - begin) / count}


async def streams(client, number, tokens):
    await asyncio.gather(*(read(client, 1) for _ in range(number)))
    cpu = time.process_time()
    await asyncio.gather(*(read(client, tokens) for _ in range(number)))
    return {"cpu": time.process_time() - cpu}


async def read(client, tokens):
    text = ""
    async for chunk in await ask(client, f"Write {tokens} tokens.", stream=True):
        if chunk.choices:
            text += chunk.choices[0].delta.content or ""
    return text


async def ask(client, prompt, **options):
    messages = [{"role": "user", "content": prompt}]
    return await client.chat.completions.create(model="m", messages=messages, **options)


async def main(url, what, *numbers):
    async with AsyncOpenAI(base_url=url, api_key="test", max_retries=0, timeout=60) as client:
        measure = {"plain": plain, "streams": streams}[what]
        print(json.dumps(await measure(client, *map(int, numbers))))


asyncio.run(main(*sys.argv[1:]))
