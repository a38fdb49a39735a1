"""Health checks: whether the process is alive and able to serve."""

import threading

import pytest
from django.db import OperationalError, connection, connections
from django.db.migrations.recorder import MigrationRecorder

from emailassistant import __version__


def test_the_process_is_alive_without_a_database(client):
    # Without the database mark, a query would fail the test.
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok")


def test_the_version_is_in_the_json(client):
    response = client.get("/healthz", headers={"Accept": "application/json"})
    assert (response.status_code, response.json()) == (200, {"status": "ok", "version": __version__})


@pytest.mark.parametrize(
    "accept", ["*/*", "text/html,*/*;q=0.8", "text/plain, application/json", "image/png"]
)
def test_a_monitor_that_does_not_prefer_json_reads_ok(client, accept):
    response = client.get("/healthz", headers={"Accept": accept})
    assert (response.status_code, response.content) == (200, b"ok")
    assert response["Content-Type"] == "text/plain"


@pytest.mark.django_db
def test_it_is_ready_when_database_and_migrations_are(client):
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (200, {"status": "ready"})


@pytest.fixture
def forgotten():
    """The last migration, as if it had not been applied."""
    last = MigrationRecorder.Migration.objects.filter(app="assistant_app").order_by("pk").last()
    recorder = MigrationRecorder(connection)
    recorder.record_unapplied("assistant_app", last.name)
    yield last.name
    recorder.record_applied("assistant_app", last.name)


@pytest.mark.django_db(transaction=True)
def test_a_missing_migration_is_named(client, forgotten):
    response = client.get("/readyz")
    assert response.status_code == 503
    assert f"assistant_app.{forgotten}" in response.json()["problem"]
    assert "manage.py migrate" in response.json()["problem"]


@pytest.mark.django_db
def test_a_database_that_cannot_be_reached_is_said_without_its_address(client, monkeypatch):
    def refuse(*_):
        raise OperationalError('connection to server at "10.0.0.7", user "secret" failed')

    wrapper = type(connections["default"])  # the class: the look is in a thread of its own
    monkeypatch.setattr(wrapper, "ensure_connection", refuse)
    monkeypatch.setattr(wrapper, "cursor", refuse)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert "could not be reached" in response.json()["problem"]
    assert b"secret" not in response.content
    assert b"10.0.0.7" not in response.content


@pytest.mark.django_db
def test_a_process_without_threads_is_not_ready_until_it_has_some_again(client, monkeypatch):
    start = threading.Thread.start

    def fail(thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", fail)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert "can't start new thread" in response.json()["problem"]
    monkeypatch.setattr(threading.Thread, "start", start)
    assert client.get("/readyz").status_code == 200


@pytest.mark.parametrize("address", ["/healthz", "/readyz"])
def test_nothing_can_be_sent_there(client, address):
    assert client.post(address).status_code == 405


def test_both_are_never_kept(client):
    assert "no-store" in client.get("/healthz")["Cache-Control"]


def test_a_site_behind_https_is_asked_from_within(client, settings):
    settings.SECURE_SSL_REDIRECT = True
    assert client.get("/healthz").status_code == 200
