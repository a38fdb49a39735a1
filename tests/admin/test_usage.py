"""What everybody used, for staff: per day, per person, per application; with few queries."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assistant_app.models import ModelCall
from tests.admin.conftest import browser_of
from tests.admin.test_detail import html, words

pytestmark = pytest.mark.django_db
USAGE = "/admin/assistant_app/application/usage/"


@pytest.fixture
def used(one_draft, tell, stranger, settings):
    """Ida: two calls, one failed. Otto: one long ago, and one today."""
    settings.MODEL_PRICES = {"gpt-5-mini": {"in": Decimal(1000), "out": Decimal(0)}}
    ModelCall.objects.update(tokens_in=1000)
    story = tell(user=stranger, title="Secret matter").step("process_input", incoming_email="x").call().call()
    first = story.row.model_calls.order_by("id").first()
    ModelCall.objects.filter(pk=first.pk).update(created_at=timezone.now() - timedelta(days=40))


def usage(client, **params):
    return words(client.get(USAGE, params).content.decode())


def test_staff_see_who_used_how_much(admin_site, used):
    page = usage(admin_site)
    assert "Model calls 4 1 failed" in page
    assert "ida : 3 calls, 3,000 tokens in, 392 out, $3.00" in page
    assert "otto : 1 call, 2,118 tokens in" in page
    assert "Secret matter" not in page
    assert "otto : 2 calls" in usage(admin_site, days="90")
    assert "Usage" in words(admin_site.get("/admin/assistant_app/application/").content.decode())


def test_one_person_alone(admin_site, used):
    page = usage(admin_site, owner="otto")
    assert "Model calls 1 " in page
    assert "ida :" not in page
    assert "Nothing in these days." in usage(admin_site, owner="unknown\x00")


def test_only_for_those_who_may_look(used, viewer, staff, owner, client):
    assert browser_of(viewer).get(USAGE).status_code == 200
    assert browser_of(staff).get(USAGE).status_code == 403
    assert browser_of(owner).get(USAGE).status_code == 302
    assert client.get(USAGE).status_code == 302


def test_it_takes_few_queries(admin_site, used):
    with CaptureQueriesContext(connection) as queries:
        assert admin_site.get(USAGE, {"days": "365"}).status_code == 200
    assert 0 < len(queries) <= 12, queries.captured_queries


def test_an_application_shows_its_totals(admin_site, used, one_draft):
    page = words(html(admin_site, one_draft))
    assert "Model calls 3, 1 failed Tokens 3,000 in, 392 out" in page
    assert "Cost $3.00" in page
