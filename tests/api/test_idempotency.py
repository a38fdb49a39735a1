"""`Idempotency-Key`: the same request sent again changes nothing and gets the same answer."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from assistant_app.errors import ModelFailed, ModelTimeout
from assistant_app.models import Application, IdempotencyKey, Identity, ModelCall, Note, Step
from tests.api.conftest import INPUT, LIST_URL, Walk, etag, is_error
from tests.conftest import wait_for_runs

pytestmark = pytest.mark.django_db(transaction=True)

KEY = "8e03978e-40d5-43dd-bc93-6894a57f9324"
IDENTITY = {"name": "Ida Lund", "addresses": ["ida@nordlys.example"], "is_default": False}


def keyed(key=KEY, **others):
    return {"Idempotency-Key": key, **others}


def was_replayed(answer):
    return answer.headers.get("Idempotency-Replayed") == "true"


def feed_back(walk, text="Shorter.", key=KEY, **headers):
    return walk.put("process_feedback", {"feedback": text}, headers=keyed(key, **headers))


@contextmanager
def fed_back_elsewhere(walk, owner):
    """Send the feedback in a thread; yield its answer to come."""
    client = APIClient()
    client.force_authenticate(owner)

    def send():
        try:
            return client.put(
                walk.url("process_feedback"), {"feedback": "Shorter."}, format="json", headers=keyed()
            )
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(send)


def counts():
    return Application.objects.count(), Step.objects.count(), ModelCall.objects.count()


# --- Steps ----------------------------------------------------------------------------------------


def test_a_step_sent_again_stores_one_step_and_calls_the_model_once(drafted):
    first = feed_back(drafted)
    before = counts()
    again = feed_back(drafted)
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json() == first.json() == drafted.state()
    assert len(again.json()["drafts"]) == 2
    assert again["ETag"] == first["ETag"]
    assert again["Idempotency-Version"] == first["Idempotency-Version"] == str(first.json()["version"] - 1)
    assert (was_replayed(first), was_replayed(again)) == (False, True)
    assert counts() == before


def test_without_a_key_the_same_feedback_is_two_steps(drafted):
    drafted.feed_back("Shorter.")
    assert len(drafted.feed_back("Shorter.").json()["drafts"]) == 3
    assert not IdempotencyKey.objects.exists()


def test_another_key_is_another_request(drafted):
    feed_back(drafted, key="one")
    assert len(feed_back(drafted, key="two").json()["drafts"]) == 3


@pytest.mark.parametrize("key", ["a", "!", "~" * 255, "a,b;c=d"])
def test_a_key_is_visible_ascii_and_quotes_make_no_difference(drafted, key):
    feed_back(drafted, key=key)
    assert was_replayed(feed_back(drafted, key=f'"{key}"'))
    assert was_replayed(feed_back(drafted, key=f" {key} "))


@pytest.mark.parametrize("key", ["", '""', " ", "a b", "a\tb", "é", "\x7f", "a" * 256, f'"{"a" * 256}"'])
def test_any_other_key_is_refused_by_name(drafted, key, nothing_happens):
    assert is_error(feed_back(drafted, key=key), 400, "invalid", "Idempotency-Key")
    nothing_happens()


def test_the_key_is_looked_up_before_anything_else_is_checked(drafted):
    old = etag(drafted.state()["version"])
    first = feed_back(drafted, **{"If-Match": old})
    assert first.status_code == 200
    assert was_replayed(feed_back(drafted, **{"If-Match": old}))  # without the key, 412
    assert was_replayed(feed_back(drafted, **{"If-Match": "nonsense"}))  # without the key, 400
    drafted.feed_back("")
    again = feed_back(drafted)  # without the key, 409
    assert (again.status_code, again.json()["status"]) == (200, "finished")
    assert again["Idempotency-Version"] == first["Idempotency-Version"]


@pytest.mark.parametrize(
    "other", [{"feedback": "Longer."}, {"feedback": ""}, {}, {"feedbck": "Shorter."}, []]
)
def test_another_payload_under_the_same_key_is_refused(drafted, other, nothing_happens_later):
    feed_back(drafted)
    check = nothing_happens_later()
    assert is_error(drafted.put("process_feedback", other, headers=keyed()), 422, "idempotency_key_reused")
    check()


def test_another_step_or_application_under_the_same_key_is_refused(drafted, api, model):
    feed_back(drafted)
    other = Walk(api, model)
    assert is_error(drafted.put("edit", {"text": "Mine."}, headers=keyed()), 422, "idempotency_key_reused")
    assert is_error(feed_back(other), 422, "idempotency_key_reused")
    assert is_error(drafted.client.delete(drafted.url(), headers=keyed()), 422, "idempotency_key_reused")
    assert is_error(api.post(LIST_URL, {}, format="json", headers=keyed()), 422, "idempotency_key_reused")


def test_keys_of_two_people_do_not_meet(drafted, other, model):
    feed_back(drafted)
    theirs = Walk(other, model)
    theirs.begin()
    theirs.answer()
    assert not was_replayed(feed_back(theirs))
    assert is_error(feed_back(Walk(other, model)), 422, "idempotency_key_reused")


def test_a_form_and_json_with_the_same_input_are_the_same_request(drafted):
    feed_back(drafted)
    assert was_replayed(
        drafted.client.put(drafted.url("process_feedback"), {"feedback": "Shorter."}, headers=keyed())
    )


def test_a_refused_request_leaves_the_key_free(walk, drafted, settings):
    assert drafted.put("process_feedback", {}, headers=keyed()).status_code == 400
    assert feed_back(drafted, **{"If-Match": '"0"'}).status_code == 412
    assert drafted.put("initialize_draft", INPUT, headers=keyed()).status_code == 409
    settings.MAX_ROUNDS = 1
    assert is_error(feed_back(drafted), 409, "too_many_rounds")
    settings.MAX_ROUNDS, settings.MAX_DRAFTS_PER_DAY = 0, 1
    assert is_error(feed_back(drafted), 429, "budget_spent")
    assert not IdempotencyKey.objects.exists()
    settings.MAX_DRAFTS_PER_DAY = 0
    assert not was_replayed(feed_back(drafted))


def test_of_twenty_at_once_one_is_stored_and_all_get_its_answer(drafted, model, owner):
    gate = model.will_wait_to_write(after="Draft two.")
    before = counts()
    together = threading.Barrier(20)

    def send(_):
        client = APIClient()
        client.force_authenticate(owner)
        together.wait(20)
        try:
            return client.put(
                drafted.url("process_feedback"), {"feedback": "Shorter."}, format="json", headers=keyed()
            )
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        answers = pool.map(send, range(20))
        model.wait_until_asked("draft")
        gate.set()
        answers = list(answers)
    assert {answer.status_code for answer in answers} == {200}, {answer.content for answer in answers}
    said = {(answer.json()["version"], tuple(answer.json()["drafts"])) for answer in answers}
    assert len(said) == 1
    assert len({answer["Idempotency-Version"] for answer in answers}) == 1
    assert sum(not was_replayed(answer) for answer in answers) == 1
    _, steps, calls = counts()
    assert (steps - before[1], calls - before[2]) == (2, 1)  # feedback and draft


def test_a_repeat_during_the_run_waits_for_its_end_or_answers_202(drafted, model, owner):
    gate = model.will_wait_to_write(after="Draft two.")
    begun = feed_back(drafted, Prefer="respond-async")
    assert begun.status_code == 202
    model.wait_until_asked("draft")
    early = feed_back(drafted, Prefer="respond-async")
    assert (early.status_code, was_replayed(early)) == (202, True)
    assert early["Location"] == begun["Location"]
    assert early["Preference-Applied"] == "respond-async"
    with fed_back_elsewhere(drafted, owner) as waiting:
        gate.set()
        answer = waiting.result(30)
    assert (answer.status_code, answer.json()["drafts"][1], was_replayed(answer)) == (200, "Draft two.", True)
    late = feed_back(drafted, Prefer="respond-async")
    assert (late.status_code, late.json()) == (200, answer.json())


def test_a_repeat_of_a_failed_step_gets_its_error_until_it_is_retried(drafted, model):
    model.will_write(ModelTimeout())
    assert is_error(feed_back(drafted), 504, "model_timeout")
    before = counts()
    again = feed_back(drafted)
    assert is_error(again, 504, "model_timeout")
    assert was_replayed(again)
    assert counts() == before
    drafted.retry()
    healed = feed_back(drafted)
    assert (healed.status_code, len(healed.json()["drafts"])) == (200, 2)


def test_a_later_failure_is_not_the_answer_to_an_earlier_step(drafted, model):
    feed_back(drafted)
    model.will_write(ModelFailed())
    assert drafted.feed_back("Longer.").status_code == 502
    again = feed_back(drafted)
    assert (again.status_code, again.json()["status"], again.json()["error"]["code"]) == (
        200,
        "failed",
        "model_failed",
    )


def test_a_repeat_of_an_interrupted_step_says_so(drafted):
    """As after kill -9: the row still says running, but its lease has expired."""
    feed_back(drafted)
    Application.objects.filter(pk=drafted.app_id).update(
        status="running", lease_token=uuid4(), lease_expires_at=timezone.now() - timedelta(seconds=1)
    )
    assert is_error(feed_back(drafted), 503, "interrupted")


def test_a_run_elsewhere_is_waited_for_by_polling(drafted, owner):
    feed_back(drafted)
    Application.objects.filter(pk=drafted.app_id).update(
        status="running", lease_token=uuid4(), lease_expires_at=timezone.now() + timedelta(seconds=60)
    )
    with fed_back_elsewhere(drafted, owner) as waiting:
        assert not waiting.done()
        Application.objects.filter(pk=drafted.app_id).update(
            status="waiting", lease_token=None, lease_expires_at=None
        )
        assert waiting.result(30).json()["status"] == "waiting"


def test_a_repeat_for_a_deleted_application_finds_nothing(drafted, api):
    feed_back(drafted)
    api.delete(drafted.url())
    again = feed_back(drafted)
    assert is_error(again, 404, "not_found")
    assert was_replayed(again)
    api.post(LIST_URL, {"app_id": drafted.app_id}, format="json")
    assert is_error(feed_back(drafted), 404, "not_found")  # not the one that has its id now


# --- Other operations -----------------------------------------------------------------------------


def test_a_repeat_for_an_application_created_again_with_its_id_finds_nothing(drafted, api):
    feed_back(drafted)
    api.delete(drafted.url())
    api.post(LIST_URL, {"app_id": drafted.app_id}, format="json")
    soon = timezone.now() + timedelta(minutes=2)
    Application.objects.update(version=50, created_at=soon)  # it has come as far meanwhile
    assert is_error(feed_back(drafted), 404, "not_found")


def test_an_application_is_created_once(api):
    first = api.post(LIST_URL, {}, format="json", headers=keyed())
    again = api.post(LIST_URL, {}, format="json", headers=keyed())
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again["Location"] == first["Location"]
    assert was_replayed(again)
    assert Application.objects.count() == 1
    assert is_error(
        api.post(LIST_URL, {"app_id": str(uuid4())}, format="json", headers=keyed()),
        422,
        "idempotency_key_reused",
    )


def test_an_application_with_an_id_of_ones_own_is_created_once_and_answers_201_again(api):
    wanted = {"app_id": str(uuid4())}
    assert api.post(LIST_URL, wanted, format="json", headers=keyed()).status_code == 201
    assert api.post(LIST_URL, wanted, format="json", headers=keyed()).status_code == 201
    other_key = api.post(LIST_URL, wanted, format="json", headers=keyed("other"))
    assert (other_key.status_code, was_replayed(other_key)) == (200, False)
    assert IdempotencyKey.objects.count() == 1  # the other request changed nothing


@pytest.mark.parametrize("wanted", [{}, {"app_id": "0b6f2b5e-3c60-4c0e-9d5e-5a3f1f6d8f10"}])
def test_twenty_who_create_at_once_create_one(owner, wanted):
    together = threading.Barrier(20)

    def send(_):
        client = APIClient()
        client.force_authenticate(owner)
        together.wait(20)
        try:
            return client.post(LIST_URL, wanted, format="json", headers=keyed())
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(send, range(20)))
    assert {answer.status_code for answer in answers} == {201}, {answer.content for answer in answers}
    assert len({answer.json()["app_id"] for answer in answers}) == 1
    assert Application.objects.count() == IdempotencyKey.objects.count() == 1


@pytest.mark.parametrize("where", [{}, {"draft": 1}, {"before": "clarify_instructions"}])
def test_a_fork_is_made_once(drafted, where):
    def fork():
        return drafted.client.post(drafted.url("fork"), where, format="json", headers=keyed())

    first, again = fork(), fork()
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert Application.objects.count() == 2
    assert is_error(
        drafted.client.post(drafted.url("fork"), {"draft": 7}, format="json", headers=keyed()),
        422,
        "idempotency_key_reused",
    )


def test_a_deletion_sent_again_answers_204(drafted, api):
    assert api.delete(drafted.url(), headers=keyed()).status_code == 204
    again = api.delete(drafted.url(), headers=keyed())
    assert (again.status_code, was_replayed(again)) == (204, True)
    assert is_error(api.delete(drafted.url(), headers=keyed("other")), 404, "not_found")


@pytest.mark.parametrize("what", ["application", "note", "identity"])
def test_a_deletion_that_another_one_overtakes_answers_204(what, drafted, api, monkeypatch):
    """The other one is stored between this one's first look for its key and the deletion."""
    path = {"note": "/api/notes/", "identity": "/api/identities/"}.get(what)
    if path:
        typed = {"title": "Office", "text": "Open on Fridays."} if what == "note" else IDENTITY
        made = api.post(path, typed, format="json").json()
        path = f"{path}{made['id']}/"
    path = path or drafted.url()
    assert api.delete(path, headers=keyed()).status_code == 204
    recall, looks = IdempotencyKey.recall, []

    def recall_late(key):
        looks.append(key)
        return len(looks) > 1 and recall(key)

    monkeypatch.setattr(IdempotencyKey, "recall", recall_late)
    again = api.delete(path, headers=keyed())
    assert (again.status_code, was_replayed(again), len(looks)) == (204, True, 2)


