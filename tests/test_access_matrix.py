"""Every URL of the product, requested by every kind of user: no one reaches another person's email.

URLs of one email (`app_id`) follow the strictest rule without being listed. Every other URL must be listed
below, in the set that says who may open it. A new URL fails the test until it is listed.
"""

import re
import uuid

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import URLPattern, get_resolver
from rest_framework.test import APIClient

from assistant_app.models import ApiToken, Application, BurrState, Identity, Note, ServerDeviation
from tests.conftest import Person

pytestmark = pytest.mark.django_db(transaction=True)

ANYBODY = {
    "sign_in", "sign_up", "welcome", "healthz", "readyz", "metrics", "schema", "api_docs", "api/.*",
}  # fmt: skip
SIGNED_IN = {
    "email_list", "email_new", "email_pasted", "application_new", "password", "settings", "save_you",
    "tokens", "revoke_token", "sign_out", "api-root", "application-list", "limits", "usage",
    "export_own", "erase_own", "identities", "delete_identity", "archive", "trash", "undo",
    "email_sample", "about_you", "keys", "settings_model", "settings_data", "identity-list",
    "identity-detail",
    "notes", "add_notes", "delete_note", "export_notes", "api_notes", "api_note",
}  # fmt: skip
# Of the admin: what all staff may open, and each model with what `view_…` lets staff see of it.
ALL_STAFF = {
    "index", "logout", "password_change", "password_change_done", "jsi18n", "app_list", "view_on_site",
}  # fmt: skip
OPEN_IN_THE_ADMIN = {"login"}
MODELS = {
    "assistant_app_application",
    "assistant_app_apitoken",
    "assistant_app_burrstate",
    "assistant_app_serverdeviation",
    "auth_group",
    "auth_user",
}
SEEN_WITH_VIEW = {"changelist", "change", "history", "step", "read", "usage"}

# Values for URL parameters that are neither ids nor numbers.
PARTS = {
    "step": "process_feedback",
    "workflow": "email",
    "app_label": "auth",
    "url": "nowhere",
    "object_id": "none",
}
TEXTS = (
    b"ninety-six sensors",
    b"sixty on Thursday",
    b"Dear Marta, a first",
    b"Make it shorter",
    b"second one",
)
TYPED = {"feedback": "Shorter", "email_to_respond": "Hello", "response_instructions": "Yes"}
METHODS = ("get", "head", "post", "put", "patch", "delete", "options")


class Address:
    """One pattern of the resolver, and an address that it matches."""

    def __init__(self, route, name):
        self.name, self.route = name, route
        self.is_of_one_email = "app_id" in route
        self.is_api, self.is_admin = route.startswith("api/"), route.startswith("admin/")

    def of(self, app_id, object_id="none"):
        values = {**PARTS, "app_id": app_id, "object_id": object_id}

        def fill(part):
            return str(values.get(part[1], 1))

        filled = re.sub(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)", fill, self.route)
        filled = re.sub(r"<(?:\w+:)?(\w+)>", fill, filled)
        return "/" + filled.replace("^", "").replace("$", "").replace(".*", "nowhere")

    def __repr__(self):
        return f"{self.name or self.route!r}"


def walk(resolver=None, prefix=""):
    for part in (resolver or get_resolver()).url_patterns:
        route = prefix + str(part.pattern)
        if isinstance(part, URLPattern):
            yield Address(route, part.name or (route if route != "api/" else "api/.*"))
        else:
            yield from walk(part, route)


def admin_model(address):
    return next((model for model in MODELS if address.name.startswith(f"{model}_")), None)


ADDRESSES = list(walk())
OF_ONE_EMAIL = [each for each in ADDRESSES if each.is_of_one_email and not each.is_admin]
ADMIN = [each for each in ADDRESSES if each.is_admin]
OTHERS = [each for each in ADDRESSES if not each.is_admin and not each.is_of_one_email]


@pytest.fixture
def email(owner, model):
    """Ida's finished email, with two drafts."""
    person = Person(owner)
    Identity.objects.create(pk=1, owner=owner, name="Ida", addresses=["ida@brevik.example"], is_default=True)
    Note.objects.create(pk=1, owner=owner, title="Sensors", text="ninety-six sensors")
    model.will_write("Dear Marta, a first answer.")
    model.will_write("And a second one, in short.")
    person.give_input("Subject: Late delivery\n\nWhere are my ninety-six sensors?", "Send sixty on Thursday.")
    person.give_feedback("Make it shorter")
    person.give_feedback("")
    return person


def client_of(user, address):
    client = APIClient() if address.is_api else Client()
    if user is not None:
        client.force_login(user)
    return client


def ask(client, address, method, app_id):
    """Return the answer and its text; a stream's is not read."""
    body = {"format": "json"} if address.is_api else {}
    answer = getattr(client, method)(address.of(app_id), TYPED, **body)
    text = b"" if answer.streaming else answer.content
    return answer, text


def leads_to(answer, start):
    return answer.status_code == 302 and answer.headers["Location"].startswith(start)


def leaks(text):
    return [marker for marker in TEXTS if marker in text]


