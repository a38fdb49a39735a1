"""`manage.py resume_interrupted` continues what a killed server left behind."""

import os
import signal
import threading
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.utils import timezone

from assistant_app.errors import Interrupted, ModelTimeout
from assistant_app.management.commands import resume_interrupted
from assistant_app.models import Application, Usage

pytestmark = pytest.mark.django_db(transaction=True)


def resume(**options):
    out, err = StringIO(), StringIO()
    try:
        call_command("resume_interrupted", stdout=out, stderr=err, **options)
    finally:
        resume.err = err.getvalue()
    return out.getvalue()


@pytest.fixture
def leave(owner):
    """Leave an application behind as a killed server does, or a stopped one."""

    def make(status="running", lease=timedelta(seconds=-5), **values):
        running = status == "running"
        return Application.objects.create(
            owner=owner,
            next_step="process_input",
            status=status,
            lease_token="11111111-1111-1111-1111-111111111111" if running else None,
            lease_expires_at=timezone.now() + lease if running else None,
            **values,
        )

    return make


@pytest.fixture
def interrupted(person):
    """An application whose input is stored and whose run is gone."""

    def make(user=person.user):
        other = type(person)(user)
        other.give_input()
        Application.objects.filter(pk=other.app_id).update(
            status="failed",
            error_code="interrupted",
            next_step="process_input",
            sequence_id=0,
            position="process_input",
        )
        return other

    return make


def statuses():
    return sorted(Application.objects.values_list("status", flat=True))


def test_continues_everybodys_interrupted_applications(interrupted, stranger):
    interrupted()
    interrupted(stranger)
    assert resume() == "Continued 2, failed 0.\n"
    assert statuses().count("waiting") == 3  # and the one that the fixture made


def test_continues_after_an_expired_lease(interrupted):
    left = interrupted()
    Application.objects.filter(pk=left.app_id).update(
        status="running",
        error_code="",
        lease_token=left.app_id,
        lease_expires_at=timezone.now() - timedelta(seconds=5),
    )
    assert resume() == "Continued 1, failed 0.\n"
    assert left.row.status == "waiting"


@pytest.mark.usefixtures("model")
def test_with_nothing_to_do_it_says_so():
    assert resume() == "Continued 0, failed 0.\n"


@pytest.mark.usefixtures("model")
def test_leaves_alone_what_runs_waits_failed_or_was_stopped(leave):
    leave(lease=timedelta(seconds=60))
    leave("waiting")
    leave("failed", error_code="model_timeout")
    leave("failed", error_code="cancelled")
    before = statuses()
    assert resume() == "Continued 0, failed 0.\n"
    assert statuses() == before


def test_takes_more_than_fit_at_once(interrupted, monkeypatch):
    monkeypatch.setattr(resume_interrupted, "AT_ONCE", 2)
    for _ in range(5):
        interrupted()
    assert resume() == "Continued 5, failed 0.\n"


def test_takes_more_than_an_owner_may_have_at_once(interrupted, settings):
    for _ in range(5):
        interrupted()
    settings.MAX_RUNS_AT_ONCE = 2
    assert resume() == "Continued 5, failed 0.\n"


@pytest.mark.usefixtures("one_day")
def test_what_is_over_its_owners_budget_is_told_and_left(interrupted, stranger, settings):
    left = interrupted()
    interrupted(stranger)
    settings.MAX_DRAFTS_PER_DAY = 1
    Usage.objects.filter(owner=stranger).delete()
    with pytest.raises(CommandError, match="1 could not be continued"):
        resume()
    assert f"{left.app_id}: You have used today's 1 draft." in resume.err
    assert left.row.is_interrupted


def test_a_failure_is_told_and_is_the_exit_code(interrupted, model):
    left = interrupted()
    model.will_write(ModelTimeout())
    with pytest.raises(CommandError, match="1 could not be continued"):
        resume()
    assert str(left.app_id) in resume.err
    assert left.row.error_code == "model_timeout"


def test_what_is_interrupted_again_and_again_is_given_up(interrupted, model):
    left = interrupted()
    for _ in range(10):
        model.will_write(Interrupted())
    with pytest.raises(CommandError):
        resume()
    assert len(model.calls_for("draft")) == 1 + resume_interrupted.ATTEMPTS
    assert left.row.is_interrupted


def test_one_that_was_deleted_meanwhile_stops_no_other(interrupted, monkeypatch):
    gone, left = interrupted(), interrupted()
    find = resume_interrupted.Command._find

    def find_and_delete(self):
        found = find(self)
        Application.objects.filter(pk=gone.app_id).delete()
        return found

    monkeypatch.setattr(resume_interrupted.Command, "_find", find_and_delete)
    assert "Continued 1, failed 0." in resume()
    assert left.row.status == "waiting"


def test_watching_goes_on_until_a_signal(interrupted, model):
    left = interrupted()

    def stop_once_it_waits():
        for _ in range(300):
            if Application.objects.get(pk=left.app_id).status == "waiting":
                break
            threading.Event().wait(0.05)
        os.kill(os.getpid(), signal.SIGTERM)

    before = signal.getsignal(signal.SIGTERM)
    thread = threading.Thread(target=_with_own_connection(stop_once_it_waits))
    thread.start()
    assert resume(watch=0.05) == "Continued 1, failed 0.\n"
    thread.join()
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_signal_interrupts_a_run_after_the_grace_period_and_keeps_it(interrupted, model, settings):
    settings.SHUTDOWN_GRACE_SECONDS = 0.1
    left = interrupted()
    model.will_wait_to_write()

    def stop():
        model.wait_until_asked("draft", times=2)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=stop)
    thread.start()
    with pytest.raises(CommandError):
        resume()
    thread.join()
    assert left.row.is_interrupted


@pytest.mark.usefixtures("model")
def test_watching_outlives_a_database_that_is_away_for_a_moment(monkeypatch):
    looks = []

    def away_then_stopped(command):
        looks.append(command)
        if len(looks) == 1:
            raise OperationalError("gone")
        os.kill(os.getpid(), signal.SIGTERM)
        return []

    monkeypatch.setattr(resume_interrupted.Command, "_find", away_then_stopped)
    assert resume(watch=0.01) == ""
    assert resume.err == "The database could not be read: OperationalError.\n"
    assert len(looks) == 2


@pytest.mark.usefixtures("model")
def test_without_a_database_it_fails_at_once(monkeypatch):
    def away(command):
        raise OperationalError("gone")

    monkeypatch.setattr(resume_interrupted.Command, "_find", away)
    with pytest.raises(OperationalError):
        resume()


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf")])
def test_refuses_to_watch_without_a_pause_or_with_one_that_never_ends(seconds):
    with pytest.raises(CommandError, match="greater than 0"):
        resume(watch=seconds)


def _with_own_connection(function):
    def run():
        try:
            function()
        finally:
            connection.close()

    return run
