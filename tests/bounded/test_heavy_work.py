"""Work on very long texts: one at a time, never for long, and never without saying what was left out."""

import gc
import json
import threading
import time

import pytest
from django.db import connection
from rest_framework.test import APIClient

from assistant_app import operations
from assistant_app.operations import heavy
from assistant_app.operations.drafts import report as draft_report
from assistant_app.people.erasure import erase
from assistant_app.workflow import diffs
from assistant_app.workflow.checks import findings
from tests.api.conftest import is_error
from tests.bounded.nasty import KINDS
from tests.conftest import Person
from tests.pages.reading import Browser
from tests.real_server import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

LONGEST_CALL = 0.25  # seconds that other threads may wait: under 0.05, and room for a busy machine


@pytest.fixture
def api(owner, model):
    client = APIClient()
    client.force_authenticate(owner)
    return client


@pytest.fixture
def long_one(owner, model):
    """An email with two long drafts, of which the second waits for feedback."""
    person = Person(owner)
    person.give_input(email="Subject: Sensors\n\n" + KINDS["one sentence"](150_000))
    person.send("edit_draft", text=KINDS["one sentence"](70_000))
    return person


def checks_of(person, number=2):
    return f"/api/applications/{person.app_id}/drafts/{number}/checks/"


def diff_of(person):
    return f"/api/applications/{person.app_id}/drafts/1/diff/2/"


@pytest.fixture
def busy(monkeypatch):
    """Hold comparisons until the gate is set; `begun` tells that one is under way."""
    begun, gate, compare = threading.Event(), threading.Event(), diffs.compare

    def held(*texts):
        begun.set()
        assert gate.wait(30)
        return compare(*texts)

    monkeypatch.setattr(diffs, "compare", held)
    yield begun, gate
    gate.set()


def in_a_thread(work):
    def run():
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_one_person_has_one_long_comparison_at_a_time(api, owner, long_one, busy):
    begun, gate = busy
    answers = []
    first = in_a_thread(lambda: answers.append(api.get(diff_of(long_one))))
    assert begun.wait(30)
    refused = api.get(diff_of(long_one))
    page = _signed_in(owner).get(f"/a/{long_one.app_id}/compare/?a=1&b=2")
    gate.set()
    first.join()
    assert is_error(refused, 429, "busy")
    assert refused["Retry-After"] == "2"
    assert (page.status_code, page["Retry-After"]) == (429, "2")
    assert b"Try again in a moment" in page.content
    assert answers[0].status_code == 200
    wait_until(lambda: api.get(diff_of(long_one)).status_code == 200)


def test_who_sends_more_meanwhile_has_to_pause(api, owner, stranger, long_one, busy, monkeypatch):
    monkeypatch.setattr(heavy, "PAUSES", 100_000)
    begun, gate = busy
    first = in_a_thread(lambda: api.get(diff_of(long_one)))
    assert begun.wait(30)
    assert is_error(api.get(diff_of(long_one)), 429, "busy")
    gate.set()
    first.join()
    assert is_error(api.get(diff_of(long_one)), 429, "busy")
    assert is_error(api.get(checks_of(long_one)), 429, "busy")
    page = _signed_in(owner).get(f"/a/{long_one.app_id}/compare/?a=1&b=2")
    assert (page.status_code, page["Retry-After"]) == (429, "2")
    with heavy.admitted(stranger.pk, heavy.HEAVY):
        pass
    monkeypatch.setattr(heavy, "_paused", {})
    assert api.get(diff_of(long_one)).status_code == 200


def test_one_after_the_other_needs_no_pause(api, long_one, monkeypatch):
    monkeypatch.setattr(heavy, "PAUSES", 100_000)
    assert [api.get(diff_of(long_one)).status_code for _ in range(3)] == [200] * 3


def _signed_in(user):
    client = APIClient()
    client.force_login(user)
    return client


def test_ordinary_drafts_never_wait(api, owner, model, long_one, busy):
    begun, gate = busy
    ordinary = Person(owner)
    ordinary.give_input()
    first = in_a_thread(lambda: api.get(diff_of(long_one)))
    assert begun.wait(30)
    answer = APIClient()
    answer.force_authenticate(owner)
    assert answer.get(checks_of(ordinary, 1)).status_code == 200
    gate.set()
    first.join()


def test_another_person_waits_for_a_moment_and_is_then_refused(
    api, owner, stranger, model, long_one, busy, monkeypatch
):
    monkeypatch.setattr(heavy, "WAIT_SECONDS", 0.05)
    begun, gate = busy
    first = in_a_thread(lambda: api.get(diff_of(long_one)))
    assert begun.wait(30)
    with pytest.raises(heavy.TooBusy), heavy.admitted(stranger.pk, heavy.HEAVY):
        pass
    gate.set()
    first.join()
    with heavy.admitted(stranger.pk, heavy.HEAVY):
        pass


