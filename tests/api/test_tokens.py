"""Tokens: printed once, stored as a hash, expiring on their day."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from assistant_app import operations
from assistant_app.models import ApiToken
from tests.api.conftest import INPUT, LIST_URL, is_error, url_of
from tests.test_access_matrix import OF_ONE_EMAIL

pytestmark = pytest.mark.django_db


def create_token(*args, **options):
    out = StringIO()
    call_command("create_token", *args, stdout=out, **options)
    return out.getvalue()


def ask(token, method="get", prefix="Token"):
    return getattr(APIClient(), method)(LIST_URL, headers={"Authorization": f"{prefix} {token}"})


def test_the_command_prints_one_token_that_works_and_nothing_else(owner):
    printed = create_token("ida")
    assert printed.count("\n") == 1
    assert printed.strip().isalnum()
    assert ask(printed.strip()).status_code == 200


def test_the_token_is_stored_hashed_with_its_name_and_its_end(owner):
    token = create_token("ida", name="laptop", days=5).strip()
    row = ApiToken.objects.get()
    assert row.user == owner
    assert row.name == "laptop"
    assert abs(row.expiry - timezone.now() - timedelta(days=5)) < timedelta(minutes=1)
    stored = [str(value) for value in ApiToken.objects.values_list().get()]
    assert not any(token in value for value in stored)


def test_a_token_ends_after_the_days_of_the_setting(owner, settings):
    create_token("ida")
    expected = timezone.now() + timedelta(days=settings.API_TOKEN_DAYS)
    assert abs(ApiToken.objects.get().expiry - expected) < timedelta(minutes=1)


def test_a_token_acts_for_its_person(owner):
    token = create_token("ida").strip()
    app_id = ask(token, "post").json()["app_id"]
    assert owner.applications.get().pk.hex == app_id.replace("-", "")


@pytest.mark.parametrize("ended_by", ["time", "deletion", "no end at all", "the account"])
def test_an_expired_token_is_refused(owner, ended_by):
    token = create_token("ida").strip()
    if ended_by == "time":
        ApiToken.objects.update(expiry=timezone.now())
    elif ended_by == "deletion":
        ApiToken.objects.all().delete()
    elif ended_by == "the account":
        type(owner).objects.update(is_active=False)
    else:
        ApiToken.objects.update(expiry=None)
    response = ask(token)
    assert is_error(response, 401, "not_signed_in")
    assert response["WWW-Authenticate"] == "Token"


@pytest.mark.parametrize("token", ["", "wrong", "a b", "\xff\xfe", "a\x00b", "0" * 64, "x" * 10_000, "%s{}"])
def test_an_invalid_token_is_refused(owner, token):
    assert is_error(ask(token), 401, "not_signed_in")


def test_a_token_of_another_kind_is_none(owner):
    assert is_error(ask(create_token("ida").strip(), prefix="Bearer"), 401, "not_signed_in")


def test_a_token_costs_one_query_however_many_there_are(owner):
    tokens = [create_token("ida").strip() for _ in range(5)]
    ApiToken.objects.filter(digest=ApiToken.objects.first().digest).update(expiry=timezone.now())
    ask(tokens[-1])  # the first use in a minute is noted
    with CaptureQueriesContext(connection) as queries:
        ask(tokens[-1])
    about_tokens = [query for query in queries if "apitoken" in query["sql"]]
    assert len(about_tokens) == 1
    assert ApiToken.objects.count() == 5


def test_the_last_use_is_noted_once_a_minute(owner):
    token = create_token("ida").strip()
    before = timezone.now()
    ask(token)
    first = ApiToken.objects.get().last_used_at
    assert before <= first <= timezone.now()
    ask(token)
    assert ApiToken.objects.get().last_used_at == first
    ApiToken.objects.update(last_used_at=first - timedelta(minutes=1))
    ask(token)
    assert ApiToken.objects.get().last_used_at > first


def test_a_refused_token_is_not_in_use(owner):
    token = create_token("ida").strip()
    ApiToken.objects.update(expiry=timezone.now())
    ask(token)
    assert ApiToken.objects.get().last_used_at is None


def test_a_token_that_may_only_read_reads(owner):
    app_id = operations.create(actor=owner)[0].pk
    token = create_token("ida", scope="read").strip()
    client = APIClient(HTTP_AUTHORIZATION=f"Token {token}")
    for address in (LIST_URL, url_of(app_id), url_of(app_id, "state"), "/api/limits/"):
        assert client.get(address).status_code == 200, address
        assert client.head(address).status_code == 200


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_a_token_that_may_only_read_changes_nothing_at_any_address(owner, method):
    row = operations.create(actor=owner)[0]
    token = create_token("ida", scope="read").strip()
    client = APIClient(HTTP_AUTHORIZATION=f"Token {token}")
    for address in [LIST_URL, *(each.of(row.pk) for each in OF_ONE_EMAIL if each.is_api)]:
        answer = getattr(client, method)(address, INPUT, format="json")
        assert is_error(answer, 403, "forbidden"), address
        assert "read-only" in answer.json()["message"]
    assert owner.applications.get().version == 0


def test_a_token_from_before_there_were_scopes_may_write(owner):
    """The older version's INSERT does not name the columns: the database fills them in."""
    token = create_token("ida").strip()
    row = ApiToken.objects.values("digest", "token_key", "created", "expiry", "name", "user_id").get()
    ApiToken.objects.all().delete()
    values = ", ".join(["%s"] * len(row))
    with connection.cursor() as cursor:
        row |= {name: connection.ops.adapt_datetimefield_value(row[name]) for name in ("created", "expiry")}
        columns = ", ".join(row)
        cursor.execute(
            f"INSERT INTO assistant_app_apitoken ({columns}) VALUES ({values})", list(row.values())
        )
    assert ask(token, "post").status_code == 201


@pytest.mark.parametrize(
    ("username", "options", "said"),
    [
        ("nina", {}, "no user 'nina'"),
        ("ida", {"days": 0}, "--days"),
        ("ida", {"days": 3651}, "--days"),
        ("ida", {"name": "x" * 101}, "--name"),
    ],
)
def test_the_command_says_what_is_wrong(owner, username, options, said):
    with pytest.raises(CommandError, match=said):
        create_token(username, **options)
    assert not ApiToken.objects.exists()


def test_an_inactive_account_gets_no_token(owner):
    type(owner).objects.update(is_active=False)
    with pytest.raises(CommandError, match="is inactive"):
        create_token("ida")
