"""Two servers on one database serve different workflows: each leaves alone what only the other one knows."""

import io
import json
import zipfile
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from assistant_app.engine.runner import runner
from assistant_app.errors import ModelTimeout
from assistant_app.models import Application, ModelCall, Step
from assistant_app.people.export import archive
from assistant_app.workflow.email import EMAIL
from docs.examples.trip_planner.workflow import TRIP_PLANNER
from tests.admin.conftest import browser_of, say_why
from tests.asgi_client import events_of
from tests.test_access_matrix import OF_ONE_EMAIL, ask, client_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def elsewhere(serve, trip):
    """A trip with one plan, before a server that serves only the email assistant."""
    serve(EMAIL)
    return Application.objects.get(pk=trip["app_id"])


def stored():
    fields = {field.attname for field in Application._meta.concrete_fields} - {"seen_version"}
    rows = list(Application.with_deleted.order_by("pk").values(*fields))
    return rows, Step.objects.count(), ModelCall.objects.count()


def test_the_other_server_shows_a_trip_on_every_door(elsewhere, browser, api, owner, operator):
    url, page = f"/api/applications/{elsewhere.pk}/", f"/a/{elsewhere.pk}/"
    [row] = api.get("/api/applications/").json()["results"]
    assert (row["title"], row["newer_version"]) == ("2 days in Bergen", True)
    assert api.get(url).json()["allowed_actions"] == []
    assert [step["position"] for step in api.get(f"{url}steps/").json()["results"]] == [
        "describe_trip",
        "write_plan",
    ]
    assert api.get(f"{url}steps/1/").json()["state"]["plans"] == ["Day 1: the harbour."]
    [call] = api.get(f"{url}calls/").json()["results"]
    assert api.get(call["url"]).json()["purpose"] == "plan"
    assert api.get(f"/api/trip_planner/{elsewhere.pk}/").status_code == 404
    assert "event: end" in events_of(owner, f"{url}events/")

    assert browser.open("/").says("Made by a newer version")
    assert browser.open("/?q=bergen").says("2 days in Bergen")
    assert browser.open(page).says("Day 1: the harbour.")
    assert browser.open(f"{page}history/").says("only the newer version can change it")
    for path in (f"{page}history/1/", f"{page}calls/1/", "/usage/", "/settings/data/"):
        assert browser.open(path).status == 200, path

    client = browser_of(operator)
    assert "2 days in Bergen" in client.get("/admin/assistant_app/application/").content.decode()
    say_why(client, elsewhere)
    change = f"/admin/assistant_app/application/{elsewhere.pk}/change/"
    assert "Day 1: the harbour." in client.get(change).content.decode()
    assert client.get("/admin/assistant_app/application/usage/").status_code == 200

    with zipfile.ZipFile(io.BytesIO(b"".join(archive(owner)))) as files:
        [data] = [json.loads(files.read(name)) for name in files.namelist() if name.endswith("email.json")]
        [text] = [files.read(name).decode() for name in files.namelist() if name.endswith("email.txt")]
    assert (data["workflow"], data["state"]["plans"]) == ("trip_planner", ["Day 1: the harbour."])
    assert "Day 1: the harbour." in text


def test_the_other_server_changes_nothing_of_a_trip(elsewhere, owner, api, browser, operator, serve):
    before = stored()
    bodies = {"fork": {"before": "process_input"}, "title": {"title": "Other"}}
    for address in OF_ONE_EMAIL:
        for method in ("post", "put"):
            if not address.is_api:
                answer, _ = ask(client_of(owner, address), address, method, elsewhere.pk)
                assert answer.status_code in (302, 404, 405, 409), address
                continue
            name = address.name.removeprefix("application-").replace("-", "_")
            answer = getattr(api, method)(address.of(elsewhere.pk), bodies.get(name, {}), format="json")
            assert answer.status_code in (400, 404, 405, 409), address
            if answer.status_code == 409:
                assert answer.json()["code"] == "unknown_step", address
    assert api.delete(f"/api/applications/{elsewhere.pk}/").json()["code"] == "unknown_step"
    for path in ("/archive/", "/trash/", "/undo/"):
        browser.client.post(path, {"email": [str(elsewhere.pk)]})
    client = browser_of(operator)
    for action in ("retry", "release", "delete_selected"):
        sent = {"action": action, "_selected_action": [str(elsewhere.pk)]}
        assert client.post("/admin/assistant_app/application/", sent, follow=True).status_code in (200, 403)
    assert stored() == before

    serve(EMAIL, TRIP_PLANNER)  # the server that knows it goes on
    answer = api.put(f"/api/trip_planner/{elsewhere.pk}/say_wish/", {"wish": ""}, format="json")
    assert answer.json()["status"] == "finished"


def test_a_trip_that_stopped_or_whose_server_died_waits_for_its_own(with_trips, serve, api, model, capsys):
    ids = []
    for _ in range(2):
        model.will_write(ModelTimeout())
        ids.append(api.post("/api/trip_planner/", {}, format="json").json()["app_id"])
        asked = {"destination": "Bergen", "days": 2, "pace": "slow"}
        api.put(f"/api/trip_planner/{ids[-1]}/describe_trip/", asked, format="json")
    a_minute_ago = timezone.now() - timedelta(minutes=1)
    died = Application.objects.filter(pk=ids[1])
    died.update(status="running", lease_token=ids[1], lease_expires_at=a_minute_ago, error_code="")

    serve(EMAIL)
    before = stored()
    call_command("resume_interrupted")
    assert "Continued 0, failed 0." in capsys.readouterr().out
    for app_id in ids:
        refused = api.post(f"/api/applications/{app_id}/retry/")
        assert (refused.status_code, refused.json()["code"]) == (409, "unknown_step")
    assert stored() == before

    serve(EMAIL, TRIP_PLANNER)
    runner.client = model  # the command has closed it
    call_command("resume_interrupted")
    assert "Continued 1, failed 0." in capsys.readouterr().out
    assert api.get(f"/api/trip_planner/{ids[1]}/").json()["plans"] != []
