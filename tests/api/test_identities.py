"""The names and addresses with which a person writes, in the API."""

import pytest
from rest_framework.test import APIClient

from assistant_app.models import Identity

pytestmark = pytest.mark.django_db(transaction=True)

URL = "/api/identities/"
IDA = {"name": "Ida Brevik", "addresses": ["ida@brevik.example", "shop@brevik.example"], "is_default": False}
CLUB = {"name": "", "addresses": ["club@brevik.example"], "is_default": False, "signature": "The club"}


def test_they_are_added_listed_changed_and_deleted(api):
    made = api.post(URL, IDA, format="json")
    first = made.json()["id"]
    assert (made.status_code, made.json()) == (201, IDA | {"id": first, "is_default": True, "signature": ""})
    second = api.post(URL, CLUB, format="json").json()
    assert second == CLUB | {"id": second["id"], "name": "Ida Brevik"}  # the name of the default one
    assert [each["id"] for each in api.get(URL).json()] == [first, second["id"]]

    changed = api.put(
        f"{URL}{second['id']}/",
        CLUB | {"name": "Club", "is_default": True, "signature": "A\nB"},
        format="json",
    )
    assert (changed.status_code, changed.json()["name"], changed.json()["is_default"]) == (200, "Club", True)
    assert api.get(f"{URL}{first}/").json()["is_default"] is False
    assert api.delete(f"{URL}{second['id']}/").status_code == 204
    assert api.get(URL).json() == [IDA | {"id": first, "is_default": True, "signature": ""}]
    for method in ("get", "put", "delete"):
        assert getattr(api, method)(f"{URL}{second['id']}/", CLUB, format="json").status_code == 404


def test_the_same_request_sent_again_adds_nothing(api):
    answers = [api.post(URL, IDA, format="json") for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert Identity.objects.count() == 1


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"addresses": []}, "addresses"),
        ({"addresses": ["club@brevik.example"] * 21}, "addresses"),
        ({"addresses": "ida@brevik.example"}, "addresses"),
        ({"name": "x" * 201}, "name"),
        ({"name": None}, "name"),
        ({"is_default": "maybe"}, "is_default"),
        ({"signature": None}, "signature"),
        ({"signature": "x" * 2_001}, "signature"),
        ({"greeting": "Hi"}, "greeting"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_field(api, sent, field):
    answer = api.post(URL, IDA | sent, format="json")
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])
    assert not Identity.objects.exists()


def test_an_address_belongs_to_one_identity(api):
    api.post(URL, IDA, format="json")
    answer = api.post(URL, CLUB | {"addresses": ["SHOP@brevik.example"]}, format="json")
    assert (answer.status_code, list(answer.json()["fields"])) == (409, ["addresses"])
    answer = api.post(URL, CLUB | {"addresses": ["nobody"]}, format="json")
    assert (answer.status_code, list(answer.json()["fields"])) == (409, ["addresses"])


def test_they_are_ones_own(api, stranger):
    number = api.post(URL, IDA, format="json").json()["id"]
    other = APIClient()
    other.force_authenticate(stranger)
    assert other.get(URL).json() == []
    for method in ("get", "put", "delete"):
        assert getattr(other, method)(f"{URL}{number}/", CLUB, format="json").status_code == 404
    assert APIClient().get(URL).status_code == 401
    assert [each["id"] for each in api.get(URL).json()] == [number]


def test_they_decide_what_is_ones_own_address(api, model):
    api.post(URL, IDA, format="json")
    url = f"/api/applications/{api.post('/api/applications/', {}, format='json').json()['app_id']}"
    email = "From: anna@example.org\nTo: shop@brevik.example, bob@example.org\nSubject: Hi\n\nHi"
    api.put(
        f"{url}/initialize_draft/",
        {"email_to_respond": email, "response_instructions": "Yes."},
        format="json",
    )
    found = api.get(f"{url}/recipients/").json()
    assert (found["cc"], found["identity"]) == (["bob@example.org"], "Ida Brevik <shop@brevik.example>")