def test_a_retry_sent_again_runs_once(drafted, model):
    model.will_write(ModelTimeout())
    drafted.feed_back("Shorter.")
    first = drafted.client.post(drafted.url("retry"), headers=keyed())
    before = counts()
    again = drafted.client.post(drafted.url("retry"), headers=keyed())
    assert (first.status_code, again.json(), was_replayed(again)) == (200, first.json(), True)
    assert counts() == before


def test_a_cancel_sent_again_answers_as_before(walk, model):
    model.will_write(["Dear ", threading.Event()])
    walk.put("initialize_draft", INPUT, headers={"Prefer": "respond-async"})
    model.wait_until_asked("draft")
    first = walk.client.post(walk.url("cancel"), headers=keyed())
    again = walk.client.post(walk.url("cancel"), headers=keyed())
    assert (first.status_code, again.status_code) == (200, 200)
    assert (was_replayed(first), was_replayed(again)) == (False, True)
    assert again.json() == first.json()
    assert is_error(walk.client.post(walk.url("cancel"), headers=keyed("other")), 409, "nothing_to_cancel")


def test_questions_that_are_skipped_twice_give_one_draft(walk, model):
    model.will_wait_to_ask()
    walk.put("initialize_draft", INPUT, headers={"Prefer": "respond-async"})
    model.wait_until_asked("questions")
    first = walk.client.post(walk.url("skip_questions"), headers=keyed())
    again = walk.client.post(walk.url("skip_questions"), headers=keyed())
    assert (first.status_code, again.status_code) == (200, 200)
    assert (was_replayed(first), was_replayed(again)) == (False, True)
    assert again.json() == first.json()
    assert len(model.calls_for("draft")) == 1


