"""The queries of each request, over all threads, those of the run that it begins included."""

from tests.benchmarks.report import judged, table
from tests.benchmarks.stage import run_beside
from tests.real_server import RealServer

MOST = {"API": {"read": 3, "input": 10, "answers": 10, "feedback": 10, "accept": 10}}


def measure():
    with RealServer(postgresql=True) as server:
        counts = run_beside(server, "tests.benchmarks.count", "flows")
    yield "## Queries of each request\n"
    yield "PostgreSQL; BEGIN and COMMIT not counted.\n"
    for door, by_name in counts.items():
        most = MOST.get(door, {})
        rows = [
            [name, count, judged(count, most[name]) if name in most else ""]
            for name, count in by_name.items()
        ]
        yield table([door, "queries", "target"], rows)
