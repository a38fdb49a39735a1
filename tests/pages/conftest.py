import pytest
from django.test import Client

from tests.pages.reading import Browser


@pytest.fixture
def visitor():
    """A visitor who is not signed in."""
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
