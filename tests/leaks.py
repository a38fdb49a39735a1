"""Read everything a test run logged or printed, and fail the run if it contains a user's text or a secret.

`tests/conftest.py` takes these hooks over, and hands in what must not be seen: whatever the tests type into
the product, what its model says, and every token that is made. Read is what the product's own handler would
write of each record, what each test printed, and the output of every real server.
"""

from __future__ import annotations

import logging
import re

import pytest

# Texts and secrets that reach the product in other processes, where the patches do not see them.
MARKERS = {
    "96 sensors", "ship on Thursday", "rest on 10 December", "pressure sensors", "Friday suits me",
    "Thank you for your email", "correct horse", "battery staple", "tr0ubador", "quiet river", "hunter2",
    "sk-secret",
}  # fmt: skip
SHORTEST = 12  # characters of a typed line that is looked for
MOST = 5000  # lines
LOOKS_SECRET = re.compile(r"[0-9a-f]{40,}|[A-Za-z0-9]{60,}")

secrets: set[str] = set()
_typed: set[str] = set()
_written: dict[str, str] = {}  # each different line, and where it came from
_unsearched: list[str] = []  # parallel workers that ended without handing over what they saw


def forbid(text: str) -> None:
    """Look for every line of this that is more than a word or two."""
    for line in text.splitlines():
        line = line.strip()
        if SHORTEST <= len(line) <= 500 and " " in line and len(_typed) < MOST:
            _typed.add(_without_numbers(line))


def note(text: str, source: str) -> None:
    """Keep what was logged or printed; lines that differ in their numbers only are one."""
    for line in text.splitlines():
        _written.setdefault(_without_numbers(line), source)
        for found in LOOKS_SECRET.findall(line):
            _written.setdefault(found, source)


def found() -> list[str]:
    """Return each leak: what was seen, and where."""
    wanted = {_without_numbers(marker) for marker in MARKERS} | _typed
    everything = "\n".join(_written)
    leaked = sorted(text for text in wanted if text in everything)
    told = [f"{text!r} in {_source_of(text)}" for text in leaked]
    told += [f"a secret in {_written[secret]}" for secret in sorted(secrets) if secret in _written]
    return told + [f"the output of {worker} was not searched: it ended too early" for worker in _unsearched]


def _source_of(text: str) -> str:
    return next((source for line, source in _written.items() if text in line), "several lines")


def _without_numbers(line: str) -> str:
    return re.sub(r"\d+", "#", line)


class _Listener(logging.Handler):
    """Takes what the product's console handler takes, in its format, from every logger."""

    def emit(self, record: logging.LogRecord) -> None:
        console = logging.getLogger().handlers and logging._handlers.get("console")  # type: ignore[attr-defined]
        formatter = getattr(console, "formatter", None) or logging.Formatter()
        note(formatter.format(record), f"the log: {record.name}")


# --- pytest's hooks ------------------------------------------------------------------------------


def pytest_sessionstart(session):
    _listen()


def pytest_runtest_setup(item):
    _listen()  # again, because a test that reconfigures logging removes handlers


def _listen():
    root = logging.getLogger()
    if not any(isinstance(handler, _Listener) for handler in root.handlers):
        root.addHandler(_Listener())


def pytest_runtest_logreport(report):
    if report.when == "teardown":  # it has what was printed before, too
        for name, text in report.sections:
            if "log" not in name:  # pytest's own format, which shows what the product's leaves out
                note(text, f"{name} of {report.nodeid}")


def pytest_sessionfinish(session, exitstatus):
    """Fail the run on a leak; a parallel worker hands over what it saw, for the controller to search."""
    handed_over = getattr(session.config, "workeroutput", None)
    if handed_over is not None:
        handed_over["leaks"] = [sorted(secrets), sorted(_typed), list(_written.items())]
    elif found():
        session.exitstatus = 1


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node, error):
    handed_over = getattr(node, "workeroutput", {}).get("leaks")
    if handed_over is None:
        _unsearched.append(f"worker {node.gateway.id}")
        return
    its_secrets, its_typed, its_written = handed_over
    secrets.update(its_secrets)
    _typed.update(its_typed)
    for line, source in its_written:
        _written.setdefault(line, source)


def pytest_terminal_summary(terminalreporter):
    if leaked := found():
        terminalreporter.section("Mail or secrets in the output", sep="!", red=True)
        for leak in leaked[:50]:
            terminalreporter.line(leak)
    terminalreporter.line(
        f"Output: {len(_written)} lines, {len(_typed) + len(MARKERS)} texts and {len(secrets)} secrets"
        f" looked for, {len(found())} found."
    )
