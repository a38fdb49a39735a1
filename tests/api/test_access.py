"""Access: every request needs credentials, and users see only their own emails."""

import re

import pytest
from django.urls import URLPattern, get_resolver
from rest_framework.test import APIClient

from tests.api.conftest import INPUT, is_error

UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"
METHODS = ("get", "head", "options", "post", "put", "patch", "delete")
BODIES = ({}, INPUT, {"answers": []}, {"feedback": ""})


def patterns(resolver=None, prefix=""):
    """Walk every address of the product, as regular expressions."""
    for part in (resolver or get_resolver()).url_patterns:
        route = prefix + _as_regex(part.pattern)
        if isinstance(part, URLPattern):
            yield route
        else:
            yield from patterns(part, route)


def _as_regex(pattern):
    return pattern.regex.pattern.removeprefix("^").removesuffix("\\Z").removesuffix("$").removesuffix("\\z")


def addresses(app_id):
    """Return every address below /api/ that takes an application's id, with this one filled in."""
    found = [route for route in patterns() if route.startswith("api/") and "<app_id>" in route]
    group = re.compile(r"\(\?P<app_id>(?:[^()]|\([^()]*\))*\)")
    number = re.compile(r"\(\?P<\w*number>[^()]*\)")
    return sorted({"/" + number.sub("1", group.sub(str(app_id), route)).replace("\\", "") for route in found})


def test_the_walk_finds_every_endpoint():
    ends = {address.removeprefix("/api/applications/ID/") for address in addresses("ID")}
    expected = {"", "state/", "retry/", "initialize_draft/", "clarify_instructions/", "process_feedback/"}
    assert ends >= expected | {"fork/", "drafts/1/checks/", "drafts/1/diff/1/", "steps/1/", "calls/1/"}


@pytest.mark.django_db(transaction=True)
def test_another_person_finds_nothing_at_any_address(drafted, other, nothing_happens_later, settings):
    settings.API_RATE_USER = "1000/minute"
    check = nothing_happens_later()
    for address in addresses(drafted.app_id):
        for method in METHODS:
            for body in BODIES:
                response = getattr(other, method)(address, body, format="json")
                if response.status_code == 405 or method == "options":
                    assert b"sensors" not in response.content
                    continue
                assert response.status_code == 404, (method, address, body, response.content)
    check()


@pytest.mark.django_db(transaction=True)
def test_an_operator_finds_nothing_in_the_api_either(drafted, operator):
    client = APIClient()
    client.force_authenticate(operator)
    assert is_error(client.get(drafted.url()), 404, "not_found")


@pytest.mark.django_db(transaction=True)
def test_another_persons_browsable_page_is_that_of_an_email_that_never_was(drafted, other):
    """The page's forms depend only on the address, not on the email."""

    def page(app_id, address):
        response = other.get(address, headers={"Accept": "text/html"})
        is_page = response["Content-Type"].startswith("text/html")
        assert is_page or address.endswith("/events/"), address
        text = response.content.decode().replace(str(app_id), "ID")
        return response.status_code, re.sub(r"\b[A-Za-z0-9]{64}\b", "CSRF", text)

    for theirs, unknown in zip(addresses(drafted.app_id), addresses(UNKNOWN_ID), strict=True):
        status, text = page(drafted.app_id, theirs)
        assert (status, text) == page(UNKNOWN_ID, unknown)
        assert status in (404, 405)
        assert "sensors" not in text


@pytest.mark.django_db
def test_every_address_requires_credentials(settings):
    settings.API_RATE_ANONYMOUS = "1000/minute"
    client = APIClient()
    for address in [*addresses(UNKNOWN_ID), "/api/", "/api/applications/"]:
        for method in METHODS:
            response = getattr(client, method)(address, {}, format="json")
            assert response.status_code == 401, (method, address)
            assert response["WWW-Authenticate"] == "Token"
            if method != "head":
                assert is_error(response, 401, "not_signed_in")


@pytest.mark.django_db
def test_a_session_needs_the_csrf_token_to_write(owner):
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(owner)
    assert client.get("/api/applications/").status_code == 200
    assert is_error(client.post("/api/applications/"), 403, "forbidden")
