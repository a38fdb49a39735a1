"""Twenty clients send the same step at once: one runs, nineteen are refused."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from assistant_app.engine import claims
from assistant_app.engine.runner import runner
from assistant_app.engine.runs import Run
from assistant_app.errors import AlreadyRunning
from assistant_app.models import Application, Step, sql
from tests.real_server import RealServer, wait_until
from tests.server.conftest import INPUT, new_email, send_input
from tests.services import needs_postgresql, on_postgresql

TWENTY = 20


@needs_postgresql
@pytest.mark.server
@pytest.mark.postgresql
def test_one_of_twenty_runs_and_the_others_are_told_so(model_server, gate):
    barrier = threading.Barrier(TWENTY)

    def send(server, app_id):
        with server.client() as client:
            barrier.wait()
            return send_input(client, app_id)

    with (
        RealServer(model=model_server, postgresql=True, env={"WEB_CONCURRENCY": "2"}) as server,
        ThreadPoolExecutor(TWENTY) as pool,
    ):
        with server.client() as client:
            app_id = new_email(client)
        answers = [pool.submit(send, server, app_id) for _ in range(TWENTY)]
        wait_until(lambda: sum(answer.done() for answer in answers) >= TWENTY - 1)
        gate.set()

        codes = sorted(answer.result().status_code for answer in answers)
        assert codes == [200] + [409] * (TWENTY - 1)
        refused = [answer.result().json() for answer in answers if answer.result().status_code == 409]
        assert {answer["code"] for answer in refused} == {"already_running"}
        assert len(model_server.bodies) == 2  # the questions and the draft
        assert server.rows("SELECT count(*) FROM assistant_app_step") == [(3,)]


# --- The same with the guards off: the race is real ----------------------------------------------


@pytest.fixture
def rows_read_at_once(person):
    """Twenty requests read and checked the same row before any of them claims it."""
    return [Application.objects.get(pk=person.app_id) for _ in range(TWENTY)]


@pytest.fixture
def no_claim(monkeypatch):
    monkeypatch.setattr(claims, "is_ours", lambda row, token: sql.where(Application, id=row.pk))


@pytest.fixture
def no_unique_steps(transactional_db):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE assistant_app_step DROP CONSTRAINT step_once")
    yield
    Step.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE assistant_app_step ADD CONSTRAINT step_once UNIQUE (application_id, sequence_id)"
        )


def run_all(rows):
    runs = [runner.start(Run(row, "process_input", INPUT)) for row in rows]
    return [run.ended.result(60).error for run in runs]


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_with_the_claim_one_of_twenty_wins(rows_read_at_once, model):
    errors = run_all(rows_read_at_once)

    assert errors.count(None) == 1
    assert sum(isinstance(error, AlreadyRunning) for error in errors) == TWENTY - 1
    assert len(model.asked) == 2


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_without_the_claim_they_collide_in_the_steps(no_claim, rows_read_at_once, model):
    errors = run_all(rows_read_at_once)

    assert errors.count(None) == 1
    assert not any(isinstance(error, AlreadyRunning) for error in errors)
    assert Step.objects.count() == Step.objects.values("application", "sequence_id").distinct().count()


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_without_either_guard_the_model_is_called_again_and_again(
    no_unique_steps, no_claim, rows_read_at_once, model
):
    run_all(rows_read_at_once)

    assert len(model.asked) > 2
    assert Step.objects.filter(position="process_input").count() == TWENTY
