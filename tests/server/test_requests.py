"""Requests that the server answers before Django sees them."""

import socket

import httpx
import pytest

from tests.real_server import DEADLINE, RealServer, wait_until
from tests.server.conftest import new_email, state_of

pytestmark = pytest.mark.server

MEGABYTE = b" " * 2**20


@pytest.fixture(scope="module")
def server():
    with RealServer(collect=True) as server:
        yield server


def chunks(count):
    """A body without Content-Length."""
    return iter([MEGABYTE] * count)


def test_a_chunked_body_over_the_limit_is_refused_in_the_shape_of_the_api(server):
    with server.client() as ida:
        app_id = new_email(ida)
        answer = ida.put(f"/api/applications/{app_id}/initialize_draft/", content=chunks(20))

        assert answer.status_code == 413
        assert answer.json()["code"] == "too_large"
        assert answer.json()["fields"] == {}
        assert state_of(ida, app_id)["version"] == 0


def test_a_declared_body_over_the_limit_is_refused_the_same_way(server):
    with server.client() as ida:
        answer = ida.post("/api/applications/", content=MEGABYTE * 20)

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_a_body_that_never_ends_is_cut_off(server):
    with server.client() as ida:
        try:
            code = ida.post("/api/applications/", content=chunks(100_000)).status_code
        except httpx.TransportError:
            code = 413  # the server closed the connection during the upload

    assert code == 413
    wait_until(server.answers)


def test_a_page_is_told_in_words(server):
    answer = httpx.post(f"{server.url}/anything/", content=MEGABYTE * 20, timeout=DEADLINE)

    assert answer.status_code == 413
    assert "Go back" in answer.text


def test_a_chunked_body_within_the_limit_is_read(server):
    with server.client() as ida:
        answer = ida.post(
            "/api/applications/",
            content=iter([b"{", b" " * 1000, b"}"]),
            headers={"Content-Type": "application/json"},
        )

    assert answer.status_code == 201


def test_static_files_have_hashed_names_and_are_kept_for_ever(server):
    page = server.get("/admin/login/").text
    path = page.split('href="/static/admin/css/base.')[1].split('"')[0]

    answer = server.get(f"/static/admin/css/base.{path}")

    assert answer.status_code == 200
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "access-control-allow-origin" not in answer.headers


def test_a_static_file_that_has_not_changed_is_not_sent_again(server):
    address = "/static/admin/css/base.css"
    tag = server.get(address).headers["etag"]

    assert server.get(address, headers={"If-None-Match": tag}).status_code == 304


def test_no_path_leads_out_of_the_static_files(server):
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(
            b"GET /static/../secret_key HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        )

        assert connection.makefile("rb").readline().split()[1] == b"404"
