"""The list: the user's own emails, newest first, with filters, pages and few queries."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assistant_app.models import ApiToken, Application
from tests.api.conftest import LIST_URL, is_error, titled

pytestmark = pytest.mark.django_db


def titles(api, **params):
    return [row["title"] for row in api.get(LIST_URL, params).json()["results"]]


@pytest.fixture
def mails(owner, stranger):
    now = timezone.now()
    held = {"status": "running", "lease_token": uuid4()}
    titled(owner, "First, 100%", sender="Marta", updated_at=now - timedelta(days=2))
    titled(owner, "Second", status="finished", next_step="", updated_at=now - timedelta(days=1))
    titled(owner, "Third", status="failed", error_code="model_failed", next_step="process_feedback")
    titled(owner, "Held", **held, lease_expires_at=now + timedelta(hours=1))
    titled(owner, "Lost", **held | {"lease_token": uuid4()}, lease_expires_at=now - timedelta(hours=1))
    titled(stranger, "Not yours")


@pytest.mark.usefixtures("mails")
def test_one_sees_ones_own_only(api):
    assert sorted(titles(api)) == ["First, 100%", "Held", "Lost", "Second", "Third"]


@pytest.mark.usefixtures("mails")
def test_the_newest_change_comes_first(api):
    assert titles(api)[-2:] == ["Second", "First, 100%"]


def test_an_entry_holds_no_texts(api, owner):
    titled(owner, "Late delivery", sender="Marta", state={"incoming_email": "secret"})
    [entry] = api.get(LIST_URL).json()["results"]
    assert set(entry) == {
        *("app_id", "url", "title", "sender", "status", "next_step", "version"),
        *("newer_version", "error", "stopped", "archived_at", "parent", "created_at", "updated_at"),
    }
    assert api.get(entry["url"]).json()["app_id"] == entry["app_id"]


@pytest.mark.usefixtures("mails")
@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"status": "waiting"}, ["First, 100%"]),
        ({"status": "finished"}, ["Second"]),
        ({"status": "failed"}, ["Lost", "Third"]),
        ({"status": "running"}, ["Held"]),
        ({"next_step": "process_input"}, ["First, 100%", "Lost"]),
        ({"next_step": "process_feedback"}, ["Third"]),
        ({"status": "failed", "next_step": "process_input"}, ["Lost"]),
        ({"q": "first"}, ["First, 100%"]),
        ({"q": "marta first"}, ["First, 100%"]),
        ({"q": "MARTA"}, ["First, 100%"]),
        ({"q": "marta second"}, []),
        ({"q": "%"}, ["First, 100%"]),
        ({"q": "_"}, []),
        ({"q": "", "unknown": "x"}, ["First, 100%", "Held", "Lost", "Second", "Third"]),
    ],
)
def test_a_list_is_narrowed(api, params, expected):
    assert sorted(titles(api, **params)) == expected


@pytest.mark.usefixtures("mails")
def test_every_status_that_is_shown_can_be_asked_for(api):
    for entry in api.get(LIST_URL).json()["results"]:
        assert entry["title"] in titles(api, status=entry["status"])
        if entry["next_step"]:
            assert entry["title"] in titles(api, next_step=entry["next_step"])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status", "happy"),
        ("status", ""),
        ("status", " waiting"),
        ("next_step", ""),
        ("next_step", "final_result"),
        ("next_step", "reopen"),  # is never due
        ("q", "x" * 201),
        ("q", "a\x00b"),
        ("page_size", ""),
        ("page_size", "null"),
        ("page_size", "0"),
        ("page_size", "-1"),
        ("page_size", "٣"),
        ("page_size", "9" * 5000),
    ],
)
def test_a_filter_that_makes_no_sense_is_named(api, name, value):
    assert is_error(api.get(LIST_URL, {name: value}), 400, "invalid", name)


def test_a_list_comes_in_pages(api, owner):
    for number in range(7):
        titled(owner, f"Mail {number}")
    first = api.get(LIST_URL, {"page_size": 3, "q": "mail"}).json()
    assert first["count"] == 7
    assert first["previous"] is None
    second = api.get(first["next"]).json()
    third = api.get(second["next"]).json()
    assert third["next"] is None
    seen = [row["title"] for page in (first, second, third) for row in page["results"]]
    assert sorted(seen) == [f"Mail {number}" for number in range(7)]


@pytest.mark.parametrize("page", ["", "0", "2", "-1", "x", "last", "1.0", " 1", "9" * 5000])
def test_a_page_that_does_not_exist_is_not_found(api, page):
    assert is_error(api.get(LIST_URL, {"page": page}), 404, "not_found")


def test_a_page_has_a_hundred_entries_at_most(api, owner):
    Application.objects.bulk_create(Application(owner=owner, next_step="process_input") for _ in range(120))
    assert len(api.get(LIST_URL, {"page_size": 10_000}).json()["results"]) == 100
    assert len(api.get(LIST_URL).json()["results"]) == 25


@pytest.mark.parametrize("signed_in_by", ["session", "token"])
@pytest.mark.parametrize("size", [1, 100])
def test_a_list_costs_the_same_few_queries_however_long_it_is(client, owner, size, signed_in_by):
    Application.objects.bulk_create(
        Application(owner=owner, next_step="process_input", state={"incoming_email": "x"})
        for _ in range(size)
    )
    headers = {}
    if signed_in_by == "token":
        headers = {"Authorization": f"Token {ApiToken.objects.create(owner)[1]}"}
    else:
        client.force_login(owner)
    client.get(LIST_URL, headers=headers)  # a token's first use in a minute is noted
    with CaptureQueriesContext(connection) as queries:
        assert len(client.get(LIST_URL, {"page_size": 100}, headers=headers).json()["results"]) == size
    assert len(queries) == {"session": 4, "token": 3}[signed_in_by]
    assert not any('"state"' in query["sql"] for query in queries)


@pytest.mark.django_db(transaction=True)
def test_a_whole_submit_costs_the_same_few_queries_on_all_threads(walk, all_queries):
    walk.begin()
    with all_queries() as queries:
        assert walk.answer().status_code == 200
    assert len({thread for thread, _ in queries}) >= 2, "the run's thread was not counted"
    assert len(queries) <= 10, "\n".join(sql for _, sql in queries)
