"""Who gets the reply, in the API."""

from email import message_from_bytes, policy

import pytest
from rest_framework.test import APIClient

pytestmark = pytest.mark.django_db(transaction=True)

EMAIL = (
    "From: Anna <anna@example.org>\nTo: Ida <ida@brevik.example>\nCc: Bob <bob@example.org>\n"
    "Subject: Offer 12\nList-Post: <mailto:bob@example.org>\n\nPlease confirm."
)
CHANGED = {
    "to": ["Carl <carl@example.com>"],
    "cc": [],
    "subject": "Offer",
    "identity": "Ida <ida@brevik.example>",
    "quote": "none",
}


@pytest.fixture
def url(api, owner, model):
    """The address of an email with a draft; its person has said which address is theirs."""
    owner.email = "ida@brevik.example"
    owner.save()
    url = f"/api/applications/{api.post('/api/applications/', {}, format='json').json()['app_id']}"
    given = {"email_to_respond": EMAIL, "response_instructions": "Yes."}
    assert api.put(f"{url}/initialize_draft/", given, format="json").status_code == 200
    return url


def accept(api, url):
    return api.put(f"{url}/process_feedback/", {"feedback": ""}, format="json")


def test_the_proposal_has_offers_and_notices(api, url):
    assert api.get(f"{url}/recipients/").json() == {
        "to": ["Anna <anna@example.org>"],
        "cc": ["Bob <bob@example.org>"],
        "subject": "Re: Offer 12",
        "identity": "",
        "quote": "",
        "signature": "",
        "is_proposed": True,
        "offers": [
            {"code": "sender", "to": ["Anna <anna@example.org>"], "cc": []},
            {"code": "list", "to": ["bob@example.org"], "cc": []},
        ],
        "notices": [
            {"code": "to_list", "values": {"address": "bob@example.org"}},
            {"code": "others", "values": {"number": "1"}},
        ],
    }
    assert api.get(f"{url}/state/").json()["envelope"] is None


def test_what_was_sent_is_in_the_state_and_in_the_message(api, url):
    answer = api.put(f"{url}/envelope/", CHANGED, format="json")
    assert (answer.status_code, answer.json()["envelope"]) == (200, CHANGED)
    assert answer.json()["next_step"] == "process_feedback"
    found = api.get(f"{url}/recipients/").json()
    assert (found["to"], found["is_proposed"]) == (CHANGED["to"], False)
    accept(api, url)
    message = message_from_bytes(api.get(f"{url}/reply/").content, policy=policy.default)
    assert [message[name] for name in ("From", "To", "Cc", "Subject")] == [
        "Ida <ida@brevik.example>",
        "Carl <carl@example.com>",
        None,
        "Offer",
    ]
    assert message.get_content().strip() == api.get(f"{url}/state/").json()["final_draft"]


def test_it_is_allowed_with_a_draft_and_after_the_end(api, url):
    for _ in range(2):
        [allowed] = [
            each
            for each in api.get(f"{url}/state/").json()["allowed_actions"]
            if each["name"] == "change_envelope"
        ]
        assert allowed["method"] == "PUT"
        assert set(allowed["input"]["required"]) == CHANGED.keys()
        assert api.put(allowed["url"], CHANGED, format="json").status_code == 200
        accept(api, url)
    assert api.get(f"{url}/state/").json()["status"] == "finished"


@pytest.mark.parametrize("field", CHANGED)
def test_every_field_has_to_be_sent(api, url, field):
    sent = {name: value for name, value in CHANGED.items() if name != field}
    answer = api.put(f"{url}/envelope/", sent, format="json")
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])


def test_what_is_no_address_does_not_fit(api, url):
    answer = api.put(f"{url}/envelope/", CHANGED | {"to": ["nobody"]}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "does_not_fit")


def test_a_repeated_request_changes_it_once(api, url):
    answers = [
        api.put(f"{url}/envelope/", CHANGED, format="json", headers={"Idempotency-Key": "one"})
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json()["version"] == answers[1].json()["version"]


def test_it_is_not_there_for_others(url, stranger):
    client = APIClient()
    client.force_authenticate(stranger)
    assert client.get(f"{url}/recipients/").status_code == 404
    assert client.put(f"{url}/envelope/", CHANGED, format="json").status_code == 404
