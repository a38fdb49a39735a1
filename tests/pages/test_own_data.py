"""The user's own data: the download, and erasing the account."""

import io
import json
import stat
import zipfile
from contextlib import closing

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from assistant_app import operations
from assistant_app.errors import TooBusy
from assistant_app.models import Application, IdempotencyKey, Preferences
from assistant_app.operations.drafts import forking
from assistant_app.people import export
from tests.conftest import Person, wait_for_runs

pytestmark = pytest.mark.django_db(transaction=True)
PASSWORD = "correct horse"


def users(model):
    return sorted(model.objects.values_list("username", flat=True))


def test_the_settings_lead_to_both(browser, person):
    person.give_input()
    browser.open("/settings/data/")
    assert browser.page.links["Download everything"] == "/settings/export/"
    response = browser.client.get(browser.page.links["Download everything"])
    with zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content))) as archive:
        assert "emails/0001-late-delivery/email.txt" in archive.namelist()
    browser.open(browser.page.links["Delete account…"])
    assert browser.says("1 email with all drafts, your instructions")


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


def is_busy(response, words):
    assert words in response.content.decode()
    return (response.status_code, response["Retry-After"]) == (429, "10")


def test_one_person_downloads_once_at_a_time(browser, owner):
    first = browser.client.get("/settings/export/")
    assert next(iter(first.streaming_content))
    assert is_busy(signed_in(owner).get("/settings/export/"), "Your data is already being downloaded.")
    first.close()  # in the middle
    again = browser.client.get("/settings/export/")
    assert b"".join(again.streaming_content)  # to its end
    with closing(browser.client.get("/settings/export/")) as once_more:
        assert once_more.status_code == 200


def test_a_process_builds_two_downloads_at_a_time(browser, owner, stranger, django_user_model):
    third = signed_in(django_user_model.objects.create(username="nina"))
    under_way = [signed_in(user).get("/settings/export/") for user in (owner, stranger)]
    assert [response.status_code for response in under_way] == [200, 200]
    assert is_busy(third.get("/settings/export/"), "Other people are downloading their data.")
    under_way.pop().close()
    under_way.append(third.get("/settings/export/"))
    assert under_way[1].status_code == 200
    for response in under_way:
        response.close()


def test_a_download_that_fails_in_the_middle_gives_its_place_back(browser, monkeypatch):
    browser.client.raise_request_exception = False
    with monkeypatch.context() as patch:
        patch.setattr(export, "_account", lambda user: 1 // 0)
        response = browser.client.get("/settings/export/")
        with pytest.raises(ZeroDivisionError):
            b"".join(response.streaming_content)
    assert b"".join(browser.client.get("/settings/export/").streaming_content)


def test_a_download_that_is_never_read_gives_its_place_back(owner):
    abandoned = export.Download(owner)
    with pytest.raises(TooBusy):
        export.Download(owner)
    del abandoned
    export.Download(owner).close()


def test_a_download_that_is_closed_twice_gives_one_place_back(owner):
    first = export.Download(owner)
    first.close()
    second = export.Download(owner)
    first.close()
    with pytest.raises(TooBusy):
        export.Download(owner)
    second.close()


def test_no_connection_is_held_while_a_part_is_compressed(browser, person, monkeypatch):
    held, write = [], zipfile.ZipFile.writestr

    def looking(file, *arguments):
        held.append(connection.connection)
        write(file, *arguments)

    monkeypatch.setattr(zipfile.ZipFile, "writestr", looking)
    assert b"".join(browser.client.get("/settings/export/").streaming_content)
    assert held == [None] * 4


def test_a_branch_goes_along_whole(browser, person):
    person.give_input()
    branch, _ = operations.fork(actor=person.user, app_id=person.app_id, at=forking.at(1))
    operations.delete(actor=person.user, app_id=person.app_id)
    response = browser.client.get("/settings/export/")
    with zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content))) as archive:
        email = json.loads(archive.read("emails/0001-late-delivery/email.json"))
    [step] = email["steps"]
    assert step["changes"]["append"]["draft_history"] == branch.state["draft_history"] == ["Draft 1."]
    assert step["changes"]["set"]["incoming_email"] == branch.state["incoming_email"]


