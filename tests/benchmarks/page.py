"""The CPU of an email's page: the first view after a run, and later ones."""

from tests.benchmarks.report import judged, ms, table
from tests.benchmarks.stage import run_beside
from tests.real_server import RealServer

DRAFTS = (1, 4)
MOST_MS = 10


def measure():
    yield "## An email's page\n"
    yield "Drafts of 2 KB; CPU without a server. The first view after a run checks the draft.\n"
    rows = []
    for database in ("PostgreSQL", "SQLite"):
        with RealServer(postgresql=database == "PostgreSQL") as server:
            took = run_beside(server, "tests.benchmarks.page_cpu", *map(str, DRAFTS))
        for drafts, (first, later) in took.items():
            name = f"{drafts} draft{'s' if drafts != '1' else ''}, {database}"
            rows.append([name, ms(first), ms(later), judged(later * 1000, MOST_MS, "ms")])
    yield table(["", "first view ms", "later ones ms", "target"], rows)
