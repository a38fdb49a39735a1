"""Shared by the API tests: addresses, and a client that answers an email over HTTP."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from assistant_app import operations
from assistant_app.models import Application, ModelCall, Step
from assistant_app.operations import stopping

LIST_URL = "/api/applications/"
EMAIL = "From: Marta Kowalczyk <marta@example.org>\nSubject: Late delivery\n\nWhere are my 96 sensors?"
INPUT = {"email_to_respond": EMAIL, "response_instructions": "60 ship on Thursday."}


def url_of(app_id, *parts):
    return LIST_URL + "/".join([str(app_id), *parts]) + "/"


def etag(version):
    return f'"{version}"'


class Walk:
    """One email, answered over HTTP. Bodies are JSON; every call returns the response."""

    def __init__(self, client, model):
        self.client, self.model = client, model
        self.app_id = client.post(LIST_URL, {}, format="json").json()["app_id"]

    def url(self, *parts):
        return url_of(self.app_id, *parts)

    def put(self, endpoint, data, **options):
        return self.client.put(self.url(endpoint), data, format="json", **options)

    def begin(self, *questions):
        self.model.will_ask(*(questions or ("Which day?", "Which address?")))
        return self.put("initialize_draft", INPUT)

    def begin_and_fail(self, error):
        self.model.will_write(error)
        return self.put("initialize_draft", INPUT)

    def answer(self):
        """Skip every question."""
        return self.put("clarify_instructions", {"answers": [""] * len(self.state()["questions"])})

    def feed_back(self, text):
        return self.put("process_feedback", {"feedback": text})

    def retry(self):
        return self.client.post(self.url("retry"))

    def state(self):
        return self.client.get(self.url("state")).json()


@pytest.fixture
def walk(api, model):
    return Walk(api, model)


@pytest.fixture
def other(stranger):
    client = APIClient()
    client.force_authenticate(stranger)
    return client


@pytest.fixture
def drafted(walk):
    """An email whose first draft waits for feedback."""
    walk.begin()
    walk.answer()
    return walk


@pytest.fixture
def running(walk, monkeypatch):
    """Pretend that another server runs it, which hangs: its lease is held and has not expired."""
    monkeypatch.setattr(stopping, "PATIENCE_SECONDS", 0.0)

    def run(lease_seconds=60):
        Application.objects.filter(pk=walk.app_id).update(
            status="running",
            lease_token=uuid4(),
            lease_expires_at=timezone.now() + timedelta(seconds=lease_seconds),
        )
        return walk

    return run


@pytest.fixture
def nothing_happens(walk, model):
    """Return a check that nothing was stored and no model was called since it was made."""

    def traces():
        row = Application.objects.get(pk=walk.app_id)
        return (
            row.version,
            row.state,
            row.status,
            row.updated_at,
            Application.objects.count(),
            Step.objects.count(),
            ModelCall.objects.count(),
            len(model.asked),
        )

    before = traces()

    def check():
        assert traces() == before

    return check


def is_error(response, status, code, *fields):
    """Check the shape that all errors share."""
    assert response.status_code == status, response.content[:500]
    body = response.json()
    assert set(body) == {"code", "message", "fields"}
    assert body["code"] == code
    assert body["message"]
    assert sorted(body["fields"]) == sorted(fields)
    for texts in body["fields"].values():
        assert texts
        assert all(isinstance(text, str) for text in texts)
    return True


def titled(owner, title, **values):
    row = operations.create(actor=owner)[0]
    Application.objects.filter(pk=row.pk).update(title=title, **values)
    return row


@pytest.fixture
def nothing_happens_later(request):
    """The same check, started where the test says."""
    return lambda: request.getfixturevalue("nothing_happens")