def test_every_address_says_who_may_come_in():
    known = ANYBODY | SIGNED_IN
    unknown = [each for each in OTHERS if each.name not in known]
    named = {f"{model}_{action}" for model in MODELS for action in ("changelist", "add", "change")}
    unknown += [
        each
        for each in ADMIN
        if not admin_model(each)
        and each.name not in ALL_STAFF | OPEN_IN_THE_ADMIN | {"autocomplete", "auth_user_password_change"}
        and not each.route.endswith(("<path:object_id>/", "(?P<url>.*)$"))
    ]
    assert unknown == [], "Name them in tests/test_access_matrix.py: who may come in?"
    assert named <= {each.name for each in ADMIN}
    assert len(OF_ONE_EMAIL) > 15


@pytest.mark.parametrize("who", ["stranger", "staff", "viewer", "operator"])
def test_no_other_user_finds_the_email(request, who, email):
    """Not even staff: every response equals the one for an id that never existed."""
    user, before, wrong = request.getfixturevalue(who), email.row, []
    for address in OF_ONE_EMAIL:
        client = client_of(user, address)
        for method in METHODS:
            answer, text = ask(client, address, method, email.app_id)
            as_if_never, _ = ask(client, address, method, uuid.uuid4())
            is_closed = answer.status_code >= 300 or method == "options"
            if leaks(text) or not is_closed or answer.status_code != as_if_never.status_code:
                wrong.append((address, method, answer.status_code))
    assert wrong == []
    assert email.row.version == before.version
    assert Application.objects.count() == 1


def test_anonymous_requests_are_asked_to_sign_in_everywhere(email, settings):
    settings.API_RATE_ANONYMOUS = "10000/minute"
    wrong = []
    for address in OF_ONE_EMAIL + [each for each in OTHERS if each.name in SIGNED_IN]:
        client = client_of(None, address)
        for method in METHODS:
            answer, text = ask(client, address, method, email.app_id)
            is_closed = answer.status_code in (401, 404, 405) or leads_to(answer, "/sign-in/")
            if address.is_api:
                is_closed = answer.status_code == 401
            if leaks(text) or not is_closed:
                wrong.append((address, method, answer.status_code))
    assert wrong == []
    assert Application.objects.get().version == email.row.version


def test_the_owner_comes_in_everywhere_and_no_cache_keeps_it(owner, email):
    """Without this, the rest of the matrix would prove nothing."""
    wrong = []
    for address in OF_ONE_EMAIL + [each for each in OTHERS if each.name in SIGNED_IN]:
        answer, _ = ask(client_of(owner, address), address, "get", email.app_id)
        kept = "no-store" not in answer.headers.get("Cache-Control", "") and answer.status_code != 405
        if answer.status_code not in (200, 302, 405, 409) or leads_to(answer, "/sign-in/") or kept:
            wrong.append((address, answer.status_code, answer.headers.get("Cache-Control")))
    assert wrong == []


def test_what_is_open_to_anybody_says_nothing_of_anybody(email):
    wrong = []
    for address in OTHERS:
        if address.name in ANYBODY:
            answer, text = ask(client_of(None, address), address, "get", email.app_id)
            if answer.status_code >= 500 or leaks(text) or b"Late delivery of" in text:
                wrong.append((address, answer.status_code))
    assert wrong == []


@pytest.mark.parametrize("who", ["owner", "stranger", None])
def test_the_admin_is_for_staff_alone(request, who, email):
    user, wrong = request.getfixturevalue(who) if who else None, []
    for address in ADMIN:
        for method in ("get", "post"):
            client = client_of(user, address)
            answer, text = ask(client, address, method, email.app_id)
            is_closed = leads_to(answer, "/admin/login/") or address.name in OPEN_IN_THE_ADMIN | {"logout"}
            if leaks(text) or not is_closed:
                wrong.append((address, method, answer.status_code))
    assert wrong == []


@pytest.mark.parametrize("who", ["staff", "viewer"])
def test_staff_open_what_they_have_the_permission_for_and_no_more(request, who, owner, email):
    user, wrong = request.getfixturevalue(who), []
    seen = {"assistant_app_application", "assistant_app_apitoken"} if who == "viewer" else set()
    ids = {
        "assistant_app_apitoken": ApiToken.objects.create(user=owner)[0].pk,
        "assistant_app_burrstate": BurrState.objects.create(app_id="garden", sequence_id=0).pk,
        "assistant_app_serverdeviation": ServerDeviation.objects.create(option="system").pk,
        "auth_group": Group.objects.create(name="Desk").pk,
        "auth_user": owner.pk,
    }
    for address in ADMIN:
        if not (model := admin_model(address)):
            continue
        object_id = email.app_id if model.endswith("application") else ids[model]
        action = address.name.removeprefix(f"{model}_")
        answer = client_of(user, address).get(address.of(email.app_id, object_id))
        may = model in seen and action in SEEN_WITH_VIEW
        is_open = answer.status_code in (200, 302) and not leads_to(answer, "/admin/login/")
        kept = is_open and "no-store" not in answer.headers.get("Cache-Control", "")
        if leaks(answer.content) or is_open != may or kept:
            wrong.append((address, answer.status_code))
    assert wrong == []
