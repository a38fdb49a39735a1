"""The model's server of the benchmarks, as a process of its own so that it does not share our time.

`python -m tests.benchmarks.model '{"port": 8001, "latency": 5}'`: the options are `ModelServer`'s, and

- `question`: what it asks before the first draft; nothing if it is not given,
- `characters`: of a draft, in 20 chunks of random letters.

A prompt with "400 tokens" in it gets 400 chunks, each with the time at which it was sent. One with
"no tokens" is never answered.
"""

import asyncio
import json
import random
import re
import string
import sys
import time

from tests.model_server import ModelServer, Reply, questions

CHUNKS = 20
STAMP = re.compile(r"at (\d+\.\d{6})")
WANTED = re.compile(r"(\d+) tokens")
NONE_WANTED = "no tokens"


class Stamped(list):
    """Chunks that are written when they are sent; the clock is the machine's, the same in each process."""

    def __iter__(self):
        for _ in range(len(self)):
            yield f"at {time.monotonic():.6f} "


class Model(ModelServer):
    def __init__(self, *, question="", characters=0, **options):
        super().__init__(chunks=0 if characters else CHUNKS, **options)
        self._characters = characters
        self._usual = self.standing
        if question:
            self.standing_questions = questions(question)

    async def _answer(self, request, writer):
        self.received.clear()  # they are not needed
        prompt = json.dumps(request.body["messages"])
        self.standing = self._usual
        if NONE_WANTED in prompt:
            await asyncio.Event().wait()
        elif wanted := WANTED.search(prompt):
            self.standing = Reply(chunks=Stamped([""] * int(wanted[1])))
        elif self._characters:
            self.standing = Reply(chunks=[noise(self._characters // CHUNKS) for _ in range(CHUNKS)])
        await super()._answer(request, writer)


def noise(length):
    """Return words that no database packs into less."""
    return "".join(random.choices(string.ascii_letters + " ", k=length - 1)) + "."


if __name__ == "__main__":
    model = Model(**json.loads(sys.argv[1]))
    model.start()
    model.wait()
