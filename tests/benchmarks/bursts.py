"""A burst of whole flows with a slow model: creation, email, answers, acceptance, and each flow's own read.

The flows begin within two seconds, and the model takes five for each of two calls, so twelve seconds is what
it takes at least. The product with one and two processes, beside Burr's example (`peers`).
"""

import asyncio
import json
import sys
import threading
import time
import uuid
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from tests.benchmarks import peers
from tests.benchmarks.flow import INPUT, QUESTION
from tests.benchmarks.in_flight import allow_open_files, watched
from tests.benchmarks.report import judged, ms, percentile, table
from tests.benchmarks.stage import processes_of, served, server_cpu

LATENCY = 5  # seconds, of each call of the model
RAMP = 2.0
DEADLINE = 120
FEW, MANY = 200, 1000
MOST_THREADS = 64  # of one process
MOST_MEMORY = 500  # MB, of two processes
READ_P50 = {1: 50, 2: 50}  # ms
READ_P99 = {1: 250, 2: 400}
HEAD = [
    "flows",
    "errors",
    "done in s",
    "read p50 ms",
    "read p99 ms",
    "threads",
    "memory MB",
    "CPU ms a flow",
]
# The endpoints of the product's API, by the name of the step.
STEPS = {
    "create": ("POST", "/api/applications/"),
    "input": ("PUT", "/api/applications/{}/initialize_draft/"),
    "answers": ("PUT", "/api/applications/{}/clarify_instructions/"),
    "accept": ("PUT", "/api/applications/{}/process_feedback/"),
    "read": ("GET", "/api/applications/{}/state/"),
}


def measure():
    allow_open_files()
    yield f"## Bursts of whole flows, {LATENCY} s for each of two calls of the model\n"
    yield (
        f"The flows begin within {RAMP:.0f} s, so {RAMP + 2 * LATENCY:.0f} s is the least. Reads are the"
        " flows' own, in between. Threads of the process that has most; memory of all, shared pages counted"
        " once. On PostgreSQL, but for Burr's example as it ships, which tracks into files.\n"
    )
    rows, targets = [], []
    for workers, flows in ((1, FEW), (1, MANY), (2, MANY)):
        cells, burst = product(workers, flows)
        rows.append([f"{flows}, ours, {workers} process{'es' if workers > 1 else ''}", *cells])
        if flows == MANY:
            targets += burst.targets(workers)
    if peers.install():
        for name, module, flows in (
            ("Burr's example", peers.EXAMPLE, FEW),
            ("Burr's example on asyncpg", peers.ON_ASYNCPG, FEW),
            ("Burr's example on asyncpg", peers.ON_ASYNCPG, MANY),
        ):
            rows.append([f"{flows}, {name}", *peer(module, flows)])
    else:
        yield "The packages of Burr's example could not be installed.\n"
    yield table(HEAD, rows)
    yield table(["1,000 flows", "figure", "target"], targets)


def product(workers, flows):
    env = {"WEB_CONCURRENCY": str(workers), "DATABASE_POOL_SIZE": "8"}
    with (
        served(people=("ida",), env=env, latency=LATENCY, question=QUESTION) as server,
        watched(server) as seen,
        counted_threads(server) as threads,
    ):
        burst = Burst(server.port, ours, {"Authorization": f"Token {server.tokens['ida']}"})
        before = server_cpu(server)
        asyncio.run(burst.run(flows))
        burst.cpu = server_cpu(server) - before
    burst.threads, burst.memory = max(threads), seen.shared_once
    return burst.cells(flows), burst


def peer(module, flows):
    with peers.served(module, latency=LATENCY) as server, counted_threads(server) as threads:
        burst = Burst(server.port, lambda *step: server.request(*step), {})
        before = server_cpu(server)
        asyncio.run(burst.run(flows))
        burst.cpu = server_cpu(server) - before
        burst.memory = 0.0
    burst.threads = max(threads)
    return burst.cells(flows)


def ours(step, app_id, data=None):
    method, path = STEPS[step]
    return method, path.format(app_id), data


