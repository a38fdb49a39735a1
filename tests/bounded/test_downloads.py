"""A download of one's data over real sockets: who leaves or fails in the middle gives the place back."""

import os

import httpx
import pytest

from assistant_app.people import export
from tests.bounded.conftest import reader
from tests.real_server import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def endless(monkeypatch):
    """Let archives never end; `ended` has the username of each that was closed all the same."""
    ended = []

    def archive(user):
        try:
            while True:
                yield os.urandom(65_536)
        finally:
            ended.append(user.username)

    monkeypatch.setattr(export, "archive", archive)
    return ended


def test_who_leaves_in_the_middle_gives_the_place_back(server, owner, stranger, django_user_model, endless):
    nina = django_user_model.objects.create(username="nina")
    with reader(server, owner) as ida, reader(server, stranger) as otto, reader(server, nina) as third:
        with begun(ida) as hers, begun(otto) as his:
            assert [hers.status_code, his.status_code] == [200, 200]
            for client in (ida, third):
                with begun(client) as refused:
                    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "10")
        wait_until(lambda: sorted(endless) == ["ida", "otto"])  # they are not built for those who left
        for client in (ida, third):
            wait_until(lambda client=client: begins(client))


def begun(client):
    return client.stream("GET", "/settings/export/")


def begins(client):
    with begun(client) as response:
        return response.status_code == 200


def test_an_error_in_the_middle_ends_the_connection_and_gives_the_place_back(server, owner, monkeypatch):
    with reader(server, owner) as ida:
        with monkeypatch.context() as patch:
            patch.setattr(export, "_account", lambda user: 1 // 0)
            for _ in range(3):
                with pytest.raises(httpx.RemoteProtocolError):
                    ida.get("/settings/export/")
        assert ida.get("/settings/export/").status_code == 200
