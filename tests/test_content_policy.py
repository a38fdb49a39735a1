"""The Content-Security-Policy of pages, API and errors."""

import pytest

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/sign-in/", "/api/", "/admin/", "/nowhere/"])
def test_every_answer_allows_only_files_of_this_server(client, address):
    assert client.get(address).headers["Content-Security-Policy"] == POLICY


@pytest.mark.django_db
def test_djangos_debug_page_shows_its_inline_styles(client, settings):
    settings.DEBUG = True
    answer = client.get("/nowhere/")
    assert answer.status_code == 404
    assert b"<style" in answer.content
    assert "Content-Security-Policy" not in answer.headers
