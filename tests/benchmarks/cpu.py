"""The CPU of a whole flow, of the server and the database, against that of its own floor.

The floor is what six requests and three calls of the model take at least: six authenticated reads of one row
and three plain SDK calls, measured in the same run.
"""

from tests.benchmarks import floors
from tests.benchmarks.client import at_once, timed
from tests.benchmarks.flow import api, pages
from tests.benchmarks.report import judged, ms, table
from tests.benchmarks.stage import api_clients, cpu_of, page_clients, served
from tests.services import POSTGRES_URL, listens

FLOWS = 120
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
        read, call = floors.reading(server), floors.calling(server)
        floor = REQUESTS * read.all_cpu + CALLS * call.cpu
        judge = database == "PostgreSQL"
        yield row(f"API, 1 person, {database}", server, api_clients(server, 1), api, floor, judge)
        yield row(f"API, 8 people, {database}", server, api_clients(server, 8), api, floor, judge)
        yield row(f"pages, 8 people, {database}", server, page_clients(server, 8), pages, floor, False)


def row(name, server, clients, flow, floor, judge):
    at_once(clients, lambda client: timed(flow(client)), WARM_UP // len(clients))
    taken = []
    rounds = FLOWS // len(clients)

    def go():
        taken.append(at_once(clients, lambda client: timed(flow(client)), rounds)[1])

    flows = rounds * len(clients)
    own, database = (seconds / flows for seconds in cpu_of(server, go))
    for client in clients:
        client.close()
    both = own + database
    targets = [judged(both * 1000, MOST_MS, "ms"), judged(both / floor, TIMES_THE_FLOOR, "times")]
    figures = [f"{flows / taken[0]:.1f}", ms(own), ms(database), ms(both), ms(floor), f"{both / floor:.2f}"]
    return [name, *figures, *(targets if judge else ["", ""])]