class Burst:
    """Flows at the same time, each on a connection of its own, and what came of them."""

    def __init__(self, port, request, headers):
        self._port, self._request, self._headers = port, request, headers
        self.errors, self.reads = [], []
        self.seconds = self.cpu = self.memory = 0.0
        self.threads = 0

    async def run(self, flows):
        begin = time.perf_counter()
        await asyncio.gather(*(self._flow(RAMP * number / flows) for number in range(flows)))
        self.seconds = time.perf_counter() - begin
        for error in sorted(set(self.errors)):
            print(f"{self.errors.count(error)} times: {error}", file=sys.stderr)

    async def _flow(self, pause):
        await asyncio.sleep(pause)
        app_id = str(uuid.uuid4())
        try:
            async with asyncio.timeout(DEADLINE), connection(self._port) as ask:
                await self._ask(ask, "create", app_id, {"app_id": app_id})
                state = await self._ask(ask, "input", app_id, INPUT)
                await self._read(ask, app_id)
                if state["questions"]:
                    answers = ["On 10 December."] * len(state["questions"])
                    await self._ask(ask, "answers", app_id, {"answers": answers})
                    await self._read(ask, app_id)
                await self._ask(ask, "accept", app_id, {"feedback": ""})
                state = await self._read(ask, app_id)
                assert state["final_draft"], "There is no accepted draft."
        except (AssertionError, OSError, EOFError, TimeoutError) as problem:
            self.errors.append(f"{type(problem).__name__}: {problem}"[:200])

    async def _ask(self, ask, step, app_id, data=None):
        status, body = await ask(*self._request(step, app_id, data), self._headers)
        assert status < 300, (step, status, body[:200])
        return json.loads(body)

    async def _read(self, ask, app_id):
        begin = time.perf_counter()
        state = await self._ask(ask, "read", app_id)
        self.reads.append(time.perf_counter() - begin)
        return state

    def cells(self, flows):
        reads = [ms(percentile(self.reads, percent)) if self.reads else "-" for percent in (50, 99)]
        memory = f"{self.memory:.0f}" if self.memory else "-"
        figures = [len(self.errors), f"{self.seconds:.1f}", *reads, self.threads, memory]
        return [*figures, f"{self.cpu / flows * 1000:.0f}"]

    def targets(self, workers):
        """Return a row for each target."""
        name = f"{workers} process{'es' if workers > 1 else ''}"
        median, slow = (percentile(self.reads, percent) * 1000 for percent in (50, 99))
        rows = [
            [f"{name}: errors", len(self.errors), judged(len(self.errors), 0)],
            [f"{name}: read p50", f"{median:.0f} ms", judged(median, READ_P50[workers], "ms")],
            [f"{name}: read p99", f"{slow:.0f} ms", judged(slow, READ_P99[workers], "ms")],
            [f"{name}: threads", self.threads, judged(self.threads, MOST_THREADS)],
        ]
        if workers == 2:
            rows.append([f"{name}: memory", f"{self.memory:.0f} MB", judged(self.memory, MOST_MEMORY, "MB")])
        return rows


@asynccontextmanager
async def connection(port):
    """Yield a function that sends a request on one connection and returns status and body."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def ask(method, path, data, headers):
        body = b"" if data is None else json.dumps(data).encode()
        lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        lines += ["Content-Type: application/json", "", ""]
        writer.write("\r\n".join(lines).encode() + body)
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower().split("\r\n")
        named = dict(line.split(": ", 1) for line in head[1:] if line)
        return int(head[0].split()[1]), await reader.readexactly(int(named.get("content-length", 0)))

    try:
        yield ask
    finally:
        writer.close()


@contextmanager
def counted_threads(server):
    """Yield a list that grows by the threads of the server's largest process, twice a second."""
    counts, over = [0], threading.Event()

    def look_again_and_again():
        while not over.wait(0.5):
            pids = [process.pid for process in processes_of(server)]
            counts.extend(len(list(Path(f"/proc/{pid}/task").glob("*"))) for pid in pids)

    thread = threading.Thread(target=look_again_and_again)
    thread.start()
    try:
        yield counts
    finally:
        over.set()
        thread.join()