def test_no_connection_is_held_meanwhile(api, long_one, monkeypatch):
    held, compare = [], diffs.compare

    def looking(*texts):
        held.append(connection.connection)
        return compare(*texts)

    monkeypatch.setattr(diffs, "compare", looking)
    assert api.get(diff_of(long_one)).status_code == 200
    assert api.get(checks_of(long_one)).status_code == 200
    assert held
    assert held == [None] * len(held)


def test_no_connection_is_held_while_ordinary_drafts_are_checked_and_compared(api, person, monkeypatch):
    person.give_input()
    person.send("edit_draft", text="Draft 2.")
    held, check, compare = [], draft_report.check, diffs.compare

    def looking(work):
        def looked(*texts, **others):
            held.append(connection.connection)
            return work(*texts, **others)

        return looked

    monkeypatch.setattr(draft_report, "check", looking(check))
    monkeypatch.setattr(diffs, "compare", looking(compare))
    assert api.get(checks_of(person, 1)).status_code == 200
    assert api.get(diff_of(person)).status_code == 200
    assert len(held) >= 2
    assert held == [None] * len(held)


def test_a_report_is_made_once_for_a_draft(api, owner, person, monkeypatch):
    made, check = [], draft_report.check
    monkeypatch.setattr(draft_report, "check", lambda *a, **k: made.append(1) or check(*a, **k))
    person.give_input()
    browser = Browser(_signed_in(owner))
    for _ in range(2):
        browser.open(f"/a/{person.app_id}/")
        assert api.get(checks_of(person, 1)).status_code == 200
    assert len(made) == 1
    person.give_feedback("Mention 4 May.")  # it supports facts in the first draft, too
    api.get(checks_of(person, 1))
    assert len(made) == 2
    owner.first_name = "Marta"
    owner.save()
    api.get(checks_of(person, 1))
    assert len(made) == 3
    monkeypatch.setattr(draft_report, "RULES_VERSION", findings.RULES_VERSION + 1)
    api.get(checks_of(person, 1))
    assert len(made) == 4


def remembered():
    return {key[0] for key in draft_report._remembered}


def test_nothing_is_remembered_of_a_deleted_email_or_account(api, owner, model):
    deleted, erased = Person(owner), Person(owner)
    for person in (deleted, erased):
        person.give_input()
        api.get(checks_of(person, 1))
    assert {deleted.row.pk, erased.row.pk} <= remembered()
    operations.delete(actor=owner, app_id=deleted.app_id)
    assert remembered() & {deleted.app_id, erased.app_id} == {erased.app_id}
    erase(owner)
    assert erased.app_id not in remembered()


def test_what_was_too_long_to_be_checked_is_said(api, owner, model):
    person = Person(owner)
    model.will_write("We ship 71 sensors.")
    person.give_input(email="Subject: x\n\n" + "We wait. " * 20_000, instructions="60 ship on Thursday.")
    report = api.get(checks_of(person, 1)).json()
    assert report["cut"] == ["email"]
    assert [found["text"] for found in report["unsupported"]] == ["71"]
    page = Browser(_signed_in(owner)).open(f"/a/{person.app_id}/")
    assert page.says("Too long to check to the end: only part of the email was read.")


def test_a_long_draft_without_findings_is_not_called_clear(owner, model):
    person = Person(owner)
    model.will_write("We wait. " * 6_000)
    person.give_input()
    page = Browser(_signed_in(owner)).open(f"/a/{person.app_id}/")
    assert page.says("Too long to check to the end: only part of this draft was read.")
    assert not page.says("match the email and what you wrote")


def test_the_size_of_a_comparison_is_bounded(api, owner, model):
    person = Person(owner)
    text = KINDS["three letters"](140_000)
    person.give_input()
    person.send("edit_draft", text=text)
    person.send("edit_draft", text=text.replace("a b", "b a c"))
    answer = api.get(f"/api/applications/{person.app_id}/drafts/2/diff/3/")
    body = answer.json()
    assert len(answer.content) < 1_000_000
    assert body["is_coarse"]
    assert "".join(each["text"] for each in body["segments"] if each["op"] != "insert") == text.strip()


def test_many_unknown_fields_are_counted_and_a_few_are_named(api, person):
    person.give_input()
    path = f"/api/applications/{person.app_id}/process_feedback/"
    some = api.put(path, {f"k{number}": 1 for number in range(1000)}, format="json")
    assert some.status_code == 400
    assert some.json()["fields"]["body"] == ["990 more fields are unknown."]
    assert len(some.json()["fields"]) == 12  # ten of them, the body, and the missing feedback
    body = json.dumps({f"k{number}": 1 for number in range(300_000)})
    begin = time.process_time()
    many = api.put(path, body, content_type="application/json")
    assert time.process_time() - begin < 1
    assert many.status_code == 400
    [message] = many.json()["fields"]["body"]
    assert "300,000 values" in message
    assert "k0, k1, k2" in message
    assert len(many.content) < 1000


