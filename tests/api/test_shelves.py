"""Archiving and renaming by API: no new version, but another ETag."""

import pytest

from tests.api.conftest import LIST_URL, is_error

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_email_is_archived_and_comes_back(drafted, api):
    before = drafted.state()
    archived = api.post(drafted.url("archive")).json()
    assert archived["archived_at"]
    assert {**archived, "archived_at": None} == before
    assert api.post(drafted.url("unarchive")).json() == before


def test_the_list_tells_archived_emails_from_others(drafted, api):
    other = api.post(LIST_URL, {}, format="json").json()["app_id"]
    api.post(drafted.url("archive"))

    def ids(**query):
        return {entry["app_id"] for entry in api.get(LIST_URL, query).json()["results"]}

    assert ids(archived="true") == {drafted.app_id}
    assert ids(archived="false") == {other}
    assert ids() == {drafted.app_id, other}
    assert is_error(api.get(LIST_URL, {"archived": "perhaps"}), 400, "invalid", "archived")


def test_a_step_takes_it_out_of_the_archive(drafted, api):
    api.post(drafted.url("archive"))
    assert drafted.feed_back("Shorter.").json()["archived_at"] is None


def test_a_title_can_be_given_and_taken_back(drafted, api):
    before = drafted.state()
    renamed = api.post(drafted.url("title"), {"title": " The late\nsensors "}, format="json").json()
    assert (renamed["title"], renamed["version"]) == ("The late sensors", before["version"])
    assert api.post(drafted.url("title"), {"title": ""}, format="json").json() == before


@pytest.mark.parametrize("body", [{}, {"title": "x" * 201}, {"title": None}, {"title": "a", "other": 1}])
def test_a_wrong_title_is_refused(drafted, api, body, nothing_happens):
    assert api.post(drafted.url("title"), body, format="json").status_code == 400
    nothing_happens()


def test_what_makes_no_version_makes_another_etag(drafted, api):
    first = api.get(drafted.url())["ETag"]

    def is_known(tag):
        return api.get(drafted.url(), headers={"If-None-Match": tag}).status_code == 304

    archived = api.post(drafted.url("archive"))["ETag"]
    assert is_known(archived)
    assert not is_known(first)
    renamed = api.post(drafted.url("title"), {"title": "Mine"}, format="json")["ETag"]
    assert is_known(renamed)
    assert not is_known(archived)
    api.post(drafted.url("unarchive"))
    api.post(drafted.url("title"), {"title": ""}, format="json")
    assert is_known(first)
    feedback = {"feedback": "Shorter."}
    assert drafted.put("process_feedback", feedback, headers={"If-Match": renamed}).status_code == 200


@pytest.mark.parametrize(("name", "body"), [("archive", {}), ("unarchive", {}), ("title", {"title": "Mine"})])
def test_each_is_safe_to_repeat_and_only_for_its_owner(drafted, api, other, name, body):
    key = {"Idempotency-Key": "k"}
    first = api.post(drafted.url(name), body, format="json", headers=key)
    again = api.post(drafted.url(name), body, format="json", headers=key)
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json() == first.json()
    assert again["Idempotency-Replayed"] == "true"
    assert is_error(other.post(drafted.url(name), body, format="json"), 404, "not_found")
    wrong = api.post(drafted.url(name), {"other": 1}, format="json")
    assert wrong.status_code == 400
