"""How long each request takes beyond the model, which answers at once: at 1, 8 and 32 people."""

from collections import defaultdict

from tests.benchmarks import floors
from tests.benchmarks.client import at_once, timed
from tests.benchmarks.flow import DRAFTING, api, pages
from tests.benchmarks.report import judged, ms, percentile, table
from tests.benchmarks.stage import api_clients, page_clients, served

ROUNDS = {1: 40, 8: 10, 32: 4}  # how often each of so many goes through the flow
WARM_UP = 5
TIMES_THE_READ = 3  # a submit that drafts


def measure():
    with served(**floors.QUESTION) as server:
        yield "## Latency of each request\n"
        yield "PostgreSQL, one web process, in ms. With more people than cores, requests wait.\n"
        by_api, rate = by_number(server, api_clients, api)
        yield from shown("API", by_api, rate)
        by_page, rate = by_number(server, page_clients, pages)
        yield from shown("Pages", by_page, rate)
        read, insert = floors.reading(server).seconds, floors.inserting(server)
    drafting = percentile(by_api[1][DRAFTING], 50)
    yield (
        f"A submit that drafts, one person: {ms(drafting)} ms, {drafting / read:.1f} times the read "
        f"of one row, {ms(read)} ms ({judged(drafting / read, TIMES_THE_READ, 'times')}). "
        f"A row inserted and committed: {ms(insert)} ms.\n"
    )


def by_number(server, clients_of, flow):
    """Return the times of each request, and the flows a second, for each number of people."""
    times, rates = {}, {}
    for number, rounds in ROUNDS.items():
        clients = clients_of(server, number)
        at_once(clients, lambda client: timed(flow(client)), WARM_UP if number == 1 else 1)
        flows, seconds = at_once(clients, lambda client: timed(flow(client)), rounds)
        times[number], rates[number] = defaultdict(list), len(flows) / seconds
        for name, took in (call for made in flows for call in made):
            times[number][name].append(took)
        for client in clients:
            client.close()
    return times, rates


def shown(door, times, rates):
    head = [door, *(f"{n}: {part}" for n in ROUNDS for part in ("p50", "p95", "p99"))]
    rows = [
        [name, *(ms(percentile(times[n][name], part)) for n in ROUNDS for part in (50, 95, 99))]
        for name in times[1]
    ]
    rows.append(["**flows a second**", *(cell for n in ROUNDS for cell in (f"{rates[n]:.1f}", "", ""))])
    yield table(head, rows)
