"""Whether PostgreSQL can be reached is found out once for all threads, and only with a reason to ask."""

import threading
import time

import psycopg
import pytest

from emailassistant.postgresql import reach
from emailassistant.postgresql.reach import Reach
from tests.real_server import free_port, wait_until


class Connection:
    def close(self):
        pass


def refused():
    return psycopg.connect(f"postgresql://ida@127.0.0.1:{free_port()}/mail", connect_timeout=2)


def unasked():
    raise AssertionError("It was asked.")


def test_a_server_that_nobody_suspects_is_not_asked():
    assert Reach().failure(unasked) == ""


def test_one_that_has_just_worked_is_not_suspected():
    server = Reach()
    server.has_worked()
    server.suspect(60)
    assert server.failure(unasked) == ""


def test_one_that_refuses_is_away_until_it_answers(monkeypatch):
    server = Reach()
    server.suspect(0)
    assert "Connection refused" in server.failure(refused)
    assert 0 < server.away_since <= time.monotonic()
    assert "Connection refused" in server.failure(unasked)  # what was said a moment ago still holds
    monkeypatch.setattr(reach, "ASK_AGAIN_SECONDS", 0)
    assert server.failure(Connection) == ""
    assert server.failure(unasked) == ""


def test_all_threads_share_one_question(monkeypatch):
    server, gate, asked, answers = Reach(), threading.Event(), [], []

    def connect():
        asked.append(1)
        gate.wait(20)
        raise psycopg.OperationalError("It is away.")

    monkeypatch.setattr(reach, "ANSWER_SECONDS", 20)
    server.suspect(0)
    threads = [threading.Thread(target=lambda: answers.append(server.failure(connect))) for _ in range(10)]
    for thread in threads:
        thread.start()
    wait_until(lambda: asked)
    gate.set()
    for thread in threads:
        thread.join(20)
    assert answers == ["It is away."] * 10
    assert asked == [1]


def test_one_that_never_answers_is_away(monkeypatch):
    server, gate = Reach(), threading.Event()
    monkeypatch.setattr(reach, "ANSWER_SECONDS", 0.05)
    server.suspect(0)
    assert server.failure(lambda: gate.wait(20) or Connection()) == "The server does not answer."
    gate.set()


@pytest.mark.parametrize("problem", [psycopg.OperationalError(), OSError("no route")])
def test_every_way_to_fail_is_an_answer(problem):
    def fail():
        raise problem

    server = Reach()
    server.suspect(0)
    assert server.failure(fail)


def test_it_is_asked_again_when_no_thread_could_be_started(monkeypatch):
    server, start = Reach(), threading.Thread.start

    def fail(thread):
        raise RuntimeError("can't start new thread")

    server.suspect(0)
    monkeypatch.setattr(threading.Thread, "start", fail)
    with pytest.raises(RuntimeError):
        server.failure(Connection)
    monkeypatch.setattr(threading.Thread, "start", start)
    assert server.failure(Connection) == ""
