"""Many drafts in flight on two web processes, with a model that takes five seconds for each call.

Two calls follow each other, so ten seconds is what it takes at least. Meanwhile somebody reads a state, from
a process of their own.
"""

import asyncio
import json
import resource
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

from tests.benchmarks.client import Client
from tests.benchmarks.flow import INPUT, address, check
from tests.benchmarks.report import judged, ms, percentile, table
from tests.benchmarks.stage import processes_of, served
from tests.real_server import ROOT

LATENCY = 5  # seconds, of each call
SENT_AT_ONCE = 50  # requests under way together, but for those that wait for a draft
DEADLINE = 300
WORKERS = 2
READ_EVERY = 0.05
ASYNC = "\r\nPrefer: respond-async"
MOST = {"makespan": 25, "read": 250, "connections": 20, "memory": 600}
HEAD = ["", "errors", "done in s", "read p50 ms", "read p99 ms", "connections", "memory MB", "shared once MB"]


def measure():
    allow_open_files()
    yield f"## Drafts in flight, {LATENCY} s for each of two calls of the model\n"
    yield f"PostgreSQL, {WORKERS} web processes. Memory added up; the last column counts shared pages once.\n"
    rows = [in_flight(50, wait_for_answer), in_flight(1000, follow), in_flight(1000, wait_for_answer)]
    yield table(HEAD, [cells for cells, _ in rows])
    cells, figures = rows[-1]
    targets = [[name, value, judged(float(value), MOST[name])] for name, value in figures.items()]
    yield table([cells[0], "figure", "target"], [["errors", cells[1], judged(cells[1], 0)], *targets])


def in_flight(emails, send):
    env = {"WEB_CONCURRENCY": str(WORKERS), "MAX_STREAMS_PER_PERSON": "1000"}  # one person follows them all
    with served(people=("ida",), env=env, latency=LATENCY) as server, watched(server) as seen:
        errors, seconds, reads = asyncio.run(send_all(server, send, emails))
    for error in sorted(set(errors)):
        print(f"{errors.count(error)} times: {error}", file=sys.stderr)
    figures = {
        "makespan": f"{seconds:.1f}",
        "read": ms(percentile(reads, 99)),
        "connections": seen.connections,
        "memory": f"{seen.memory:.0f}",
    }
    cells = [f"{emails} {send.__doc__}", len(errors), figures["makespan"], ms(percentile(reads, 50))]
    cells += [figures["read"], figures["connections"], figures["memory"], f"{seen.shared_once:.0f}"]
    return cells, figures


async def send_all(server, send, emails):
    """Send each email and wait for its draft; return what went wrong, how long it took, and the reads."""
    gate = asyncio.Semaphore(SENT_AT_ONCE)

    async def create(_):
        async with gate:
            return json.loads((await request(server, "POST", "/api/applications/"))[1])["app_id"]

    ids = await asyncio.gather(*map(create, range(emails + 1)))
    with reading(server, ids.pop()) as reads:
        begin = time.perf_counter()
        results = await asyncio.gather(
            *(send(server, gate, app_id) for app_id in ids), return_exceptions=True
        )
        seconds = time.perf_counter() - begin
    errors = [repr(result) for result in results if result is not None]
    drafts = server.rows(
        "SELECT count(*) FROM assistant_app_application WHERE status = 'waiting' AND version = 3"
    )
    if drafts != [(emails,)]:
        errors.append(f"{drafts[0][0]} of {emails} have a draft")
    return errors, seconds, reads


async def follow(server, gate, app_id):
    """that are followed by their events"""
    async with gate:
        status, answer = await request(server, "PUT", address(app_id, "initialize_draft"), INPUT, ASYNC)
    if status != 202:
        return answer
    _, told = await request(server, "GET", address(app_id, "events"))
    return None if b"event: end" in told and b"event: error" not in told else told


async def wait_for_answer(server, gate, app_id):
    """whose clients wait for the answer"""
    status, answer = await request(server, "PUT", address(app_id, "initialize_draft"), INPUT)
    return None if status == 200 and json.loads(answer)["drafts"] else answer


async def request(server, method, path, data=None, headers=""):
    """Ask on a connection of its own, as a thousand people would; return the status and the rest."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    body = b"" if data is None else json.dumps(data).encode()
    lines = [
        f"{method} {path} HTTP/1.1",
        f"Host: 127.0.0.1:{server.port}",
        f"Authorization: Token {server.tokens['ida']}",
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close{headers}",
    ]
    try:
        writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        answer = await asyncio.wait_for(reader.read(), DEADLINE)
    finally:
        writer.close()
    head, _, rest = answer.partition(b"\r\n\r\n")
    return int(head.split(maxsplit=2)[1]), rest


# --- A reader in the meantime --------------------------------------------------------------------


@contextmanager
def reading(server, app_id):
    """Let another process read a state until the block ends, then fill the list with its times."""
    times = []
    command = [sys.executable, "-m", "tests.benchmarks.in_flight", server.url, server.tokens["ida"], app_id]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, cwd=ROOT, env=server.env, **pipes) as process:
        process.stdout.readline()  # it has started
        try:
            yield times
        finally:
            times += json.loads(process.communicate()[0])


def read_until_closed(url, token, app_id):
    client, over, times = Client(url, token=token), threading.Event(), []
    threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
    print("reads", flush=True)
    while not over.is_set():
        begin = time.perf_counter()
        check(client.get(address(app_id, "state")))
        times.append(time.perf_counter() - begin)
        over.wait(READ_EVERY)
    print(json.dumps(times))


# --- What it costs -------------------------------------------------------------------------------


class Seen:
    """The highest value of each figure during the run."""

    memory = 0.0  # MB, resident, of all the server's processes
    shared_once = 0.0  # the same without counting twice what they share
    connections = 0

    def look(self, server):
        pids = [process.pid for process in processes_of(server)]
        self.memory = max(self.memory, sum(megabytes(pid, "status", "VmRSS") for pid in pids))
        self.shared_once = max(self.shared_once, sum(megabytes(pid, "smaps_rollup", "Pss") for pid in pids))
        self.connections = max(self.connections, server.database.connections_of(server.process.pid))


def megabytes(pid, file, field):
    lines = Path(f"/proc/{pid}/{file}").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{field}:")) / 1024


@contextmanager
def watched(server):
    seen, over = Seen(), threading.Event()

    def look_again_and_again():
        while not over.wait(0.25):
            seen.look(server)

    thread = threading.Thread(target=look_again_and_again)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


def allow_open_files():
    """Each draft needs two sockets of the server: one for its reader and one for the model."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


if __name__ == "__main__":
    read_until_closed(*sys.argv[1:])
