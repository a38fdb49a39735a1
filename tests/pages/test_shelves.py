"""Archive, delete and undo, on the list and on an email's page."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from assistant_app.engine.writer import Writer
from assistant_app.errors import AlreadyRunning
from assistant_app.models import Application, ModelCall, Step
from assistant_app.operations import trash
from assistant_app.people import erasure

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def drafted(person, client, owner):
    client.force_login(owner)
    person.give_input()
    return person


def row_of(person):
    return Application.with_deleted.get(pk=person.app_id)


def age(person, minutes):
    past = timezone.now() - timedelta(minutes=minutes)
    Application.with_deleted.filter(pk=person.app_id).update(deleted_at=past)


def test_an_archived_email_is_as_it_was(drafted, client):
    before = drafted.row
    client.post("/archive/", {"email": [str(drafted.app_id)]})
    after = drafted.row
    assert after.archived_at
    assert (after.version, after.updated_at, after.state) == (before.version, before.updated_at, before.state)
    client.post("/undo/", {"email": [str(drafted.app_id)], "do": "unarchive"})
    assert drafted.row.archived_at is None


def test_any_step_takes_an_email_out_of_the_archive(drafted, client):
    client.post("/archive/", {"email": [str(drafted.app_id)]})
    drafted.give_feedback("Shorter.")
    assert drafted.row.archived_at is None


def test_a_deleted_email_is_on_no_page_and_its_id_is_taken(drafted, client, api):
    client.post(f"/a/{drafted.app_id}/delete/")
    for address in ("", "history/", "reply.eml", "delete/", "compare/"):
        assert client.get(f"/a/{drafted.app_id}/{address}").status_code == 404, address
    assert client.get(f"/a/{drafted.app_id}/stream/").status_code == 404
    assert "Late delivery" not in client.get("/settings/").text + client.get("/usage/").text
    assert api.get(f"/api/applications/{drafted.app_id}/").status_code == 404
    assert api.get("/api/applications/").json()["count"] == 0
    made = api.post("/api/applications/", {"app_id": str(drafted.app_id)}, format="json")
    assert (made.status_code, made.json()["code"]) == (409, "id_taken")
    assert api.delete(f"/api/applications/{drafted.app_id}/").status_code == 404


def test_a_deletion_is_undone_within_ten_minutes(drafted, client):
    before = drafted.row
    client.post(f"/a/{drafted.app_id}/delete/")
    age(drafted, minutes=9)
    client.post("/undo/", {"email": [str(drafted.app_id)]})
    after = drafted.row
    assert (after.version, after.state, after.deleted_at) == (before.version, before.state, None)
    assert client.get(f"/a/{drafted.app_id}/").status_code == 200


def test_after_ten_minutes_it_is_erased(drafted, client):
    client.post(f"/a/{drafted.app_id}/delete/")
    assert trash.empty() == 0
    age(drafted, minutes=11)
    client.post("/undo/", {"email": [str(drafted.app_id)]})
    assert row_of(drafted).deleted_at
    assert trash.empty() == 1
    assert Application.with_deleted.count() == Step.objects.count() == ModelCall.objects.count() == 0


def test_a_run_of_a_deleted_email_is_stopped_and_can_be_taken_up_again(drafted, client, model):
    gate = model.will_wait_to_write(before="Dear Marta,\n\nSixty of them ship on Thursday.\n\nThe ")
    run = drafted.begin("process_feedback", {"feedback": "Warmer"})
    model.wait_until_asked("draft", times=2)
    client.post("/trash/", {"email": [str(drafted.app_id)]})
    assert run.ended.result(10).error.code == "cancelled"
    gate.set()
    assert row_of(drafted).error_code == "cancelled"
    client.post("/undo/", {"email": [str(drafted.app_id)]})
    assert drafted.row.is_stopped_by_owner
    assert "Sixty of them" in drafted.row.partial
    assert drafted.retry().state["feedback_history"] == ["Warmer"]


def test_nothing_is_stored_for_a_deleted_email(drafted, client):
    row = drafted.row
    client.post("/trash/", {"email": [str(drafted.app_id)]})
    writer = Writer(row)  # of a request that read the row before
    with pytest.raises(AlreadyRunning):
        writer.claim_without_step()


def test_a_fork_of_a_deleted_email_has_no_parent_until_it_is_back(drafted, client, api):
    made = api.post(f"/api/applications/{drafted.app_id}/fork/", {"draft": 1}, format="json").json()
    assert made["parent"]["app_id"] == str(drafted.app_id)
    client.post("/trash/", {"email": [str(drafted.app_id)]})
    assert api.get(f"/api/applications/{made['app_id']}/").json()["parent"] is None
    assert api.get("/api/applications/").json()["results"][0]["parent"] is None
    again = {"before": "process_input"}
    assert api.post(f"/api/applications/{made['app_id']}/fork/", again, format="json").status_code == 201
    client.post("/undo/", {"email": [str(drafted.app_id)]})
    assert api.get(f"/api/applications/{made['app_id']}/").json()["parent"]


def test_deleting_the_account_erases_deleted_emails_too(drafted, client, owner):
    client.post("/trash/", {"email": [str(drafted.app_id)]})
    erasure.erase(owner)
    assert Application.with_deleted.count() == 0


def test_nobody_moves_the_email_of_someone_else(drafted, client, stranger):
    client.force_login(stranger)
    mail = {"email": [str(drafted.app_id), "nonsense", str(uuid.uuid4())]}
    for address in ("/archive/", "/trash/", "/undo/"):
        assert client.post(address, mail).status_code == 302
    assert client.post(f"/a/{drafted.app_id}/title/", {"title": "Mine"}).status_code == 404
    row = drafted.row
    assert (row.archived_at, row.deleted_at, row.title) == (None, None, "Late delivery")


def test_it_leads_back_to_a_list_of_ours_only(drafted, client):
    for back, where in (
        ("/?show=done", "/?show=done"),
        ("//evil.example/", "/"),
        ("https://evil.example", "/"),
    ):
        answer = client.post("/archive/", {"email": [str(drafted.app_id)], "next": back})
        assert answer.headers["Location"] == where


def test_a_title_by_hand_stays_and_is_no_new_version(drafted, browser):
    version = drafted.row.version
    for typed, title in (("  The late sensors ", "The late sensors"), ("", "Late delivery")):
        browser.open(f"/a/{drafted.app_id}/")
        browser.open(browser.page.links["Rename…"])
        browser.press("Rename", title=typed)
        assert (drafted.row.title, drafted.row.version) == (title, version)
        assert browser.says("Draft 1 is ready")


def test_the_menu_of_an_email_archives_it_and_takes_it_out_again(drafted, browser):
    browser.open(f"/a/{drafted.app_id}/").press("Archive")
    assert drafted.row.archived_at
    assert browser.says("1 email archived.")
    browser.open(f"/a/{drafted.app_id}/").press("Take out of the archive")
    assert drafted.row.archived_at is None


def test_opening_an_email_notes_which_version_was_seen(drafted, client):
    updated_at, version = drafted.row.updated_at, drafted.row.version
    assert drafted.row.seen_version != version
    client.head(f"/a/{drafted.app_id}/")
    assert drafted.row.seen_version != version
    client.get(f"/a/{drafted.app_id}/")
    assert (drafted.row.seen_version, drafted.row.updated_at) == (version, updated_at)
