"""Fixtures for all tests: an owner, a second user, staff, and a scripted model.

Tests that run a step are `transaction=True`: the runner's threads see only what is committed.
"""

import signal
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import Permission
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.test import TransactionTestCase
from django.urls import clear_url_caches
from knox import crypto
from rest_framework.test import APIClient

from assistant_app import operations
from assistant_app.api import counters
from assistant_app.engine import budget, inputs
from assistant_app.engine.runner import runner
from assistant_app.errors import AssistantError
from assistant_app.llm.scripted import ScriptedClient
from assistant_app.models import Usage
from assistant_app.people import export
from emailassistant.lifespan import collect_garbage_less
from tests import leaks, workflows
from tests.leaks import pytest_runtest_logreport as pytest_runtest_logreport
from tests.leaks import pytest_runtest_setup as pytest_runtest_setup
from tests.leaks import pytest_sessionfinish as pytest_sessionfinish
from tests.leaks import pytest_sessionstart as pytest_sessionstart
from tests.leaks import pytest_terminal_summary as pytest_terminal_summary
from tests.leaks import pytest_testnodedown as pytest_testnodedown
from tests.services import POSTGRES_URL

HERE = Path(__file__).parent
# Folders and files whose tests start servers, browsers or other programs, or run long scripts of faults.
SLOW = {"browser", "server", "faults", "upgrade"}
SLOW |= {"test_containers.py", "test_make.py", "test_audit.py", "test_leaks.py", "test_readme_walk.py"}
SLOW_MARKERS = ("browser", "server", "embedded")
LONGEST_FILES = {"test_nasty_texts.py", "test_every_page.py", "test_crashes.py"}
# Made by migrations and signals, and the same for every test.
KEPT_TABLES = {"django_content_type", "auth_permission", "django_migrations"}


def pytest_ignore_collect(collection_path, config):
    """Don't even import the slow tests for `make test`."""
    return True if config.option.markexpr == "not slow" and collection_path.name in SLOW else None


def pytest_collection_modifyitems(items):
    """Mark what `make test` leaves out, and put it first, the longest files before all others.

    Then no worker is left with one of these at the end, while the others have nothing to do.
    """
    for item in items:
        parts = item.path.relative_to(HERE).parts
        if SLOW.intersection(parts) or any(map(item.get_closest_marker, SLOW_MARKERS)):
            item.add_marker("slow")
    items.sort(key=_place)  # stable: files stay together


def _place(item):
    is_slow = item.get_closest_marker("slow") is not None
    return (not is_slow, item.path.name not in LONGEST_FILES)


def pytest_collection_finish():
    """Collect garbage as seldom as the servers do."""
    collect_garbage_less()


def pytest_unconfigure():
    """Remove what SQLite leaves beside the test database when a connection was still open."""
    if django_settings.IS_SQLITE:
        database = Path(django_settings.DATABASES["default"]["TEST"]["NAME"])
        for path in database.parent.glob(f"{database.name}*"):
            path.unlink(missing_ok=True)


@pytest.fixture(scope="session", autouse=True)
def _quick_flush(django_db_setup):
    """Empty the tables with DELETE: TRUNCATE takes 80 to 300 ms on PostgreSQL, this 1 to 4 ms.

    Django's own flush also makes every permission and content type again, for 20 ms on SQLite.
    """

    def flush(self):
        tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
        is_postgresql = connection.vendor == "postgresql"
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "SET LOCAL synchronous_commit TO off" if is_postgresql else "PRAGMA defer_foreign_keys = ON"
            )
            for table in sorted(set(tables) - KEPT_TABLES):
                cursor.execute(f'DELETE FROM "{table}"')

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", flush)
        yield


@pytest.fixture(autouse=True)
def _fresh(settings):
    """A password costs half a second with the product's hasher; throttles count across tests.

    So do downloads that a test began and did not read.
    """
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    counters.forget()
    export._people.clear()


@pytest.fixture(scope="session", autouse=True)
def _texts_are_never_logged():
    """Register typed texts, model replies and tokens with `leaks`, which searches the output at the end."""
    patch = pytest.MonkeyPatch()
    clean, say, make = inputs.clean, ScriptedClient.will_write, crypto.create_token_string

    def cleaned(step, data):
        for value in data.values() if isinstance(data, dict) else []:
            for text in value if isinstance(value, list) else [value]:
                leaks.forbid(text if isinstance(text, str) else "")
        return clean(step, data)

    def said(self, draft):
        leaks.forbid(draft if isinstance(draft, str) else "")
        return say(self, draft)

    def made():
        leaks.secrets.add(token := make())
        return token

    patch.setattr(inputs, "clean", cleaned)
    patch.setattr(ScriptedClient, "will_write", said)
    patch.setattr(crypto, "create_token_string", made)
    yield
    patch.undo()


@pytest.fixture(scope="session", autouse=True)
def _connections_are_given_back(django_db_setup, django_db_blocker):
    """At the end, no thread may hold a connection: PostgreSQL drops no database that is in use."""
    yield
    with django_db_blocker.unblock():
        runner.shutdown()
        if not django_settings.IS_SQLITE:
            name = connection.settings_dict["NAME"]
            connection.close()
            connection.close_pool()
            assert _used_for_long(name) == []


