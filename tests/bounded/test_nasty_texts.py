"""Every address, with texts of every nasty kind at the size limits: a second of CPU for each.

The addresses come from the URL table, so a new one is tested without being listed. CPU is that of the whole
process, so it includes the runs that a request starts. Ordinary requests take a hundredth of the limit.
What takes longer is measured against `spin`, because a second on a slow or busy machine is less work.
"""

import gc
import time
from uuid import uuid4

import pytest
from django.conf import settings as django_settings
from django.test import Client
from rest_framework.test import APIClient

from assistant_app.models import Application
from assistant_app.pages.emails.listing import PAGE_SIZE
from tests.bounded.nasty import FEW, KINDS
from tests.conftest import wait_for_runs
from tests.test_access_matrix import ADDRESSES, ANYBODY

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

MOST_CPU = 1.0  # seconds, on a machine that takes as long for a spin as ours
SPIN = 0.1  # seconds of CPU that `spin` takes on our machine when nothing else runs
LONG, SHORT = django_settings.MAX_EMAIL_CHARACTERS, django_settings.MAX_TEXT_CHARACTERS
OF_MODEL = 55_000  # characters; more than a model writes in one reply
ONLY_ON_SQLITE = pytest.mark.skipif(
    not django_settings.IS_SQLITE, reason="our CPU is the same with both databases, and this takes minutes"
)
FULL = (*FEW, "Chinese")
COMMON = [KINDS[name] for name in FEW]  # enough for pages that show no one's texts
LAST = ("sign_out", "logout", "erase", "delete", "revoke", "cancel")  # what ends the email or the session


@pytest.fixture(scope="module", autouse=True)
def _without_garbage_of_others():
    """Keep what earlier tests left out of collections, as the server does with what it loads at its start."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


def spin():
    """Return the CPU seconds of a fixed amount of work."""
    began = time.process_time()
    sum(number * number % 7 for number in range(2_000_000))
    return time.process_time() - began


class Door:
    """The owner at every address, with a clock for the CPU of each request."""

    def __init__(self, owner):
        self.pages, self.api = Client(), APIClient()
        for client in (self.pages, self.api):
            client.force_login(owner)
        self.took = {}

    def ask(self, method, path, data=None):
        is_api = path.startswith("/api/")
        body = {"format": "json"} if is_api and data is not None else {}
        begin = time.process_time()
        answer = getattr(self.api if is_api else self.pages, method)(path, data, **body)
        wait_for_runs()
        request, took = f"{method} {path}", round(time.process_time() - begin, 2)
        if took > MOST_CPU:
            took = round(took / max(1, spin() / SPIN), 2)
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


def visit(door, app_id, kind):
    """Request every address: first what shows texts, then what takes them, and at the end what ends it."""
    addresses = sorted(ADDRESSES, key=lambda each: any(name in each.name for name in LAST))
    paths = list(dict.fromkeys(each.of(app_id, str(app_id)) for each in addresses))
    paths = [path for path in paths if "/stream/" not in path and "/events/" not in path]
    public = {each.of(app_id, str(app_id)) for each in addresses if each.name in ANYBODY}
    for path in paths:
        if path not in public or kind in COMMON:
            door.ask("get", path)
    door.ask("get", f"/a/{app_id}/compare/?a=1&b=2")
    door.ask("get", f"/a/{app_id}/compare/?a=2&b=3&view=one")
    door.ask("get", f"/api/applications/{app_id}/drafts/2/diff/3/")
    for number in (1, 2, 3):
        door.ask("get", f"/api/applications/{app_id}/drafts/{number}/checks/")
    typed = fields_of(kind)
    door.ask("get", f"/?q={'%61' * 2000}")
    for path in paths:
        for method in ("put", "post") if path.startswith("/api/") else ("post",):
            door.ask(method, path, typed)


def on_both_or_one():
    return [
        pytest.param(kind, id=name, marks=() if name in FEW else ONLY_ON_SQLITE)
        for name, kind in KINDS.items()
    ]


@pytest.mark.parametrize("kind", on_both_or_one())
def test_no_text_takes_more_than_a_second_anywhere(kind, owner, model, settings):
    owner.is_staff = owner.is_superuser = True
    owner.save()
    settings.API_RATE_USER = "100000/minute"
    settings.MAX_DRAFTS_PER_DAY = settings.MAX_RUNS_AT_ONCE = 0
    door = Door(owner)
    row = walk(door, model, kind)
    admin = f"/admin/assistant_app/application/{row.pk}/"
    door.ask("post", f"{admin}read/", {"reason": "The owner asked for help with it"})
    visit(door, row.pk, kind)
    assert door.too_slow == {}


@ONLY_ON_SQLITE
@pytest.mark.parametrize("length", [LONG, 20_000], ids=["few", "many"])
@pytest.mark.parametrize("kind", FULL)
def test_an_email_full_of_drafts_takes_no_more_than_a_second_anywhere(kind, length, owner, model, settings):
    kind = KINDS[kind]
    owner.is_staff = owner.is_superuser = True
    owner.save()
    settings.API_RATE_USER = "100000/minute"
    settings.MAX_DRAFTS_PER_DAY = settings.MAX_RUNS_AT_ONCE = settings.MAX_ROUNDS = 0
    door = Door(owner)
    row = walk(door, model, kind)
    path, number = f"/api/applications/{row.pk}/", 0
    while True:
        number += 1
        answer = door.ask("put", f"{path}edit/", {"text": f"{number} {kind(length - 10)}"})
        if answer.status_code != 200:
            break
    assert answer.json()["code"] == "drafts_too_long"
    row.refresh_from_db()
    assert settings.MAX_DRAFTS_CHARACTERS - length < length_of_drafts(row) <= settings.MAX_DRAFTS_CHARACTERS
    door.ask(
        "post", f"/admin/assistant_app/application/{row.pk}/read/", {"reason": "The owner asked for help"}
    )
    visit(door, row.pk, kind)
    assert door.too_slow == {}


@ONLY_ON_SQLITE
@pytest.mark.parametrize("kind", FEW)
def test_a_list_of_long_emails_takes_no_more_than_a_second(kind, owner, model, settings):
    owner.is_staff = owner.is_superuser = True
    owner.save()
    settings.API_RATE_USER = "100000/minute"
    settings.MAX_DRAFTS_PER_DAY = settings.MAX_RUNS_AT_ONCE = 0
    door = Door(owner)
    row = walk(door, model, KINDS[kind])
    for _ in range(PAGE_SIZE):
        door.ask("post", f"/api/applications/{row.pk}/fork/", {})
    for listed in ("/", "/?q=a", "/api/applications/", "/admin/assistant_app/application/"):
        door.ask("get", listed)
    assert door.too_slow == {}


def length_of_drafts(row):
    return sum(map(len, [*row.state["draft_history"], *row.state["feedback_history"]]))
