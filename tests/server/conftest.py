"""These tests use a real server process, without the scripted model and the test database."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from tests.model_server import Reply, model_server  # noqa: F401  (a fixture)
from tests.real_server import wait_until

EMAIL = "From: Marta <marta@example.org>\nSubject: Late delivery\n\nWhere are my 96 sensors?"
INPUT = {"email_to_respond": EMAIL, "response_instructions": "60 ship on Thursday."}


@pytest.fixture
def gate(model_server):  # noqa: F811
    """A gate: the model's drafts wait until the test opens it."""
    event = threading.Event()
    model_server.standing = Reply(gate=event)
    yield event
    event.set()


@contextmanager
def in_background(function, *arguments, **named):
    """Run a function in a thread and yield its future; wait for it at the end."""
    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(function, *arguments, **named)


def new_email(client):
    return client.post("/api/applications/").json()["app_id"]


def send_input(client, app_id):
    return client.put(f"/api/applications/{app_id}/initialize_draft/", json=INPUT)


def state_of(client, app_id):
    return client.get(f"/api/applications/{app_id}/state/").json()


def drafts_asked(model):
    return [body for body in model.bodies if "response_format" not in body]


def wait_until_asked(model, answer):
    """Wait until the model is asked for a draft; fail with the answer if it never is."""
    wait_until(lambda: drafts_asked(model) or answer.done())
    assert drafts_asked(model), answer.result().text
