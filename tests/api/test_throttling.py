"""Too many requests get 429 with `Retry-After`."""

import pytest
from rest_framework.test import APIClient

from assistant_app.api import counters
from tests.api.conftest import LIST_URL, is_error
from tests.own_redis import OwnRedis
from tests.services import needs_redis_server

pytestmark = pytest.mark.django_db


@pytest.fixture
def own_redis():
    with OwnRedis() as redis:
        yield redis


def test_a_person_may_ask_so_often(api, settings):
    settings.API_RATE_USER = "2/minute"
    assert [api.get(LIST_URL).status_code for _ in range(2)] == [200, 200]
    response = api.get(LIST_URL)
    assert is_error(response, 429, "throttled")
    assert 0 < int(response["Retry-After"]) <= 60


def test_the_rate_of_one_person_is_not_anothers(api, stranger, settings):
    settings.API_RATE_USER = "1/minute"
    api.get(LIST_URL)
    other = APIClient()
    other.force_authenticate(stranger)
    assert other.get(LIST_URL).status_code == 200


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Token wrong"}])
def test_anonymous_requests_are_counted_too(settings, headers):
    settings.API_RATE_ANONYMOUS = "2/minute"
    answers = [APIClient().get(LIST_URL, headers=headers).status_code for _ in range(3)]
    assert answers == [401, 401, 429]


def test_naming_another_address_does_not_help(settings):
    settings.API_RATE_ANONYMOUS = "1/minute"
    codes = [
        APIClient().get(LIST_URL, headers={"X-Forwarded-For": f"10.0.0.{n}"}).status_code for n in range(2)
    ]
    assert codes == [401, 429]


@needs_redis_server
def test_with_redis_all_processes_count_together_and_without_it_each_goes_on_alone(
    api, settings, own_redis, monkeypatch
):
    monkeypatch.setattr(counters, "PAUSE_SECONDS", 60)
    monkeypatch.setattr(counters, "TIMEOUT_SECONDS", 30)  # it is there, or refuses at once
    settings.REDIS_URL, settings.API_RATE_USER = own_redis.url, "2/minute"
    assert [api.get(LIST_URL).status_code for _ in range(2)] == [200, 200]
    counters.forget()  # what another process knows
    response = api.get(LIST_URL)
    assert is_error(response, 429, "throttled")
    assert 0 < int(response["Retry-After"]) <= 60
    own_redis.kill()
    assert [api.get(LIST_URL).status_code for _ in range(3)] == [200, 200, 429]
    own_redis.start()
    assert api.get(LIST_URL).status_code == 429  # not asked again at once


def test_windows_that_have_ended_are_dropped():
    for number in range(3):
        counters.count(f"ended{number}", 0)
    assert counters.count("new", 60).used == 1
    assert counters.count("new", 60).used == 2
    assert list(counters._windows) == ["new"]


def test_a_process_keeps_a_bounded_number_of_windows():
    for number in range(counters.MOST_WINDOWS):
        counters.count(f"key{number}", 60)
    assert counters.count("key0", 60).used == 2
    assert counters.count("new", 60).used == 1
    assert len(counters._windows) == counters.MOST_WINDOWS
    assert counters.count("key0", 60).used == 3  # used lately, so another one made room