@pytest.mark.parametrize("body", ["[" + "1," * 500_000 + "1]", "[" + "{}," * 400_000 + "{}]"])
def test_json_with_too_many_values_is_refused_without_being_parsed(api, body):
    refused = api.post("/api/applications/", body, content_type="application/json")
    assert is_error(refused, 400, "invalid", "body")
    assert "values, more than any request needs" in refused.json()["fields"]["body"][0]


def test_long_texts_full_of_commas_and_quotes_are_no_values(api, person):
    text = '"Yes", he said, [{"a": 1}, "b\\"], ' * 500
    person.give_input()
    answer = api.put(
        f"/api/applications/{person.app_id}/process_feedback/",
        json.dumps({"feedback": text.strip()}) + " " * 200_000,
        content_type="application/json",
    )
    assert answer.status_code == 200
    assert answer.json()["feedback_history"] == [text.strip()]


@pytest.mark.parametrize("body", ["feedback=%ff", "feedback=a%C3"])
def test_forms_must_be_valid_utf8(api, person, body):
    person.give_input()
    path = f"/api/applications/{person.app_id}/process_feedback/"
    assert api.put(path, body, content_type="application/x-www-form-urlencoded").status_code == 400
    good = "feedback=Gr%C3%BC%C3%9Fe+%2B+%26&csrfmiddlewaretoken=x"
    answer = api.put(path, good, content_type="application/x-www-form-urlencoded")
    assert answer.json()["feedback_history"] == ["Grüße + &"]


class Ticking:
    """A thread that notes the longest time for which others kept it from running."""

    def __enter__(self):
        self.longest, self._goes_on = 0.0, True
        self._thread = threading.Thread(target=self._tick)
        self._thread.start()
        return self

    def _tick(self):
        while self._goes_on:
            begin, cpu = time.perf_counter(), time.process_time()
            time.sleep(0.001)
            # The process computed all the while: waiting for the machine is not counted.
            self.longest = max(self.longest, min(time.perf_counter() - begin, time.process_time() - cpu))

    def __exit__(self, *_):
        self._goes_on = False
        self._thread.join()


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["flags", "one sentence", "Chinese", "short paragraphs", "three letters", "1-1-"]
)
def test_no_single_call_keeps_other_threads_waiting(api, owner, model, name):
    kind, person = KINDS[name], Person(owner)
    model.will_write(kind(55_000))
    person.give_input(email=kind(200_000), instructions=kind(20_000))
    person.send("edit_draft", text=kind(200_000)[::-1])
    gc.collect()
    gc.freeze()  # as the server does at its start: or collecting all that Django loaded takes 70 ms
    with Ticking() as clock:
        assert api.get(checks_of(person)).status_code == 200
        assert api.get(diff_of(person)).status_code == 200
        assert _signed_in(owner).get(f"/a/{person.app_id}/").status_code == 200
    gc.unfreeze()
    assert clock.longest < LONGEST_CALL


def test_a_page_with_many_long_drafts_leaves_out_the_oldest_texts(owner, model):
    person = Person(owner)
    model.will_write("The very first one. " * 2)
    person.give_input()
    for number in range(4):
        person.send("edit_draft", text=f"{number} " + "x" * 190_000)
    client = _signed_in(owner)
    page = client.get(f"/a/{person.app_id}/").content.decode()
    assert len(page) < 900_000
    assert "Previous draft, 4 of 5" in page
    earlier = client.get(f"/a/{person.app_id}/?draft=2").content.decode()
    assert len(earlier) < 900_000
    assert "x" * 190_000 in earlier
    read = client.get(f"/a/{person.app_id}/compare/?a=2&b=2&view=one").content.decode()
    assert "x" * 190_000 in read


def test_a_refused_text_is_shown_again_even_if_the_page_must_wait(api, owner, long_one, busy):
    begun, gate = busy
    first = in_a_thread(lambda: api.get(checks_of(long_one)))
    assert begun.wait(30)
    typed = {"feedback": "Mention the deposit", "version": "1", "draft": "1"}
    refused = _signed_in(owner).post(f"/a/{long_one.app_id}/process_feedback/", typed)
    waiting = _signed_in(owner).get(f"/a/{long_one.app_id}/")
    gate.set()
    first.join()
    assert refused.status_code == 412
    assert b"Mention the deposit" in refused.content
    assert (waiting.status_code, waiting["Retry-After"]) == (429, "2")
    assert _signed_in(owner).get(f"/a/{long_one.app_id}/").status_code == 200
