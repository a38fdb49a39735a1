"""Creating an email, also repeatedly with an id chosen by the client."""

from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from assistant_app.models import Application
from tests.api.conftest import LIST_URL, is_error, url_of

pytestmark = pytest.mark.django_db


def test_a_new_one_says_where_it_is(api, owner):
    response = api.post(LIST_URL)
    assert response.status_code == 201
    assert response["Location"] == f"http://testserver{url_of(response.json()['app_id'])}"
    assert Application.objects.get().owner == owner


def test_the_same_id_twice_is_the_same_one(api):
    app_id = str(uuid4())
    first = api.post(LIST_URL, {"app_id": app_id}, format="json")
    again = api.post(LIST_URL, {"app_id": app_id.upper()}, format="json")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert first.json()["app_id"] == app_id
    assert Application.objects.count() == 1


def test_an_id_of_another_person_is_taken(api, stranger):
    app_id = api.post(LIST_URL).json()["app_id"]
    other = APIClient()
    other.force_authenticate(stranger)
    assert is_error(other.post(LIST_URL, {"app_id": app_id}, format="json"), 409, "id_taken")


@pytest.mark.parametrize("app_id", ["x", "", 5, None, ["x"], {}, "a" * 100_000, "a\x00b", True])
def test_an_id_that_is_none_is_refused(api, app_id):
    assert is_error(api.post(LIST_URL, {"app_id": app_id}, format="json"), 400, "invalid", "app_id")
    assert not Application.objects.exists()


@pytest.mark.parametrize("name", ["id", "detail"])
def test_a_field_that_is_unknown_is_refused(api, name):
    assert is_error(api.post(LIST_URL, {name: str(uuid4())}, format="json"), 400, "invalid", name)


@pytest.mark.parametrize("body", [[], "text", 5])
def test_a_body_that_is_no_object_is_refused(api, body):
    assert is_error(api.post(LIST_URL, body, format="json"), 400, "invalid", "body")


def test_a_form_without_an_id_creates_one(api):
    assert api.post(LIST_URL, {"app_id": ""}, format="multipart").status_code == 201