def test_a_run_elsewhere_is_cancelled_once(running):
    walk = running()
    assert walk.client.post(walk.url("cancel"), headers=keyed()).status_code == 200
    again = walk.client.post(walk.url("cancel"), headers=keyed())
    assert (again.status_code, was_replayed(again)) == (200, True)


@pytest.mark.parametrize("method", ["get", "head", "options"])
def test_a_read_takes_no_notice_of_a_key(drafted, method):
    answer = getattr(drafted.client, method)(drafted.url(), headers=keyed(""))
    assert answer.status_code == 200


# --- What is kept, and for how long ---------------------------------------------------------------


def test_a_key_holds_no_text_and_no_plain_hash_of_it(drafted):
    feed_back(drafted, "A secret wish.")
    kept = IdempotencyKey.objects.values().get()
    assert "secret" not in str(kept)
    assert kept["application_id"] == Application.objects.get().pk
    assert kept["version"] == Application.objects.get().version - 1
    assert kept["sequence_id"] == Step.objects.get(position="process_feedback").sequence_id


def test_the_hash_depends_on_the_server_s_key(drafted, settings):
    feed_back(drafted)
    settings.SECRET_KEY = "another key of this server, long enough"
    assert is_error(feed_back(drafted), 422, "idempotency_key_reused")


