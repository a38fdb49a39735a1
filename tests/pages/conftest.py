import pytest
from django.db.backends.utils import CursorWrapper
from django.test import Client

from assistant_app.runner import runner
from tests.pages.reading import Browser


@pytest.fixture
def visitor():
    """Somebody who is not signed in."""
    return Browser(Client())


@pytest.fixture
def browser(owner, model):
    """The owner, signed in."""
    client = Client()
    client.force_login(owner)
    return Browser(client)


@pytest.fixture
def other_window(browser):
    """The owner again, in a second window of the same browser."""
    return Browser(browser.client)


@pytest.fixture
def strangers_browser(stranger):
    client = Client()
    client.force_login(stranger)
    return Browser(client)


@pytest.fixture
def page_of(browser):
    """Open the page of a person's email."""
    return lambda person: browser.open(f"/a/{person.app_id}/")


@pytest.fixture
def all_queries(monkeypatch):
    """Every statement that any thread sends to the database, as it is sent."""
    sent, real = [], CursorWrapper._execute_with_wrappers

    def execute(self, sql, *args, **options):
        sent.append(sql)
        return real(self, sql, *args, **options)

    monkeypatch.setattr(CursorWrapper, "_execute_with_wrappers", execute)
    return sent


def wait_for_runs():
    for run in list(runner.runs):
        run.ended.result(timeout=30)
