"""Requests that wait for a run hold no thread, and answer as if they had waited in the view."""

import asyncio
import re
import threading
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest
from django.conf import settings as django_settings
from django.utils import timezone

from assistant_app import operations
from assistant_app.engine.runner import runner
from assistant_app.errors import AlreadyRunning, ModelTimeout
from assistant_app.models import ApiToken, Application
from assistant_app.pages import carried
from emailassistant import asgi
from emailassistant.asgi import application, credential_of, is_submit
from emailassistant.request_threads import MOST_SUBMITS_BUSY
from tests.api.conftest import INPUT, LIST_URL
from tests.real_server import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

SECURITY = {
    "content-security-policy",
    "x-content-type-options",
    "x-frame-options",
    "referrer-policy",
    "cross-origin-opener-policy",
    "x-request-id",
    "vary",
    "cache-control",
}


@pytest.fixture
def token(owner):
    return ApiToken.objects.create(owner)[1]


@pytest.fixture
def send(token):
    """Send requests to the whole ASGI application, all at once; return their responses."""

    def send(*requests, meanwhile=None):
        async def sent():
            transport = httpx.ASGITransport(application, raise_app_exceptions=False)
            headers = {"Authorization": f"Token {token}"}
            async with httpx.AsyncClient(
                transport=transport, base_url="http://localhost", headers=headers
            ) as client:
                coming = [
                    asyncio.ensure_future(client.request(method, path, **options))
                    for method, path, options in requests
                ]
                if meanwhile is not None:
                    await asyncio.to_thread(meanwhile)
                return await asyncio.gather(*coming)

        return asyncio.run(asyncio.wait_for(sent(), 60))

    return send


@pytest.fixture
def page(client, owner, settings):
    """Send a page's form as a browser does, through the whole ASGI application."""
    client.force_login(owner)

    def page(path, **fields):
        shown = client.get(f"/a/{fields.pop('app_id')}/").content.decode()
        fields["csrfmiddlewaretoken"] = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', shown)[1]
        cookies = {name: cookie.value for name, cookie in client.cookies.items()}

        async def sent():
            transport = httpx.ASGITransport(application, raise_app_exceptions=False)
            async with httpx.AsyncClient(
                transport=transport, base_url="http://localhost", cookies=cookies
            ) as http:
                return await http.post(path, data=fields)

        return asyncio.run(asyncio.wait_for(sent(), 60))

    return page


def put(app_id, endpoint, data):
    return "PUT", f"{LIST_URL}{app_id}/{endpoint}/", {"json": data}


def get(app_id):
    return "GET", f"{LIST_URL}{app_id}/", {}


def request_threads():
    return sum(thread.name.startswith("request") for thread in threading.enumerate())


# --- No thread ------------------------------------------------------------------------------------


def test_submits_that_wait_for_the_model_hold_no_thread(owner, model, send, settings):
    settings.MAX_RUNS_AT_ONCE = 0
    gates = [model.will_wait_to_ask() for _ in range(30)]
    rows = [operations.create(actor=owner)[0] for _ in gates]
    before, seen = request_threads(), []

    def look_and_open():
        wait_until(lambda: len(model.calls_for("questions")) == len(gates))
        seen.append(request_threads())
        for gate in gates:
            gate.set()

    answers = send(*(put(row.pk, "initialize_draft", INPUT) for row in rows), meanwhile=look_and_open)
    assert {answer.status_code for answer in answers} == {200}
    assert seen[0] <= before + MOST_SUBMITS_BUSY
    assert {answer.json()["drafts"][0] for answer in answers} == {f"Draft {n}." for n in range(1, 31)}


def test_repeats_that_wait_for_another_server_s_run_hold_no_thread(owner, person, send):
    person.give_input()
    feed_back = put(person.app_id, "process_feedback", {"feedback": "Shorter."})
    feed_back[2]["headers"] = {"Idempotency-Key": "again"}
    [first] = send(feed_back)
    row = Application.objects.filter(pk=person.app_id)
    soon = timezone.now() + timedelta(seconds=60)
    row.update(status="running", lease_token=uuid4(), lease_expires_at=soon)
    before, seen = request_threads(), []

    def look_and_end():
        wait_until(lambda: sum(map(len, runner._poller._queues.values())) == 20)
        seen.append(request_threads())
        row.update(status="waiting", lease_token=None, lease_expires_at=None)

    answers = send(*[feed_back] * 20, meanwhile=look_and_end)
    assert {answer.text for answer in answers} == {first.text}
    assert {answer.headers["Idempotency-Replayed"] for answer in answers} == {"true"}
    assert seen[0] <= before + MOST_SUBMITS_BUSY


