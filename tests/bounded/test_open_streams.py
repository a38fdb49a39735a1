"""One person can't hold any number of event streams, on pages and through the API, over real sockets."""

import threading
from contextlib import ExitStack

import pytest

from assistant_app.errors import TooManyStreams
from assistant_app.events import open_streams
from tests.bounded.conftest import reader
from tests.conftest import Person, wait_for_runs
from tests.real_server import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def being_written(owner, model):
    """An email whose draft waits in the middle."""
    gate = model.will_wait_to_write("Dear ", "Marta")
    person = Person(owner)
    run = person.begin("process_input", {"email_to_respond": "Hello", "response_instructions": "Yes"})
    run.claimed.result()
    model.wait_until_asked("draft")
    yield person
    gate.set()
    wait_for_runs()


@pytest.mark.parametrize("path", ["/a/{}/stream/", "/api/applications/{}/events/"])
def test_one_stream_too_many_gets_429_until_another_is_closed(
    server, owner, stranger, being_written, settings, path
):
    settings.MAX_STREAMS_PER_PERSON = 3
    path = path.format(being_written.app_id)
    with reader(server, owner) as client, ExitStack() as streams:
        for number in range(3):
            kind = path if number else f"/a/{being_written.app_id}/stream/"  # both kinds count
            opened = streams.enter_context(client.stream("GET", kind))
            assert opened.status_code == 200
        refused = client.get(path)
        assert refused.status_code == 429
        assert refused.headers["Retry-After"] == "10"
        assert "as many emails at once" in refused.text
        opened.close()

        def opens_again():
            with client.stream("GET", path) as again:
                return again.status_code == 200

        wait_until(opens_again)


def test_streams_that_were_never_read_do_not_count_for_ever(server, owner, being_written, settings):
    settings.MAX_STREAMS_PER_PERSON = 1
    path = f"/a/{being_written.app_id}/stream/"
    with reader(server, owner) as client:
        for _ in range(5):

            def opens():
                with client.stream("GET", path) as stream:
                    return stream.status_code == 200  # left at once

            wait_until(opens)


class Stream:
    """What counts as one until it is collected."""


def test_a_stream_may_be_collected_while_the_next_one_is_refused(owner, settings, monkeypatch):
    settings.MAX_STREAMS_PER_PERSON = 1
    never_read = [open_streams.count_in(owner.pk, Stream)]

    def too_many(**about):
        never_read.clear()  # as a collection of garbage does, which may begin anywhere
        return TooManyStreams(**about)

    def ask():
        with pytest.raises(TooManyStreams):
            open_streams.count_in(owner.pk, Stream)
        open_streams.count_in(owner.pk, Stream)

    monkeypatch.setattr(open_streams, "TooManyStreams", too_many)
    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(10)
    assert not asking.is_alive()


def test_zero_is_no_limit(server, owner, being_written, settings):
    settings.MAX_STREAMS_PER_PERSON = 0
    with reader(server, owner) as client, ExitStack() as streams:
        for _ in range(60):
            opened = client.stream("GET", f"/a/{being_written.app_id}/stream/")
            assert streams.enter_context(opened).status_code == 200


def test_the_limit_is_fifty_by_default(server, owner, stranger, being_written, model):
    gate = model.will_wait_to_write("Dear ", "Otto")
    other = Person(stranger)
    other.begin("process_input", {"email_to_respond": "Hi", "response_instructions": "No"}).claimed.result()
    with reader(server, owner) as client, reader(server, stranger) as another, ExitStack() as streams:
        path = f"/a/{being_written.app_id}/stream/"
        for _ in range(50):
            assert streams.enter_context(client.stream("GET", path)).status_code == 200
        assert client.get(path).status_code == 429
        with another.stream("GET", f"/a/{other.app_id}/stream/") as theirs:
            assert theirs.status_code == 200
    gate.set()
