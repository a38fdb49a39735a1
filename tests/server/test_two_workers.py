"""Two servers on one database and one Redis: both can follow and stop a run of either one."""

import threading
from contextlib import ExitStack

import pytest

from tests.model_server import ModelServer, Reply
from tests.own_redis import OwnRedis
from tests.real_server import RealServer
from tests.server.conftest import new_email, state_of
from tests.server.streaming import begin_input, listening, text_of
from tests.services import needs_redis_server, on_postgresql

pytestmark = [pytest.mark.server, pytest.mark.postgresql, on_postgresql, needs_redis_server]

WORDS = ["Dear Marta,\n\n", *(f"word{number} " for number in range(1, 60))]
DRAFT = "".join(WORDS).strip()


@pytest.fixture(scope="module")
def only_redis():
    with OwnRedis() as redis:
        yield redis


@pytest.fixture(scope="module")
def only_model():
    with ModelServer() as model:
        yield model


@pytest.fixture(scope="module")
def both(only_redis, only_model):
    # Hundreds of readers are one person here.
    env = {"REDIS_URL": only_redis.url, "MAX_STREAMS_PER_PERSON": "0"}
    with (
        RealServer(model=only_model, postgresql=True, env=env) as first,
        RealServer(model=only_model, env=env, beside=first) as second,
    ):
        yield first, second


@pytest.fixture
def redis(only_redis):
    only_redis.start()
    return only_redis


@pytest.fixture
def first(both, redis):
    return both[0]


@pytest.fixture
def second(both, redis):
    return both[1]


@pytest.fixture
def ida(first):
    with first.client() as client:
        yield client


@pytest.fixture
def gates(only_model):
    """Ten gates that block the model, one after every six words."""
    gates = [threading.Event() for _ in range(10)]
    only_model.standing = Reply(
        has_markers=True, chunks=WORDS, gates={6 * n + 6: gate for n, gate in enumerate(gates)}
    )
    yield gates
    for gate in gates:
        gate.set()


def last_word_before(number):
    """Return the last word that readers see while the gate with that number is closed."""
    return WORDS[6 * number + 5].strip()


def open_all(gates):
    for gate in gates:
        gate.set()


def test_a_reader_elsewhere_sees_every_word_once_and_in_order(first, second, ida, gates):
    begin_input(ida, app_id := new_email(ida))
    with listening(first, app_id) as here, listening(second, app_id) as there:
        there.wait_for_text(last_word_before(0))
        assert WORDS[6].strip() not in there.text
        open_all(gates)
        here.wait_until_closed()
        there.wait_until_closed()

    assert there.text == here.text == state_of(ida, app_id)["drafts"][0] == DRAFT
    keys = [event.key for event in there.told[:-1]]
    assert keys == sorted(set(keys))
    assert there.has_ended


def test_a_reader_who_drops_ten_times_misses_nothing_and_sees_nothing_twice(first, second, ida, gates):
    begin_input(ida, app_id := new_email(ida))
    with listening(second, app_id) as early:
        early.wait_for_text(last_word_before(0))
    told = []
    for number, gate in enumerate(gates):
        server = (second, first, second)[number % 3]  # as a load balancer may choose
        with listening(server, app_id, told[-1].id if told else None) as reader:
            reader.wait_for_text(last_word_before(number))
        told += reader.told
        gate.set()
    with listening(second, app_id, told[-1].id) as reader:
        told += reader.wait_until_closed().told

    assert text_of(told) == state_of(ida, app_id)["drafts"][0] == DRAFT
    keys = [event.key for event in told[:-1]]
    assert keys == sorted(set(keys))
    assert [event.name for event in told].count("draft") == 1  # the first reader came late


def test_a_reader_elsewhere_who_comes_at_once_is_told_the_text(first, second, ida, gates):
    for _ in range(10):
        begin_input(ida, app_id := new_email(ida))
        with listening(second, app_id) as there:
            there.wait_for_text(last_word_before(0))


def test_more_readers_elsewhere_than_a_client_of_redis_has_connections(first, second, ida, gates):
    begin_input(ida, app_id := new_email(ida))
    with ExitStack() as stack:
        readers = [stack.enter_context(listening(second, app_id)) for _ in range(120)]
        for reader in readers:
            reader.wait_for_text(last_word_before(0))
        open_all(gates)
        assert {reader.wait_until_closed().text for reader in readers} == {DRAFT}


def test_a_redis_that_stops_in_mid_run_loses_nothing(first, second, ida, redis, gates):
    begin_input(ida, app_id := new_email(ida))
    with listening(first, app_id) as here, listening(second, app_id) as there:
        there.wait_for_text(last_word_before(0))
        redis.kill()
        open_all(gates)
        here.wait_until_closed()
        there.wait_until_closed()

    assert here.text == state_of(ida, app_id)["drafts"][0] == DRAFT
    assert there.state == here.state == {"version": 3, "status": "waiting", "next_step": "process_feedback"}
    assert there.has_ended
    with listening(second, app_id) as late:  # Redis is still away
        assert late.wait_until_closed().state == here.state


def test_a_redis_that_restarts_in_mid_run_serves_the_text_again(first, second, ida, redis, gates):
    begin_input(ida, app_id := new_email(ida))
    with listening(first, app_id) as here, listening(second, app_id) as there:
        there.wait_for_text(last_word_before(0))
        redis.kill()
        gates[0].set()
        here.wait_for_text(last_word_before(1))
        assert WORDS[6].strip() not in there.text
        redis.start()  # empty
        for number in range(1, 10):
            gates[number].set()
            if number < 9:
                here.wait_for_text(last_word_before(number + 1))
            if number == 1:
                there.wait_for_text(WORDS[6].strip())
        there.wait_until_closed()

    assert there.text == state_of(ida, app_id)["drafts"][0] == DRAFT


def test_without_redis_a_reader_elsewhere_is_told_steps_and_states(only_model, gates):
    with (
        RealServer(model=only_model, postgresql=True) as first,
        RealServer(model=only_model, beside=first) as second,
        first.client() as ida,
    ):
        begin_input(ida, app_id := new_email(ida))
        with listening(first, app_id) as here, listening(second, app_id) as there:
            here.wait_for_text(last_word_before(0))
            open_all(gates)
            here.wait_until_closed()
            there.wait_until_closed()

        assert there.state == here.state
        assert {"position": "formulate_draft", "phase": "done"} in [event.data for event in there.told]
        assert there.has_ended
        assert there.text == ""
