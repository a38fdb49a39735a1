"""Requests as the owner, with a clock for the CPU of each.

CPU is that of the whole process, so it includes the runs that a request starts. Ordinary requests take a
hundredth of the limit. What takes longer is measured against `sample`, because a second on a slow or busy
machine is less work.
"""

import time
from uuid import uuid4

from django.conf import settings as django_settings
from django.test import Client
from rest_framework.test import APIClient

from assistant_app.models import Application
from tests.conftest import wait_for_runs
from tests.slowness import SAMPLE_SECONDS, sample

MOST_CPU = 1.0  # seconds, on a machine that takes as long for a sample as ours
LONG, SHORT = django_settings.MAX_EMAIL_CHARACTERS, django_settings.MAX_TEXT_CHARACTERS
OF_MODEL = 55_000  # characters; more than a model writes in one reply


class Door:
    """The owner at every address, with a clock for the CPU of each request."""

    def __init__(self, owner):
        self.pages, self.api = Client(), APIClient()
        for client in (self.pages, self.api):
            client.force_login(owner)
        self.took = {}

    def ask(self, method, path, data=None, format="json"):
        is_api = path.startswith("/api/")
        body = {"format": format} if is_api and data is not None else {}
        begin = time.process_time()
        answer = getattr(self.api if is_api else self.pages, method)(path, data, **body)
        wait_for_runs()
        request, took = f"{method} {path}", round(time.process_time() - begin, 2)
        if took > MOST_CPU:
            took = round(took / max(1, sample() / SAMPLE_SECONDS), 2)
        self.took[request] = max(took, self.took.get(request, 0.0))
        assert answer.status_code < 500, (method, path, answer.status_code)
        return answer

    @property
    def too_slow(self):
        return {request: seconds for request, seconds in self.took.items() if seconds > MOST_CPU}


def fields_of(kind):
    """Return a text for every field of every form, as long as it may be."""
    short = kind(SHORT)
    return {
        "email_to_respond": kind(LONG),
        "response_instructions": short,
        "answers": [short] * 3,
        "feedback": short,
        "text": kind(LONG)[::-1],
        "reason": kind(500),
        "name": short,
        "username": short,
        "password": short,
        "signature": short,
        "q": kind(2_000),
        "other": str(uuid4()),
        "assumption": short,
        "instead": short,
        "language": short,
    }


def walk(door, model, kind):
    """Answer an email with nasty texts over the API, and leave it waiting with an edit that was changed."""
    path = f"/api/applications/{door.ask('post', '/api/applications/', {}).json()['app_id']}/"
    typed = fields_of(kind)
    model.will_ask("Which day?", "Which place?", "Which one?")
    model.will_write(kind(OF_MODEL))
    model.will_write(kind(OF_MODEL)[::-1])

    def send(step, *names):
        answer = door.ask("put", f"{path}{step}/", {name: typed[name] for name in names})
        assert answer.status_code == 200, answer.content[:300]

    send("initialize_draft", "email_to_respond", "response_instructions")
    door.ask("get", path.replace("/api/applications/", "/a/"))
    send("clarify_instructions", "answers")
    send("edit", "text")
    door.ask("get", path.replace("/api/applications/", "/a/"))
    send("process_feedback", "feedback")
    return Application.objects.get()
