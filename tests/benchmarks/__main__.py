"""`make bench`, or `python -m tests.benchmarks [--write] [NAME ...]`: all figures, or only those named.

`--write` puts them into docs/reference/benchmarks.md as well.
"""

import argparse
import os
import signal
import sys
import time

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "emailassistant.settings")

from tests.benchmarks import (
    bursts,
    bystanders,
    cpu,
    diffs,
    drafts,
    first_token,
    floors,
    in_flight,
    latency,
    lists,
    note_choice,
    page,
    queries,
    report,
    scale,
    tokens,
)
from tests.services import POSTGRES_URL, listens

FIGURES = {
    module.__name__.rpartition(".")[2]: module
    for module in (
        floors,
        latency,
        cpu,
        tokens,
        page,
        first_token,
        in_flight,
        bursts,
        drafts,
        diffs,
        queries,
        lists,
        note_choice,
    )
}
BY_NAME = {"bystanders": bystanders, "scale": scale}  # only by name: minutes each


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(FIGURES | BY_NAME))
    parser.add_argument("--write", action="store_true", help="put the figures into the documentation")
    asked = parser.parse_args()
    if unknown := set(asked.names) - set(FIGURES | BY_NAME):
        parser.error(f"no such figures: {', '.join(sorted(unknown))}")
    if not listens(POSTGRES_URL):
        parser.exit(1, "There is no PostgreSQL at TEST_POSTGRES_URL.\n")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that no server or database is left behind
    shown = []
    for text in figures(asked.names or FIGURES):
        print(text, flush=True)
        shown.append(text)
    if asked.write:
        report.write("\n".join(shown))


def figures(names):
    begin = time.perf_counter()
    yield report.machine()
    for name in names:
        yield from (FIGURES | BY_NAME)[name].measure()
    yield f"Measured in {time.perf_counter() - begin:.0f} s.\n"


if __name__ == "__main__":
    main()