def test_who_stops_another_server_s_runs_holds_no_thread(owner, send):
    rows = Application.objects.filter(pk__in=[operations.create(actor=owner)[0].pk for _ in range(20)])
    for row in rows:
        soon = timezone.now() + timedelta(seconds=60)
        Application.objects.filter(pk=row.pk).update(
            status="running", lease_token=uuid4(), lease_expires_at=soon
        )
    before, seen = request_threads(), []

    def look_and_end():
        wait_until(lambda: sum(map(len, runner._poller._queues.values())) == 20)
        seen.append(request_threads())
        assert all(row.stop_requested_at for row in rows.all())
        rows.update(status="waiting", lease_token=None, lease_expires_at=None)

    cancels = [("POST", f"{LIST_URL}{row.pk}/cancel/", {}) for row in rows]
    answers = send(*cancels, meanwhile=look_and_end)
    assert {(answer.status_code, answer.json()["status"]) for answer in answers} == {(200, "waiting")}
    assert seen[0] <= before + MOST_SUBMITS_BUSY


def test_equal_cancels_at_once_get_the_same_answer(person, model, send):
    gate = model.will_wait_to_ask()
    person.begin("process_input", {"email_to_respond": "Hello", "response_instructions": "Yes"})
    model.wait_until_asked("questions")
    cancel = ("POST", f"{LIST_URL}{person.app_id}/cancel/", {"headers": {"Idempotency-Key": "stop"}})
    answers = send(cancel, cancel, cancel)
    gate.set()
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.headers.get("Idempotency-Version") for answer in answers} == {str(person.row.version)}
    assert {answer.json()["stopped"] for answer in answers} == {True}


