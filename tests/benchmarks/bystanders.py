"""What ten people notice while somebody else gives the servers all the work that one can.

Two servers of two processes each stand behind nginx with the settings of docs/how-to/deploy.md. The
ten walk through one email after the other. Meanwhile, each from a process of its own:

- one account asks for the slowest pages and API answers, with 40 requests at a time,
- 150 sign-ins with wrong passwords come at once, again and again, from as many addresses,
- 400 clients send a body by the byte, half of them past nginx,
- 100 accounts follow a running email with 50 streams each.
"""

import asyncio
import json
import random
import re
import ssl
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from urllib.parse import urlencode, urlsplit

from tests.benchmarks import flow
from tests.benchmarks.client import Client
from tests.benchmarks.in_flight import allow_open_files
from tests.benchmarks.report import judged, ms, percentile, table
from tests.benchmarks.stage import model_server, sessions
from tests.bounded.nasty import KINDS
from tests.own_nginx import PRODUCTION, OwnNginx
from tests.own_redis import OwnRedis
from tests.real_server import ROOT, RealServer

SECONDS = 60
WARM_UP = 8  # until each process has served each kind of request
PAUSE = 0.2  # between two requests of one person
MODEL_LATENCY = 0.05
PEOPLE = tuple(f"person{number}" for number in range(10))
DISTURBER = "disturber"
FOLLOWERS = tuple(f"follower{number}" for number in range(100))
STREAMS = 50  # of each follower
AT_ONCE = 40
SIGN_INS = 150
SLOW_CLIENTS = 400
MOST = 0.5  # seconds, p99 of what the others wait
SLOW_KINDS = ("addresses", "facts of all kinds", "1-1-", "near-equal paragraphs", "flags", "short paragraphs")
EMAIL_LENGTH, DRAFT_LENGTH = 150_000, 50_000
NETWORKS = 250  # 127.0.1.1 and so on, which are all this machine
TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="(\w+)"')


def measure():
    allow_open_files()
    yield f"## What ten people notice of somebody else, for {SECONDS} s each\n"
    yield (
        "Two servers of two processes behind nginx, PostgreSQL, Redis. Each answer is timed to its end; a"
        " submit waits for the model, which takes 50 ms.\n"
    )
    rows, targets = [], []
    for name in ("nothing", *DISTURBANCES):
        times, errors, answered = disturbed(name)
        for error in sorted(set(errors)):
            print(f"{name}: {errors.count(error)} times: {error}", file=sys.stderr)
        figures = [ms(percentile(times, percent)) for percent in (50, 95, 99)]
        rows.append([name, len(times), len(errors), *figures, answered])
        if name in DISTURBANCES:
            targets.append(
                [name, judged(len(errors), 0), judged(percentile(times, 99) * 1000, MOST * 1000, "ms")]
            )
    head = ["meanwhile", "answers", "errors", "p50 ms", "p95 ms", "p99 ms", "what the disturber got"]
    yield table(head, rows)
    yield table(["meanwhile", "errors", "p99"], targets)


def disturbed(name):
    """Return how long each answer took the ten, what failed, and what the disturber was answered."""
    with behind_nginx() as front, ExitStack() as stack:
        walk(front, WARM_UP)
        told = stack.enter_context(disturbance(name, front)) if name in DISTURBANCES else {}
        walkers = walk(front, SECONDS)
        times = [seconds for walker in walkers for seconds in walker.times]
        stack.close()
        return times, [error for walker in walkers for error in walker.errors], told.get("answers", "")


def walk(front, seconds):
    """Let the ten work for so long; return them."""
    walkers = [Walker(front, person, seconds) for person in PEOPLE]
    for walker in walkers:
        walker.start()
    for walker in walkers:
        walker.join()
    return walkers


