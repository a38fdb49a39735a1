"""What killed runs left behind on PostgreSQL is dropped by a later one, and nothing else is."""

import uuid

import psycopg
import pytest

from tests.real_server import Postgres, drop_left_behind
from tests.services import POSTGRES_URL, needs_postgresql

pytestmark = [needs_postgresql, pytest.mark.postgresql]


def names():
    with psycopg.connect(POSTGRES_URL) as connection:
        return {name for (name,) in connection.execute("SELECT datname FROM pg_database")}


def test_databases_of_killed_runs_are_dropped_when_they_are_a_day_old():
    old, of_this_run = Postgres(POSTGRES_URL), Postgres(POSTGRES_URL)
    old.name = f"test_1700000000_{uuid.uuid4().hex[:12]}"
    try:
        old.create()
        of_this_run.create()
        assert {old.name, of_this_run.name} <= names()
        drop_left_behind(POSTGRES_URL)
        assert {old.name, of_this_run.name} & names() == {of_this_run.name}
    finally:
        old.drop()
        of_this_run.drop()
