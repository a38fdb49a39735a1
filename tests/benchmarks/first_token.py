"""How late a model's words reach a page that follows them, and the CPU of each, with 32 runs at once.

The model writes the time into each of its tokens. A run and its page cost something by themselves, so the CPU
of a token is what a long reply takes more than a short one, each the least of three; the SDK's own stream is
measured in the same way.
"""

import time
from concurrent.futures import ThreadPoolExecutor

from tests.benchmarks.client import Client
from tests.benchmarks.flow import INPUT, address, check
from tests.benchmarks.model import STAMP
from tests.benchmarks.report import judged, ms, percentile, table
from tests.benchmarks.stage import PEOPLE, api_clients, cpu_of, page_clients, run_beside, served

STREAMS = len(PEOPLE)
RATE = 50  # tokens a second
SHORT, LONG = 50, 300  # tokens of a reply
TIMES = 3
LATENCY = 1  # second before the first: by then every page follows
MOST_MS = 50
PART_OF_SDK = 1 / 3


def measure():
    with served(latency=LATENCY, rate=RATE) as server:
        people = list(zip(api_clients(server, STREAMS), page_clients(server, STREAMS), strict=True))
        everybody(people, answer_unseen, 1)
        delays = []
        alone = least(lambda tokens: cpu(server, people, answer_unseen, tokens, []))
        followed = least(lambda tokens: cpu(server, people, answer_on_page, tokens, delays))
        plain = least(lambda tokens: cpu_of_sdk(server, tokens))
    first, rest = [each[0] for each in delays], [delay for each in delays for delay in each[1:]]
    floor = a_token(plain)
    yield "## First token and later ones\n"
    yield f"{STREAMS} runs at once, {RATE} tokens a second each; PostgreSQL, one web process.\n"
    late = [
        [name, *(ms(percentile(found, p)) for p in (50, 95, 99))]
        for name, found in (("first token", first), ("later tokens", rest))
    ]
    late[0].append(judged(percentile(first, 95) * 1000, MOST_MS, "ms at p95"))
    late[1].append("")
    yield table(["from the model to the page", "p50 ms", "p95 ms", "p99 ms", "target"], late)
    rows = [["the plain SDK's stream: the floor", ms(floor), "1", ""]]
    for name, figure in (
        ("a run without a reader", a_token(alone)),
        ("a run with a page that follows it", a_token(followed)),
    ):
        times = figure / floor
        rows.append([name, ms(figure), f"{times:.2f}", judged(times, round(PART_OF_SDK, 2), "times")])
    yield table(["CPU of a token, server and database", "ms", "times the floor", "target"], rows)


def least(measured):
    """Return the least CPU seconds of several replies, short and long ones."""
    return {tokens: min(measured(tokens) for _ in range(TIMES)) for tokens in (SHORT, LONG)}


def a_token(cpu):
    return (cpu[LONG] - cpu[SHORT]) / (LONG - SHORT) / STREAMS


def cpu(server, people, answer, tokens, returned):
    """Return the CPU that everyone's reply of that many tokens takes; add what the responses returned."""
    return sum(cpu_of(server, lambda: returned.extend(everybody(people, answer, tokens))))


def cpu_of_sdk(server, tokens):
    url = server.env["OPENAI_BASE_URL"]
    return run_beside(server, "tests.benchmarks.sdk", url, "streams", str(STREAMS), str(tokens))["cpu"]


def everybody(people, answer, tokens):
    with ThreadPoolExecutor(STREAMS) as pool:
        return list(pool.map(lambda person: answer(*person, tokens), people))


def answer_unseen(api: Client, page: Client, tokens):
    begin(api, tokens)


def answer_on_page(api: Client, page: Client, tokens):
    """Follow the run on its page; return how late each token came."""
    app_id = begin(api, tokens, {"Prefer": "respond-async"})
    delays = []
    for line in page.open(f"/a/{app_id}/stream/"):
        now = time.monotonic()
        delays += [now - float(sent) for sent in STAMP.findall(line.decode())]
    assert len(delays) == tokens, f"{len(delays)} of {tokens} tokens came"
    return delays


def begin(api, tokens, headers=()):
    app_id = check(api.post("/api/applications/"), 201).json()["app_id"]
    wanted = INPUT | {"response_instructions": f"Write {tokens} tokens."}
    check(api.put(address(app_id, "initialize_draft"), wanted, headers), 202 if headers else 200)
    return app_id