@contextmanager
def behind_nginx():
    people = (*PEOPLE, DISTURBER, *FOLLOWERS)
    with model_server(latency=MODEL_LATENCY, question=flow.QUESTION) as url, OwnRedis() as redis:
        env = PRODUCTION | {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": "test", "REDIS_URL": redis.url}
        env |= {"API_RATE_USER": "600/minute"}  # as it is by default; pages have no such limit
        with (
            RealServer(postgresql=True, env=env, people=people) as first,
            RealServer(env=env, beside=first) as second,
            OwnNginx([first, second]) as front,
        ):
            yield front


class Walker(threading.Thread):
    """One of the ten: one email after the other, with a pause between two requests."""

    def __init__(self, front, person, seconds):
        super().__init__()
        self._seconds = seconds
        self._client = Client(front.url, token=front.tokens[person], context=front.verify)
        self._pause = random.Random(person)
        self.times, self.errors = [], []

    def run(self):
        end = time.monotonic() + self._seconds
        while time.monotonic() < end:
            try:
                self._walk(end)
            except Exception as problem:  # noqa: BLE001  (each is a figure)
                self.errors.append(f"{type(problem).__name__}: {problem}"[:200])
                self._client.close()

    def _walk(self, end):
        for _, call in (*flow.api(self._client), ("list", self._list)):
            if time.monotonic() >= end:
                return
            begin = time.perf_counter()
            call()
            self.times.append(time.perf_counter() - begin)
            time.sleep(self._pause.uniform(0, 2 * PAUSE))

    def _list(self):
        flow.check(self._client.get("/api/applications/"))


# --- The disturbances, in a process of their own -------------------------------------------------


@contextmanager
def disturbance(name, front):
    """Run a disturbance until the block ends; the dict then holds its answers by status."""
    told = {
        "url": front.url,
        "certificate": str(front.certificate),
        "servers": [server.url for server in front.servers],
        "tokens": front.tokens,
        "session": sessions(front.servers[0], DISTURBER)[0],
    }
    command = [sys.executable, "-m", "tests.benchmarks.bystanders", name]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    answers = {}
    with subprocess.Popen(command, cwd=ROOT, **pipes) as process:
        process.stdin.write(json.dumps(told) + "\n")
        process.stdin.flush()
        assert process.stdout.readline() == "under way\n", f"{name} did not begin"
        try:
            yield answers
        finally:
            answers["answers"] = process.communicate()[0].strip()


class Disturbance:
    """Requests on connections of their own, and how many were answered with which status."""

    def __init__(self, told):
        self.url, self.servers, self.tokens = told["url"], told["servers"], told["tokens"]
        self.session = {"Cookie": f"sessionid={told['session']}"}
        self._context = ssl.create_default_context(cafile=told["certificate"])
        self.answers = {}

    async def ask(self, method, path, *, headers=(), body=b"", source=None):
        """Return status and answer; the status is 0 if the connection broke."""
        try:
            reader, writer = await self.connect(self.url, source)
            writer.write(self.head(method, path, headers, len(body)) + body)
            answer = await reader.read()
            writer.close()
            status = int(answer.split(maxsplit=2)[1]) if answer else 0
        except (OSError, ValueError):
            answer, status = b"", 0
        self.answers[status] = self.answers.get(status, 0) + 1
        return status, answer

    async def connect(self, url, source=None):
        parts = urlsplit(url)
        context = self._context if parts.scheme == "https" else None
        local = (source, 0) if source else None
        return await asyncio.open_connection(parts.hostname, parts.port, ssl=context, local_addr=local)

    def head(self, method, path, headers, length):
        lines = [f"{method} {path} HTTP/1.1", f"Host: {urlsplit(self.url).netloc}", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in dict(headers).items()]
        return "\r\n".join([*lines, f"Content-Length: {length}", "", ""]).encode()

    def signed_in(self, person):
        return {"Authorization": f"Token {self.tokens[person]}", "Content-Type": "application/json"}

    async def create(self, person, email, instructions="Yes."):
        """Return the id of an email that was sent to the model; "" if that was refused.

        Its run may still be under way.
        """
        status, made = await self.ask("POST", "/api/applications/", headers=self.signed_in(person))
        if status != 201:
            return ""
        app_id = json.loads(made.partition(b"\r\n\r\n")[2])["app_id"]
        typed = {"email_to_respond": email, "response_instructions": instructions}
        headers = self.signed_in(person) | {"Prefer": "respond-async"}
        path = flow.address(app_id, "initialize_draft")
        await self.ask("PUT", path, headers=headers, body=json.dumps(typed).encode())
        return app_id


async def slowest_requests(disturbance, ready):
    """Ask for the checks, pages and comparisons of the worst texts, 40 at a time."""
    headers = disturbance.signed_in(DISTURBER)
    paths = []

    async def put(app_id, step, typed):
        path = flow.address(app_id, step)
        status, answer = await disturbance.ask("PUT", path, headers=headers, body=json.dumps(typed).encode())
        assert status == 200, answer

    for kind in SLOW_KINDS:
        app_id = await disturbance.create(DISTURBER, f"Subject: a\n\n{KINDS[kind](EMAIL_LENGTH)}")
        await asyncio.sleep(2)  # until it is asked the question
        await put(app_id, "clarify_instructions", {"answers": ["Yes."]})
        await put(app_id, "edit", {"text": KINDS[kind](DRAFT_LENGTH)})
        for last in ("drafts/2/checks", "state", "drafts/1/diff/2", "drafts"):
            paths.append((flow.address(app_id, last), headers))
        for last in ("", "compare/?a=1&b=2", "history/", "drafts/2/edit/"):
            paths.append((f"/a/{app_id}/{last}", disturbance.session))
    disturbance.answers.clear()
    ready()
    chance = random.Random(1)

    async def again_and_again():
        while True:
            if chance.random() < 0.1:
                kind = chance.choice(SLOW_KINDS)
                await disturbance.create(DISTURBER, f"Subject: a\n\n{KINDS[kind](EMAIL_LENGTH)}")
            else:
                path, asking = chance.choice(paths)
                await disturbance.ask("GET", path, headers=asking)

    await asyncio.gather(*(again_and_again() for _ in range(AT_ONCE)))


async def wrong_sign_ins(disturbance, ready):
    """Sign in with wrong passwords, 150 at a time, each from an address of its own."""
    _, page = await disturbance.ask("GET", "/sign-in/")
    token = TOKEN.search(page)[1].decode()
    cookie = re.search(rb"(?i)set-cookie: ((?:__Host-)?\w*csrftoken=\w+)", page)[1].decode()
    disturbance.answers.clear()
    ready()
    number = 0
    while True:
        burst = []
        for _ in range(SIGN_INS):
            number += 1
            body = urlencode(
                {"username": f"n{number}", "password": "x", "csrfmiddlewaretoken": token}
            ).encode()
            headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
            headers["Referer"] = "https://127.0.0.1/sign-in/"  # nginx passes the name without the port
            source = f"127.0.1.{1 + number % NETWORKS}"
            burst.append(disturbance.ask("POST", "/sign-in/", headers=headers, body=body, source=source))
        await asyncio.gather(*burst)


async def slow_bodies(disturbance, ready):
    """Send bodies by the byte; those that are cut off come back."""
    headers = disturbance.signed_in(DISTURBER)
    ready()

    async def dribble(url):
        while True:
            try:
                reader, writer = await disturbance.connect(url)
                writer.write(disturbance.head("POST", "/api/applications/", headers, 100_000))
                while not reader.at_eof():
                    writer.write(b" ")
                    await writer.drain()
                    await asyncio.sleep(0.5)
                status = int((await reader.read()).split(maxsplit=2)[1])
            except (OSError, IndexError):
                status = 0
            disturbance.answers[status] = disturbance.answers.get(status, 0) + 1
            await asyncio.sleep(0.5)

    urls = [disturbance.url, disturbance.url, *disturbance.servers]
    await asyncio.gather(*(dribble(urls[number % len(urls)]) for number in range(SLOW_CLIENTS)))


async def many_streams(disturbance, ready):
    """Let 100 accounts follow a run that takes its time, each with 50 streams."""
    ids = {person: await disturbance.create(person, "Subject: a\n\nHi", "no tokens") for person in FOLLOWERS}
    disturbance.answers.clear()
    opened = asyncio.Semaphore(50)

    async def follow(person):
        async with opened:
            reader, writer = await disturbance.connect(disturbance.url)
            headers = disturbance.signed_in(person)
            writer.write(disturbance.head("GET", flow.address(ids[person], "events"), headers, 0))
            status = int((await reader.readline()).split(maxsplit=2)[1])
        disturbance.answers[status] = disturbance.answers.get(status, 0) + 1
        return reader, writer

    streams = [follow(person) for person in FOLLOWERS for _ in range(STREAMS)]
    followed = await asyncio.gather(*streams)
    ready()
    await asyncio.gather(*(reader.read() for reader, _ in followed))


DISTURBANCES = {
    "the slowest requests, 40 at a time": slowest_requests,
    "150 wrong sign-ins at a time": wrong_sign_ins,
    "400 bodies by the byte": slow_bodies,
    "100 accounts with 50 streams": many_streams,
}


async def disturb(name):
    """Go on until standard input is closed."""
    allow_open_files()
    disturbance = Disturbance(json.loads(sys.stdin.readline()))
    disturbing = asyncio.create_task(DISTURBANCES[name](disturbance, lambda: print("under way", flush=True)))
    cancel = partial(asyncio.get_running_loop().call_soon_threadsafe, disturbing.cancel)
    threading.Thread(target=lambda: (sys.stdin.read(), cancel()), daemon=True).start()
    with suppress(asyncio.CancelledError):
        await disturbing
    shown = (f"{number} × {status or 'cut off'}" for status, number in sorted(disturbance.answers.items()))
    print(", ".join(shown), flush=True)


if __name__ == "__main__":
    asyncio.run(disturb(sys.argv[1]))