def test_an_expired_key_is_free_again_and_goes_with_the_next_insert(drafted, settings):
    feed_back(drafted, key="old")
    feed_back(drafted, "Longer.", key="older")
    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(hours=24, seconds=1))
    assert not was_replayed(feed_back(drafted, key="old"))
    assert [kept.key for kept in IdempotencyKey.objects.all()] == ["old"]
    settings.IDEMPOTENCY_HOURS = 48
    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(hours=47))
    assert was_replayed(feed_back(drafted, key="old"))


def test_an_expired_key_of_another_request_is_no_obstacle(drafted, api):
    feed_back(drafted)
    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(hours=25))
    assert api.post(LIST_URL, {}, format="json", headers=keyed()).status_code == 201
    assert IdempotencyKey.objects.get().operation == "create"


def test_keys_go_with_their_owner(drafted, owner, other, model):
    feed_back(drafted)
    other.post(LIST_URL, {}, format="json", headers=keyed())
    owner.delete()
    assert IdempotencyKey.objects.count() == 1


def test_a_key_costs_one_more_query_and_no_more_when_it_is_stored(drafted, all_queries):
    with all_queries() as plain:
        drafted.feed_back("Shorter.")
    wait_for_runs()
    with all_queries() as with_key:
        feed_back(drafted, "Longer.")
    extra = 1 if connection.vendor == "postgresql" else 3  # SQLite deletes and inserts by themselves
    assert len(with_key) == len(plain) + extra, [sql for _, sql in with_key]


