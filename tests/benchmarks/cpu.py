"""The CPU of a whole flow, of the server and the database, against that of its own floor.

The floor is what six requests and three calls of the model take at least: six authenticated reads of one row
and three plain SDK calls, measured in the same run. A shared machine is now quick and now slow, within a
minute: each figure, the floor's as well, is the least of three.
"""

from tests.benchmarks import floors
from tests.benchmarks.client import at_once, timed
from tests.benchmarks.flow import api, pages
from tests.benchmarks.report import judged, ms, table
from tests.benchmarks.stage import api_clients, cpu_of, page_clients, served
from tests.services import POSTGRES_URL, listens

FLOWS = 40
TIMES = 3
WARM_UP = 32  # flows before those that are counted, as the floor's reads have theirs
REQUESTS, CALLS = 6, 3
MOST_MS = 40
TIMES_THE_FLOOR = 1.7
HEAD = ["", "flows a second", "server ms", "database ms", "both ms", "floor ms", "times", "target", "target"]


def measure():
    yield "## CPU of a flow\n"
    yield f"{REQUESTS} requests and {CALLS} calls of the model, 20 chunks each; one web process.\n"
    rows = []
    for database in ("PostgreSQL", "SQLite"):
        if database == "SQLite" or listens(POSTGRES_URL):
            rows += figures(database)
    yield table(HEAD, rows)


def figures(database):
    with served(database=database, **floors.QUESTION) as server:
        floor = min(floor_of(server) for _ in range(TIMES))
        judge = database == "PostgreSQL"
        yield row(f"API, 1 person, {database}", server, api_clients(server, 1), api, floor, judge)
        yield row(f"API, 8 people, {database}", server, api_clients(server, 8), api, floor, judge)
        yield row(f"pages, 1 person, {database}", server, page_clients(server, 1), pages, floor, False)
        yield row(f"pages, 8 people, {database}", server, page_clients(server, 8), pages, floor, False)


def floor_of(server):
    return REQUESTS * floors.reading(server).all_cpu + CALLS * floors.calling(server).cpu


def row(name, server, clients, flow, floor, judge):
    at_once(clients, lambda client: timed(flow(client)), WARM_UP // len(clients))
    rounds = FLOWS // len(clients)
    own, database, taken = min((batch(server, clients, flow, rounds) for _ in range(TIMES)), key=cpu_used)
    for client in clients:
        client.close()
    both = own + database
    targets = [judged(both * 1000, MOST_MS, "ms"), judged(both / floor, TIMES_THE_FLOOR, "times")]
    figures = [f"{1 / taken:.1f}", ms(own), ms(database), ms(both), ms(floor), f"{both / floor:.2f}"]
    return [name, *figures, *(targets if judge else ["", ""])]


def batch(server, clients, flow, rounds):
    """Return the server's CPU, the database's and the time that a flow takes, in seconds."""
    taken = []

    def go():
        taken.append(at_once(clients, lambda client: timed(flow(client)), rounds)[1])

    flows = rounds * len(clients)
    own, database = (seconds / flows for seconds in cpu_of(server, go))
    return own, database, taken[0] / flows


def cpu_used(figures):
    own, database, _ = figures
    return own + database