def test_submits_beyond_the_queue_of_all_people_get_503_and_may_be_sent_again(monkeypatch):
    monkeypatch.setattr(asgi, "MOST_SUBMITS_QUEUED", 4)
    handler = asgi.Handler()

    async def sent(path):
        transport = httpx.ASGITransport(handler, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            tokens = [{"Authorization": f"Token {number:064}"} for number in range(40)]
            return await asyncio.gather(*[client.post(path, headers=token) for token in tokens])

    answers = asyncio.run(asyncio.wait_for(sent(LIST_URL), 60))
    assert {answer.status_code for answer in answers} == {401, 503}
    refused = [answer for answer in answers if answer.status_code == 503]
    assert {(answer.json()["code"], answer.headers["Retry-After"]) for answer in refused} == {
        ("too_busy", "5")
    }
    assert {answer.headers["Cache-Control"] for answer in refused} == {"private, no-store"}
    [again] = asyncio.run(asyncio.wait_for(sent(LIST_URL), 60))[:1]
    assert again.status_code == 401


def test_tokens_and_sessions_of_one_account_take_turns_as_one_person(owner, stranger, settings, client):
    settings.MAX_RUNS_AT_ONCE = 1  # so ten may queue
    handler = asgi.Handler()
    client.force_login(owner)
    session = {"Cookie": f"sessionid={client.cookies['sessionid'].value}"}
    own = [*({"Authorization": f"Token {ApiToken.objects.create(owner)[1]}"} for _ in range(3)), session]
    others = {"Authorization": f"Token {ApiToken.objects.create(stranger)[1]}"}

    async def sent():
        transport = httpx.ASGITransport(handler, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
            for headers in own:
                await http.get("/api/limits/", headers=headers)
            coming = [http.post(LIST_URL, json={}, headers=own[number % 4]) for number in range(40)]
            return await asyncio.gather(*coming, http.post(LIST_URL, json={}, headers=others))

    *answers, of_the_other = asyncio.run(asyncio.wait_for(sent(), 60))
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused  # as four people, they would have room for forty
    assert {answer.json()["code"] for answer in refused} == {"too_many_waiting"}
    assert of_the_other.status_code == 201


# --- The same answer ------------------------------------------------------------------------------


def test_the_answer_has_what_middleware_and_view_add_to_any_other(owner, model, send):
    row = operations.create(actor=owner)[0]
    [waited] = send(put(row.pk, "initialize_draft", INPUT))
    [read] = send(get(row.pk))
    assert waited.status_code == 200
    assert waited.json() == read.json()
    assert set(waited.headers) >= SECURITY
    differ = {"x-request-id", "content-length", "allow"}
    assert {k: v for k, v in waited.headers.items() if k not in differ} == {
        k: v for k, v in read.headers.items() if k not in differ
    }
    assert waited.headers["etag"] == f'"{waited.json()["version"]}"'
    assert int(waited.headers["content-length"]) == len(waited.content)
    assert "PUT" in waited.headers["allow"].split(", ")


def test_so_has_the_answer_to_a_run_that_failed(owner, model, send):
    row = operations.create(actor=owner)[0]
    model.will_write(ModelTimeout())
    [failed] = send(put(row.pk, "initialize_draft", INPUT))
    [refused] = send(put(row.pk, "initialize_draft", {}))  # by the view, before it waits
    assert (failed.status_code, failed.json()["code"]) == (504, "model_timeout")
    assert refused.status_code == 400
    differ = {"x-request-id", "content-length"}
    assert {k: v for k, v in failed.headers.items() if k not in differ} == {
        k: v for k, v in refused.headers.items() if k not in differ
    }
    assert set(failed.headers) >= SECURITY


def test_a_lost_race_is_told_as_ever(owner, model, send, monkeypatch):
    row = operations.create(actor=owner)[0]
    monkeypatch.setattr("assistant_app.engine.writer.Writer.save", refuse(AlreadyRunning()))
    [answer] = send(put(row.pk, "initialize_draft", INPUT))
    assert (answer.status_code, answer.json()["code"]) == (409, "already_running")


def refuse(problem):
    def refuse(*_):
        raise problem

    return refuse


def test_a_mistake_after_the_wait_is_a_500_in_the_same_shape(owner, model, send, monkeypatch):
    row = operations.create(actor=owner)[0]
    monkeypatch.setattr(operations, "when_ended", lambda sent: 1 // 0)
    [answer] = send(put(row.pk, "initialize_draft", INPUT))
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert SECURITY - {"vary", "cache-control"} <= set(answer.headers)


def test_a_page_waits_in_the_same_way(page, person, settings):
    settings.SESSION_SAVE_EVERY_REQUEST = True  # so that there is a cookie to see
    person.give_input()
    answer = page(
        f"/a/{person.app_id}/process_feedback/",
        app_id=person.app_id,
        feedback="Shorter.",
        version=person.row.version,
    )
    assert (answer.status_code, answer.headers["location"]) == (302, f"/a/{person.app_id}/#sent")
    assert "no-store" in answer.headers["cache-control"]
    assert set(answer.headers) >= SECURITY
    assert django_settings.SESSION_COOKIE_NAME in answer.headers["set-cookie"]
    assert person.row.state["feedback"] == "Shorter."


def test_a_page_refused_after_the_wait_shows_the_text_again(page, person, monkeypatch, settings):
    settings.SESSION_SAVE_EVERY_REQUEST = True
    person.give_input()
    monkeypatch.setattr("assistant_app.engine.writer.Writer.save", refuse(AlreadyRunning()))
    answer = page(
        f"/a/{person.app_id}/process_feedback/",
        app_id=person.app_id,
        feedback="Not lost.",
        version=person.row.version,
    )
    assert answer.status_code == 409
    assert "Not lost." in answer.text
    assert django_settings.SESSION_COOKIE_NAME in answer.headers["set-cookie"]
    assert set(answer.headers) >= SECURITY
    assert "no-store" in answer.headers["cache-control"]


def test_what_a_page_kept_is_forgotten_once_it_is_stored(page, client, person):
    person.give_input()
    page(f"/a/{person.app_id}/aside/", app_id=person.app_id, feedback="Kept aside.")
    assert client.session[carried.SESSION_KEY]
    page(
        f"/a/{person.app_id}/process_feedback/",
        app_id=person.app_id,
        feedback="Kept aside.",
        version=person.row.version,
    )
    assert not client.session[carried.SESSION_KEY]


def test_a_client_that_leaves_does_not_end_the_run(owner, model, token):
    row = operations.create(actor=owner)[0]
    gate = model.will_wait_to_ask()

    async def leave():
        transport = httpx.ASGITransport(application)
        headers = {"Authorization": f"Token {token}"}
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            method, path, options = put(row.pk, "initialize_draft", INPUT)
            coming = asyncio.ensure_future(client.request(method, path, headers=headers, **options))
            await asyncio.to_thread(model.wait_until_asked, "questions")
            coming.cancel()
            await asyncio.wait([coming])

    asyncio.run(asyncio.wait_for(leave(), 60))
    [run] = runner.runs
    gate.set()
    assert run.ended.result(30).error is None
    assert run.claimed.result().row is not None


# --- Lanes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "root_path", "expected"),
    [
        ("PUT", "/api/applications/x/edit/", "", True),
        ("POST", "/new/", "", True),
        ("DELETE", "/mail/api/applications/x/", "/mail", True),
        ("GET", "/api/applications/", "", False),
        ("HEAD", "/a/x/", "", False),
        ("POST", "/sign-in/", "", False),  # it may wait for its turn to hash
        ("POST", "/admin/login/", "", False),
    ],
)
def test_submits_are_told_from_reads(method, path, root_path, expected):
    assert is_submit({"method": method, "path": path, "root_path": root_path}) is expected


def test_a_person_is_known_by_token_or_session_whatever_else_is_sent():
    def of(*headers, path="/api/limits/"):
        return credential_of({"headers": headers, "path": path})

    token = of((b"authorization", b"Token abc"))
    assert token == of((b"cookie", b"sessionid=x"), (b"authorization", b"token   abc")) != ""
    session = of((b"cookie", b"junk=1; sessionid=abc; csrftoken=z"))
    assert session == of((b"cookie", b"sessionid=abc; junk=2")) != ""
    made_up = (b"authorization", b"x 123")
    assert session == of((b"cookie", b"sessionid=abc"), made_up, path="/a/x/")  # pages know no tokens
    assert session == of((b"cookie", b"sessionid=x; sessionid=abc"))  # the one that Django reads
    assert of() == of((b"cookie", b"junk=1")) == ""
