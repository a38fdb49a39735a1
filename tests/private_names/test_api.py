"""What DRF, drf-spectacular and knox do, as far as their documentation is silent."""

import uuid

import pytest
from django.urls import resolve, reverse
from knox.crypto import hash_token
from rest_framework.exceptions import NotAuthenticated
from rest_framework.views import exception_handler

from assistant_app.api.authentication import TokenAuthentication
from assistant_app.api.errors import not_found
from assistant_app.api.pagination import Pages
from assistant_app.api.serializers import NewApplication
from assistant_app.api.throttling import UserThrottle
from assistant_app.api.urls import ApiRootView
from assistant_app.models import ApiToken
from assistant_app.workflow.email import EMAIL
from tests.private_names.places import (
    API_EVENTS,
    API_PAGES,
    API_SERIALIZERS,
    API_THROTTLES,
    API_TOKENS,
    API_URLS,
    API_VIEWS,
    otherwise,
)


def test_a_throttle_reads_its_numbers_off_the_rate(settings):
    settings.API_RATE_USER = "7/hour"
    with otherwise("DRF's throttles no longer have `num_requests` and `duration`", API_THROTTLES):
        throttle = UserThrottle()
        assert (throttle.num_requests, throttle.duration) == (7, 3600)


def test_an_exception_brings_its_authenticate_header_along():
    refused = NotAuthenticated()
    refused.auth_header = "Token"
    with otherwise("DRF no longer reads `auth_header` off an exception", API_EVENTS):
        assert exception_handler(refused, {}).headers["WWW-Authenticate"] == "Token"


def test_a_second_method_can_be_mapped_to_a_steps_address_by_name():
    step = EMAIL.human_steps[0]
    address = reverse(f"application-{step.endpoint.replace('_', '-')}", args=[uuid.uuid4()])
    with otherwise("DRF's `action` no longer takes methods by name in its `mapping`", API_VIEWS):
        assert resolve(address).func.actions.items() >= {step.method: step.endpoint, "get": "show"}.items()


def test_the_router_has_our_first_page_and_no_addresses_with_a_format():
    with otherwise("DRF's router ignores `APIRootView` or `include_format_suffixes`", API_URLS):
        assert resolve("/api/").func.cls is ApiRootView
        assert resolve("/api/applications.json").func is not_found


def test_a_raw_form_begins_with_what_get_initial_returns():
    with otherwise("DRF no longer fills a form with `Serializer.get_initial`", API_SERIALIZERS):
        assert NewApplication().data == {}


def test_the_schema_of_a_page_can_be_put_in_the_words_of_openapi_3_1():
    with otherwise("DRF describes the pages of a list in another way", API_PAGES):
        described = Pages().get_paginated_response_schema({"type": "array"})["properties"]
        assert described.keys() == {"count", "next", "previous", "results"}
        assert described["next"]["type"] == ["string", "null"]


BROWSABLE = """
    name description breadcrumblist allowed_methods options_form delete_form extra_actions paginator response
    response_headers content display_edit_forms post_form put_form raw_data_post_form raw_data_put_form
    csrf_header_name
"""
DOCUMENTATION = "title swagger_ui_css swagger_ui_bundle swagger_ui_standalone script_url"


@pytest.mark.parametrize(
    ("address", "names", "template"),
    [
        ("/api/", BROWSABLE, "rest_framework/api.html"),
        ("/api/docs/", DOCUMENTATION, "drf_spectacular/swagger_ui.html"),
    ],
)
def test_a_page_of_the_api_is_given_what_our_template_shows(client, address, names, template):
    with otherwise("DRF or drf-spectacular gives the page other names to show", f"templates/{template}"):
        context = client.get(address, headers={"accept": "text/html"}).context
        assert [name for name in names.split() if name not in context] == []


@pytest.mark.django_db
def test_a_token_is_stored_under_the_hash_of_its_text(owner):
    with otherwise("knox hashes tokens, or makes them, in another way", API_TOKENS):
        token, secret = ApiToken.objects.create(user=owner)
        assert token.digest == hash_token(secret)
        assert TokenAuthentication().authenticate_credentials(secret.encode()) == (owner, token)
