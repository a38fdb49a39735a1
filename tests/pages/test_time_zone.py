"""Each user sees the times of their own zone, and the model is told their days."""

from datetime import UTC, datetime

import pytest
from django.utils import timezone

from assistant_app.models import Application, Preferences
from assistant_app.people import accounts

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def drafted(person, client, owner):
    client.force_login(owner)
    person.give_input()
    Application.objects.filter(pk=person.app_id).update(updated_at=datetime(2020, 1, 1, 23, 30, tzinfo=UTC))
    return person


def zone_of(owner):
    return Preferences.objects.filter(owner=owner).values_list("time_zone", flat=True).first()


def test_the_browser_says_it_once_and_the_account_keeps_it(drafted, client, owner):
    assert "1 Jan 2020" in client.get("/").text
    client.cookies["time_zone"] = "Asia/Tokyo"
    assert "2 Jan 2020" in client.get("/").text
    assert zone_of(owner) == "Asia/Tokyo"
    client.cookies["time_zone"] = "Europe/Berlin"
    assert "2 Jan 2020" in client.get("/").text
    assert zone_of(owner) == "Asia/Tokyo"
    assert timezone.get_current_timezone_name() == "UTC"


def test_another_browser_shows_the_zone_of_the_account(drafted, client, owner):
    accounts.live_in(actor=owner, time_zone="Asia/Tokyo")
    client.logout()
    client.force_login(owner)
    assert "2 Jan 2020" in client.get("/").text


def test_a_zone_is_changed_in_the_settings(drafted, client, owner):
    client.post("/settings/you/", {"time_zone": "Asia/Tokyo"})
    assert "2 Jan 2020" in client.get("/").text
    answer = client.post("/settings/you/", {"time_zone": "Mars/Phobos"})
    assert answer.status_code == 400
    assert "Mars/Phobos" in answer.text
    assert zone_of(owner) == "Asia/Tokyo"


@pytest.mark.parametrize("name", ["", "Mars/Phobos", "../../etc/passwd", "x" * 3000, "\x00"])
def test_a_cookie_that_names_no_zone_is_ignored(drafted, client, owner, name):
    client.cookies["time_zone"] = name
    assert client.get("/").status_code == 200
    assert not zone_of(owner)


def test_the_model_is_told_the_day_of_the_owner(person, owner, model):
    accounts.live_in(actor=owner, time_zone="Pacific/Kiritimati")
    person.give_input()
    assert "Pacific/Kiritimati" in model.asked[-1].text
    here = timezone.localdate(timezone=timezone.get_fixed_timezone(14 * 60))
    assert person.row.state["said_on"]["instructions"] == here.isoformat()
