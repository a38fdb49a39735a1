"""Logs and error pages contain no mail and no secrets, and the search for them in all output works."""

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import IntegrityError
from django.test import Client
from rest_framework.test import APIClient

from assistant_app import operations
from assistant_app.models import Application
from tests import leaks
from tests.conftest import Person
from tests.services import on_postgresql

ROOT = Path(__file__).resolve().parent.parent
SECRET_TEXT = "The board will dismiss Mr Halvorsen on Monday"
LEAKING = """
import logging, logging.config, sys
def test_it(): {}
def test_other(): logging.getLogger("x").warning("{}")
"""
RECONFIGURED = "logging.config.dictConfig({'version': 1, 'root': {'handlers': []}})"


def run_with(tmp_path, statement, other="All is well.", workers=1):
    (tmp_path / "conftest.py").write_text(
        "from tests.leaks import pytest_runtest_logreport, pytest_runtest_setup, pytest_sessionfinish\n"
        "from tests.leaks import pytest_sessionstart, pytest_terminal_summary, pytest_testnodedown, secrets\n"
        "secrets.add('0123456789abcdef' * 4)\n"
    )
    (tmp_path / "test_it.py").write_text(LEAKING.format(statement, other))
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "-q", str(tmp_path)]
    if workers > 1:
        command += ["-p", "xdist", "-n", str(workers)]
    without_plugins = {
        **os.environ,
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }  # a second of CPU for each process
    return subprocess.run(command, cwd=ROOT, env=without_plugins, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("logging.getLogger('y').warning('Where are my 96 sensors?')", 1),
        ("print('0123456789abcdef' * 4, file=sys.stderr)", 1),
        ("logging.getLogger('y').warning('96 drafts')", 0),
    ],
    ids=["mail", "secret", "neither"],
)
def test_a_leak_fails_the_whole_run(tmp_path, statement, code, workers):
    done = run_with(tmp_path, statement, workers=workers)
    assert done.returncode == code, done.stdout
    assert ("Mail or secrets in the output" in done.stdout) == bool(code)
    assert "2 passed" in done.stdout


def test_a_worker_that_crashes_fails_the_run_as_unsearched(tmp_path):
    done = run_with(tmp_path, "print('Where are my 96 sensors?'); __import__('os')._exit(3)", workers=2)
    assert done.returncode == 1, done.stdout
    assert "the output of worker gw" in done.stdout
    assert "was not searched" in done.stdout


def test_a_reconfigured_log_is_still_read(tmp_path):
    done = run_with(tmp_path, RECONFIGURED, "Where are my 96 sensors?")
    assert done.returncode == 1, done.stdout
    assert "2 passed" in done.stdout


@pytest.fixture
def logged(monkeypatch):
    """What the product's handler would write, of this test alone."""
    noted = []
    monkeypatch.setattr(leaks, "note", lambda text, source: noted.append(text))
    return noted


@pytest.mark.parametrize("line_break", ["\n", "\r", "\x0b", "\x85", "\u2028"])
def test_what_somebody_chose_begins_no_line_of_the_log(logged, line_break):
    path = f"/no/such{line_break}forged line"
    logging.getLogger("emailassistant").warning("GET %s", path, extra={"details": {"path": path}})
    [written] = [text for text in logged if "forged" in text]
    assert written.count("forged line") == 2
    assert len(written.splitlines()) == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("address", ["/a/{}/", "/api/applications/{}/"])
def test_an_error_that_quotes_the_mail_is_not_shown(owner, monkeypatch, logged, address):
    row = operations.create(actor=owner)[0]

    def get(**_):
        raise ValueError(SECRET_TEXT)

    monkeypatch.setattr(operations, "get", get)
    client = (
        APIClient(raise_request_exception=False)
        if "api" in address
        else Client(raise_request_exception=False)
    )
    client.force_login(owner)
    answer = client.get(address.format(row.pk))
    assert answer.status_code == 500
    assert SECRET_TEXT not in answer.content.decode()
    assert any("ValueError" in line for line in logged)
    assert SECRET_TEXT not in "".join(logged)


@pytest.mark.django_db(transaction=True)
def test_a_step_that_fails_with_the_mail_in_its_error_keeps_it_to_itself(owner, model, logged):
    model.will_write(RuntimeError(SECRET_TEXT))
    person = Person(owner)
    error = person.fails_at("process_input", email_to_respond=SECRET_TEXT, response_instructions=SECRET_TEXT)
    assert SECRET_TEXT not in error.message + person.row.error_message
    assert any("RuntimeError" in line for line in logged)
    assert SECRET_TEXT not in "".join(logged)


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_a_database_that_quotes_the_row_in_its_error_is_not_repeated(owner, logged, monkeypatch):
    """PostgreSQL says `DETAIL: Failing row contains (…)`, with the whole state."""
    row = operations.create(actor=owner)[0]
    client = Client(raise_request_exception=False)
    client.force_login(owner)

    def break_a_rule(**_):
        Application.objects.filter(pk=row.pk).update(title=SECRET_TEXT, status="nonsense")

    with pytest.raises(IntegrityError, match="dismiss Mr Halvorsen"):
        break_a_rule()
    monkeypatch.setattr(operations, "get", break_a_rule)
    assert client.get(f"/a/{row.pk}/").status_code == 500
    assert any("IntegrityError" in line for line in logged)
    assert SECRET_TEXT not in "".join(logged)