def test_the_name_under_drafts_goes_along_and_is_erased(browser, person):
    browser.open("/settings/").press("Save", signature="Ida Brevik", theme="")
    response = browser.client.get("/settings/export/")
    with zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content))) as archive:
        account = json.loads(archive.read("account.json"))
    assert [kept["signature"] for kept in account["preferences"]] == ["Ida Brevik"]
    browser.open("/settings/erase/").press(
        "Delete my account and everything in it", password=PASSWORD, sure="on"
    )
    assert not Preferences.objects.exists()


def test_the_keys_of_requests_go_along_without_a_hash_and_are_erased(browser, owner, api):
    api.post("/api/applications/", {}, format="json", headers={"Idempotency-Key": "first"})
    response = browser.client.get("/settings/export/")
    with zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content))) as archive:
        [key] = json.loads(archive.read("account.json"))["idempotency_keys"]
    assert (key["key"], key["operation"], "digest" in key) == ("first", "create", False)
    browser.open("/settings/erase/").press(
        "Delete my account and everything in it", password=PASSWORD, sure="on"
    )
    assert not IdempotencyKey.objects.exists()


def test_erasing_takes_the_password_and_a_tick(browser, person, stranger, django_user_model, settings):
    person.give_input()
    kept = Person(stranger)
    browser.open("/settings/erase/")
    browser.press("Delete my account and everything in it", password="wrong", sure="on")
    assert browser.status == 400
    assert browser.says("That’s not your current password.")
    browser.press("Delete my account and everything in it", password=PASSWORD)
    assert browser.says("Tick the box to confirm.")
    assert Application.objects.count() == 2

    browser.press("Delete my account and everything in it", password=PASSWORD, sure="on")
    assert browser.says("Your account and all your emails are gone.")
    assert browser.address == "/sign-in/"
    assert users(django_user_model) == ["otto"]
    assert Application.objects.get() == kept.row
    assert browser.open("/settings/").address.startswith("/sign-in/")


def test_the_password_cannot_be_tried_for_ever(browser, django_user_model):
    browser.open("/settings/erase/")
    for _ in range(6):
        browser.press("Delete my account and everything in it", password="wrong", sure="on")
    assert browser.status == 429
    browser.press("Delete my account and everything in it", password=PASSWORD, sure="on")
    assert users(django_user_model) == ["ida"]


def test_the_only_administrator_stays(browser, owner, django_user_model):
    django_user_model.objects.filter(pk=owner.pk).update(is_superuser=True, is_staff=True)
    browser.open("/settings/erase/")
    assert browser.says("You’re the only administrator")
    refused = browser.client.post("/settings/erase/", {"password": PASSWORD, "sure": "on"})
    assert refused.status_code == 409
    django_user_model.objects.create_superuser("root2")
    browser.open("/settings/erase/").press(
        "Delete my account and everything in it", password=PASSWORD, sure="on"
    )
    assert users(django_user_model) == ["root2"]


def test_a_draft_of_this_process_ends_quietly(browser, person, model, django_user_model):
    person.give_input()
    gate = model.will_wait_to_write("Dear Marta, ")
    run = person.begin("process_feedback", {"feedback": "Shorter."})
    browser.open("/settings/erase/").press(
        "Delete my account and everything in it", password=PASSWORD, sure="on"
    )
    gate.set()
    wait_for_runs()
    run.ended.result(timeout=30)
    assert users(django_user_model) == []


def test_the_commands_say_what_is_wrong(owner, tmp_path, monkeypatch):
    for command in (["erase_user", "nina"], ["export_user", "nina", str(tmp_path / "a.zip")]):
        with pytest.raises(CommandError, match="no user 'nina'"):
            call_command(*command)
    target = tmp_path / "ida.zip"
    call_command("export_user", "ida", str(target), stdout=io.StringIO())
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    with pytest.raises(CommandError, match="cannot be created"):
        call_command("export_user", "ida", str(target))
    for typed in ("no\n", ""):  # and no input at all
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        with pytest.raises(CommandError, match="Nothing was erased"):
            call_command("erase_user", "ida")
