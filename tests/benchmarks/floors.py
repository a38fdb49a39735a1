"""The floors for comparison: one row read, one plain SDK call, one row inserted and committed."""

from dataclasses import dataclass
from functools import partial

import psycopg

from tests.benchmarks.client import repeated, timed
from tests.benchmarks.flow import address, api, check
from tests.benchmarks.report import ms, percentile, table
from tests.benchmarks.stage import api_clients, cpu_of, run_beside, served

READS = 400
CALLS = 300
INSERTS = 400
QUESTION = {"question": "Until when?"}


@dataclass
class Floor:
    """Seconds: the time it takes (p50), and the CPU of the process and of the database."""

    seconds: float
    cpu: float
    database_cpu: float = 0.0

    @property
    def all_cpu(self):
        return self.cpu + self.database_cpu


def measure():
    with served(people=("ida",), **QUESTION) as server:
        read, call = reading(server), calling(server)
        rows = [
            ["an authenticated read of one row, over HTTP", ms(read.seconds), ms(read.all_cpu)],
            ["a plain SDK call, not streamed", ms(call.seconds), ms(call.cpu)],
            ["one row inserted and committed (psycopg)", ms(inserting(server)), ""],
        ]
    yield "## Floors\n"
    yield table(["", "p50 ms", "CPU ms"], rows)


def reading(server):
    """Read a finished email again and again."""
    client = api_clients(server)[0]
    timed(api(client))
    rows = check(client.get("/api/applications/")).json()["results"]
    path = address(rows[0]["app_id"], "state")
    check(client.get(path))
    repeated(partial(client.get, path), READS // 4)
    times = []
    cpu, database = cpu_of(server, lambda: times.extend(repeated(partial(client.get, path), READS)))
    client.close()
    return Floor(percentile(times, 50), cpu / READS, database / READS)


def calling(server):
    told = run_beside(server, "tests.benchmarks.sdk", server.env["OPENAI_BASE_URL"], "plain", str(CALLS))
    return Floor(told["seconds"], told["cpu"])


def inserting(server):
    with psycopg.connect(server.database.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE floor (id bigserial PRIMARY KEY, text text)")
        insert = partial(connection.execute, "INSERT INTO floor (text) VALUES (%s)", ["a row"])
        return percentile(repeated(insert, INSERTS), 50)
