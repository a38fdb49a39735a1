"""`manage.py prune`: deletes old emails, keeps active ones, and only counts in a dry run."""

import io
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.utils import timezone

from assistant_app import operations
from assistant_app.models import ApiToken, Application, IdempotencyKey, ModelCall, Step
from assistant_app.people import retention
from tests.conftest import Person

pytestmark = pytest.mark.django_db(transaction=True)
Status = Application.Status


def prune(*arguments):
    call_command("prune", *arguments, stdout=(said := io.StringIO()))
    return said.getvalue()


def aged(owner, days, status=Status.WAITING):
    row = Person(owner).row
    values = {"next_step": "" if status == Status.FINISHED else row.next_step}
    if status == Status.FAILED:
        values["error_code"] = "model_failed"
    if status == Status.RUNNING:  # its process was killed long ago
        values |= {"lease_token": row.pk, "lease_expires_at": timezone.now() - timedelta(days=days)}
    changed = timezone.now() - timedelta(days=days)
    Application.objects.filter(pk=row.pk).update(status=status, updated_at=changed, **values)
    return row.pk


def under_way(owner, days):
    pk = aged(owner, days, Status.RUNNING)
    Application.objects.filter(pk=pk).update(lease_expires_at=timezone.now() + timedelta(minutes=1))
    return pk


def left():
    return set(Application.objects.values_list("pk", flat=True))


@pytest.fixture
def emails(owner):
    return {
        (status, days): aged(owner, days, status)
        for status in (Status.WAITING, Status.FAILED, Status.FINISHED, Status.RUNNING)
        for days in (1, 100)
    }


def test_nothing_is_deleted_by_default(emails):
    assert (
        prune() == "Deleted 0 deleted emails, 0 sessions, 0 tokens, 0 sign-in counters, 0 idempotency keys.\n"
    )
    assert left() == set(emails.values())


def test_each_status_has_its_days_and_a_dry_run_changes_nothing(emails, owner):
    being_written = under_way(owner, 100)
    said = "1 finished emails, 3 unfinished emails, 0 deleted emails, 0 sessions, 0 tokens,"
    said += " 0 sign-in counters, 0 idempotency keys.\n"
    options = ["--finished-days", "30", "--unfinished-days", "99"]
    assert prune("--dry-run", *options) == f"Would delete {said}"
    assert left() == {*emails.values(), being_written}

    assert prune(*options) == f"Deleted {said}"
    assert left() == {emails[status, 1] for status, _ in emails} | {being_written}


def test_the_settings_say_it_as_well(emails, settings):
    settings.KEEP_FINISHED_DAYS = 30
    assert prune().startswith("Deleted 1 finished emails, 0 deleted emails, 0 sessions")


def test_all_that_hangs_on_an_email_goes_with_it_and_branches_stay(person, owner):
    person.give_input()
    person.give_feedback("")
    kept = Person(owner).app_id
    Application.objects.filter(pk=kept).update(parent=person.app_id)
    Application.objects.filter(pk=person.app_id).update(updated_at=timezone.now() - timedelta(days=3))
    assert prune("--finished-days", "2").startswith("Deleted 1 finished")
    assert left() == {kept}
    assert not Step.objects.exists()
    assert not ModelCall.objects.exists()


def test_an_email_that_somebody_goes_on_with_meanwhile_stays(owner, monkeypatch):
    first, _second = sorted(aged(owner, 9) for _ in range(2))
    due = retention.due(retention.Policy(0, 2), timezone.now())["unfinished emails"]

    def comes_back_first(rows):
        Application.objects.filter(pk=first).update(updated_at=timezone.now())
        return rows.all()

    monkeypatch.setattr(type(due), "select_for_update", comes_back_first)
    assert retention._delete(due) == 1
    assert left() == {first}


def test_deleted_emails_are_erased_when_they_cannot_be_restored_any_more(owner):
    old, new = aged(owner, 0), aged(owner, 0)
    for pk, minutes in ((old, 11), (new, 9)):
        deleted_at = timezone.now() - timedelta(minutes=minutes)
        Application.objects.filter(pk=pk).update(deleted_at=deleted_at)
    assert prune("--dry-run").startswith("Would delete 1 deleted emails")
    assert prune().startswith("Deleted 1 deleted emails")
    assert [row.pk for row in Application.with_deleted.all()] == [new]


def test_more_than_one_batch(owner, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 2)
    for _ in range(5):
        aged(owner, 9)
    assert prune("--unfinished-days", "1").startswith("Deleted 5 unfinished")


def test_sessions_and_tokens_that_ended_go(owner, client):
    client.force_login(owner)
    Session.objects.create(session_key="old", expire_date=timezone.now() - timedelta(days=1))
    ApiToken.objects.create(owner, expiry=timedelta(days=-31))
    ApiToken.objects.create(owner, expiry=timedelta(days=-1))
    assert (
        prune() == "Deleted 0 deleted emails, 1 sessions, 1 tokens, 0 sign-in counters, 0 idempotency keys.\n"
    )
    assert client.get("/settings/").status_code == 200


def test_keys_of_requests_go_when_they_expire(owner):
    row = operations.create(actor=owner)[0]
    for hours in (1, 23, 25):
        key = IdempotencyKey.of(owner_id=owner.pk, key=f"{hours}", operation="x", app_id=row.pk, payload={})
        key.describe(row.pk, 0, None)
        key.created_at = timezone.now() - timedelta(hours=hours)
        key.save()
    assert prune().endswith("1 idempotency keys.\n")
    assert {key.key for key in IdempotencyKey.objects.all()} == {"1", "23"}


@pytest.mark.parametrize("days", ["-1", "36501", "99999999"])
def test_days_are_not_negative_and_within_the_calendar(days):
    for name in ("--finished-days", "--unfinished-days"):
        with pytest.raises(CommandError, match="from 0 to"):
            prune(name, days)
