"""What the log says about a database that fails: its own words, once a minute, and nothing that it quotes."""

import sqlite3

import psycopg
import pytest
from django.db import IntegrityError, InternalError, OperationalError

from assistant_app.engine import database_outage as module
from assistant_app.engine.database_outage import cause_of, outage

TEXT = "Where are my 96 sensors?"


@pytest.fixture(autouse=True)
def _nothing_seen(monkeypatch):
    monkeypatch.setattr(module, "_repeats", module._Repeats())


def wrapped(problem, kind=OperationalError):
    """Return what Django raises for an error of the driver."""
    error = kind(*problem.args)
    error.__cause__ = problem
    return error


def sqlite_error(tmp_path, statement, *prepare, uri=""):
    path = tmp_path / "some.sqlite3"
    with sqlite3.connect(path) as made:
        made.execute("CREATE TABLE IF NOT EXISTS email (text)")
    made.close()
    connection = sqlite3.connect(f"file:{path}{uri}", uri=True)
    try:
        for each in prepare:
            connection.execute(each)
        connection.execute(statement)
    except sqlite3.OperationalError as problem:
        return wrapped(problem)
    finally:
        connection.close()
    raise AssertionError("No error.")


WRITE = f"INSERT INTO email VALUES ('{TEXT * 1000}')"


def test_a_full_disk_is_named_and_told(tmp_path):
    error = sqlite_error(tmp_path, WRITE, "PRAGMA max_page_count = 2")
    assert cause_of(error) == "database or disk is full SQLITE_FULL"
    assert outage(error).message == "The disk that the database is on is full."


def test_a_file_that_is_read_only_is_named_and_told(tmp_path):
    error = sqlite_error(tmp_path, WRITE, uri="?mode=ro")
    assert cause_of(error) == "attempt to write a readonly database SQLITE_READONLY"
    assert outage(error).message == "The database cannot be written at the moment."


def test_a_message_that_may_quote_a_text_is_left_out(tmp_path):
    error = sqlite_error(tmp_path, f"SELECT '{TEXT}' FROM nowhere WHERE \"{TEXT}")
    assert cause_of(error) == "sqlite3.OperationalError SQLITE_ERROR"
    undecodable = wrapped(sqlite3.OperationalError(f"Could not decode to UTF-8 column with text '{TEXT}'"))
    assert cause_of(undecodable) == "sqlite3.OperationalError"


def test_an_unknown_error_is_named_by_its_kind_only():
    assert TEXT not in cause_of(OperationalError(TEXT))


def test_a_server_that_cannot_be_reached_is_named_in_the_clients_words():
    with pytest.raises(psycopg.OperationalError) as refused:
        psycopg.connect("postgresql://ida:hunter2@127.0.0.1:1/mail", connect_timeout=2)
    cause = cause_of(wrapped(refused.value))
    assert "Connection refused" in cause
    assert "hunter2" not in cause
    assert "\n" not in cause


def test_other_errors_are_no_outage():
    assert outage(ValueError()) is None
    assert outage(None) is None
    assert outage(wrapped(psycopg.errors.UniqueViolation(TEXT), IntegrityError)) is None
    assert outage(wrapped(psycopg.errors.InvalidCursorName(TEXT), InternalError)) is None


def test_each_cause_is_logged_once_and_then_counted(tmp_path, caplog, monkeypatch):
    full, read_only = (
        sqlite_error(tmp_path, WRITE, "PRAGMA max_page_count = 2"),
        sqlite_error(tmp_path, WRITE, uri="?mode=ro"),
    )
    for _ in range(5):
        outage(full)
    outage(read_only)
    assert [record.message.rpartition(" ")[2] for record in caplog.records] == [
        "SQLITE_FULL",
        "SQLITE_READONLY",
    ]
    monkeypatch.setattr(module.time, "monotonic", lambda: float("inf"))
    outage(full)
    assert caplog.records[-1].details == {"times": 5}