# --- Notes and identities -------------------------------------------------------------------------

RECORDS = [
    ("/api/notes/", {"title": "Hours", "text": "8 to 16."}, "text"),
    ("/api/identities/", {"name": "Ida", "addresses": ["ida@brevik.example"], "is_default": True}, "name"),
]


@pytest.mark.parametrize(("url", "sent", "name"), RECORDS)
def test_a_note_and_an_identity_are_added_changed_and_deleted_once(api, other, url, sent, name):
    def send(client, method, address, key, body=sent):
        return getattr(client, method)(address, body, format="json", headers=keyed(key))

    first, again = send(api, "post", url, "a"), send(api, "post", url, "a")
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    assert (was_replayed(first), was_replayed(again)) == (False, True)
    assert "Idempotency-Version" not in again.headers
    assert is_error(send(api, "post", url, "a", {**sent, name: "Another."}), 422, "idempotency_key_reused")
    one = f"{url}{first.json()['id']}/"
    assert send(api, "put", one, "b", {**sent, name: "Another."}).json()[name] == "Another."
    api.put(one, {**sent, name: "A third."}, format="json")
    changed = send(api, "put", one, "b", {**sent, name: "Another."})
    assert (changed.json()[name], was_replayed(changed)) == ("A third.", True)
    assert is_error(send(other, "put", one, "b"), 404, "not_found")
    assert is_error(send(api, "put", one, "", sent), 400, "invalid", "Idempotency-Key")
    for _ in range(2):
        assert send(api, "delete", one, "c", None).status_code == 204
    assert is_error(send(api, "delete", one, "d", None), 404, "not_found")
    assert is_error(send(api, "post", url, "a"), 404, "not_found")
    assert IdempotencyKey.objects.count() == 3


@pytest.mark.parametrize(("url", "sent", "name"), RECORDS)
def test_of_requests_with_one_key_at_once_one_adds(owner, url, sent, name):
    model = Note if "notes" in url else Identity

    def send(_):
        client = APIClient()
        client.force_authenticate(owner)
        try:
            return client.post(url, sent, format="json", headers=keyed())
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(send, range(3)))
    assert [answer.status_code for answer in answers] == [201] * 3
    assert len({answer.json()["id"] for answer in answers}) == model.objects.count() == 1