def _used_for_long(database):
    """Return the last queries of the sessions in a database that have not ended after half a minute."""
    deadline = time.monotonic() + 30
    with psycopg.connect(POSTGRES_URL) as own:
        while True:
            sessions = "SELECT query FROM pg_stat_activity WHERE datname = %s"
            queries = own.execute(sessions, [database]).fetchall()
            if not queries or time.monotonic() > deadline:
                return queries
            own.rollback()  # within a transaction, the answer stays the same
            time.sleep(0.1)


@pytest.fixture
def model():
    """The scripted model, in place for the test; runs still under way at its end are waited for."""
    client = ScriptedClient()
    runner.client = client
    try:
        yield client
        wait_for_runs()
    finally:
        runner.client = None


def stop(**named):
    """Stop a run and return the row as it is then."""
    stopping = operations.cancel(**named)
    stopping.ended.result(timeout=30)
    return operations.when_stopped(stopping)


def wait_for_runs():
    for run in list(runner.runs):
        run.ended.result(timeout=30)


@contextmanager
def before_long(seconds=60):
    """Give up on what would go on for minutes: work that grows with the square of a text."""

    def give_up(*_):
        raise AssertionError(f"Not done after {seconds} seconds.")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.fixture
def all_queries(monkeypatch):
    """Collect the queries of all threads (a run has its own), of which there must be some."""

    @contextmanager
    def capture():
        queries, real = [], CursorWrapper._execute_with_wrappers

        def wrapped(self, sql, params, many, executor):
            queries.append((threading.get_ident(), sql))
            return real(self, sql, params, many, executor)

        with monkeypatch.context() as patch:
            patch.setattr(CursorWrapper, "_execute_with_wrappers", wrapped)
            yield queries
        assert queries, "No query was seen."

    return capture


@pytest.fixture
def owner(django_user_model):
    return django_user_model.objects.create_user("ida", password="correct horse")


@pytest.fixture
def stranger(django_user_model):
    """A second user, who owns none of it."""
    return django_user_model.objects.create_user("otto", password="battery staple")


@pytest.fixture
def operator(django_user_model):
    """Staff with every permission."""
    return django_user_model.objects.create_superuser("root", password="tr0ubador")


@pytest.fixture
def viewer(django_user_model):
    """Staff who may look and do nothing."""
    user = django_user_model.objects.create_user("vera", password="look only", is_staff=True)
    user.user_permissions.add(*Permission.objects.filter(codename__in=["view_application", "view_apitoken"]))
    return user


@pytest.fixture
def staff(django_user_model):
    """Staff without a permission."""
    return django_user_model.objects.create_user("sten", password="nothing", is_staff=True)


@pytest.fixture
def one_day(monkeypatch):
    """Freeze the day until the end of the test, so that midnight does not matter."""
    day = budget.today()
    monkeypatch.setattr(budget, "today", lambda: day)


@pytest.fixture
def use(owner):
    """Use up that much of the owner's day."""

    def use(drafts=0, tokens=0):
        Usage.objects.create(owner=owner, day=budget.today(), drafts=drafts, tokens=tokens)

    return use


@pytest.fixture
def api(owner):
    client = APIClient()
    client.force_authenticate(owner)
    return client


@pytest.fixture
def serve(settings, monkeypatch):
    """Serve these workflows instead of the product's, on every door, until the end of the test."""
    yield lambda *served: workflows.serve(settings, monkeypatch, *served)
    clear_url_caches()


class Person:
    """A person who answers an email through the operations; each call waits until the run ends."""

    EMAIL = "From: Marta Kowalczyk <marta@example.org>\nSubject: Late delivery\n\nWhere are my 96 sensors?"
    INSTRUCTIONS = "60 ship on Thursday, the rest on 10 December."

    def __init__(self, user):
        self.user = user
        self.app_id = operations.create(actor=user)[0].pk

    @property
    def row(self):
        return operations.get(actor=self.user, app_id=self.app_id)

    def begin(self, step, data, expected_version=None):
        return operations.submit(
            actor=self.user, app_id=self.app_id, step=step, data=data, expected_version=expected_version
        )

    def send(self, step, **data):
        return operations.wait_until_ended(self.begin(step, data))

    def give_input(self, email=EMAIL, instructions=INSTRUCTIONS, **chosen):
        typed = {"email_to_respond": email, "response_instructions": instructions, **chosen}
        return self.send("process_input", **typed)

    def answer(self, *answers):
        return self.send("clarify_instructions", answers=list(answers))

    def give_feedback(self, feedback):
        return self.send("process_feedback", feedback=feedback)

    def retry(self):
        return operations.wait_until_ended(operations.retry(actor=self.user, app_id=self.app_id))

    def fails_at(self, step, **data):
        """Send a step whose run is expected to fail; return the error."""
        with pytest.raises(AssistantError) as caught:
            self.send(step, **data)
        return caught.value


@pytest.fixture
def person(owner, model):
    return Person(owner)
