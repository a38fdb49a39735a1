"""Write the figures as Markdown tables with their targets, and put them into the documentation."""

import importlib.metadata
import os
import platform
import re
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from tests.real_server import ROOT
from tests.services import POSTGRES_URL, listens

DOCUMENT = ROOT / "docs" / "reference" / "benchmarks.md"
BEGIN, END = "<!-- figures -->", "<!-- end of figures -->"
PACKAGES = ("Django", "djangorestframework", "apache-burr", "openai", "psycopg", "gunicorn", "uvicorn")


def table(head, rows):
    """Return a Markdown table; numbers go to the right."""
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines) + "\n"


def judged(value, most, unit=""):
    """Return the target and whether it is met."""
    return f"at most {most:g}{unit and ' '}{unit}: {'met' if value <= most else '**not met**'}"


def percentile(values, percent):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def ms(seconds):
    """Return milliseconds with as many digits as mean something."""
    value = seconds * 1000
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 1 else f"{value:.3f}"


def machine():
    """Return a description of the machine and the versions."""
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in PACKAGES)
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC; {os.cpu_count()} cores ({_processor()}), {_memory()}; "
        f"{platform.system()}, Python {platform.python_version()}, {_postgresql()}; {versions}. "
        f"Load, server, model server and database share the machine; load average before: "
        f"{os.getloadavg()[0]:.1f}.\n"
    )


def _processor():
    path = Path("/proc/cpuinfo")
    info = path.read_text() if path.exists() else ""
    models = [line.partition(":")[2].strip() for line in info.splitlines() if line.startswith("model name")]
    return models[0] if models else platform.machine()


def _memory():
    return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GB"


def _postgresql():
    if not listens(POSTGRES_URL):
        return "no PostgreSQL"
    with psycopg.connect(POSTGRES_URL) as connection:
        return f"PostgreSQL {connection.execute('SHOW server_version').fetchone()[0].split()[0]}"


def write(figures):
    """Replace the last figures in the documentation with this run's."""
    text = DOCUMENT.read_text()
    block = re.compile(f"(?<={re.escape(BEGIN)}\n).*?(?={re.escape(END)})", re.DOTALL)
    DOCUMENT.write_text(block.sub(lambda _: f"\n{figures.strip()}\n\n", text))
