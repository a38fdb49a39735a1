"""ETag, If-Match and If-None-Match: the version as a condition."""

import pytest

from tests.api.conftest import INPUT, LIST_URL, etag, is_error

pytestmark = pytest.mark.django_db(transaction=True)


def send(walk, if_match):
    return walk.put("initialize_draft", INPUT, headers={"If-Match": if_match})


def test_every_answer_carries_the_version(walk, api):
    assert walk.begin()["ETag"] == etag(walk.state()["version"])
    assert api.get(walk.url())["ETag"] == api.get(walk.url("state"))["ETag"] == etag(walk.state()["version"])
    assert api.post(LIST_URL)["ETag"] == etag(0)


@pytest.mark.parametrize("header", ['"0"', 'W/"0"', "*", ' "0" '])
def test_the_version_at_hand_lets_a_submit_through(walk, header):
    assert send(walk, header).status_code == 200


@pytest.mark.parametrize("header", ['"1"', '"999999999999999999"'])
def test_another_version_is_refused(walk, header, nothing_happens):
    assert is_error(send(walk, header), 412, "stale_version")
    nothing_happens()


@pytest.mark.parametrize("header", ["0", '"a"', '""', '"-1"', '"0", "1"', '"' + "9" * 5000 + '"', '"٣"', ""])
def test_a_condition_that_is_none_is_refused(walk, header, nothing_happens):
    assert is_error(send(walk, header.encode().decode("latin-1")), 400, "invalid", "If-Match")
    nothing_happens()


def test_retry_and_delete_are_conditional_too(walk, api):
    assert is_error(api.post(walk.url("retry"), headers={"If-Match": '"7"'}), 412, "stale_version")
    assert is_error(api.delete(walk.url(), headers={"If-Match": '"7"'}), 412, "stale_version")
    assert is_error(api.delete(walk.url(), headers={"If-Match": "7"}), 400, "invalid", "If-Match")
    assert api.delete(walk.url(), headers={"If-Match": '"0"'}).status_code == 204


@pytest.mark.parametrize("header", ['"0"', 'W/"0"', '"5", "0"', "*"])
def test_what_has_not_changed_is_not_sent_again(walk, api, header):
    for url in (walk.url(), walk.url("state")):
        response = api.get(url, headers={"If-None-Match": header})
        assert response.status_code == 304
        assert response["ETag"] == '"0"'
        assert response.content == b""


def test_what_has_changed_is_sent(walk, api):
    walk.begin()
    assert api.get(walk.url(), headers={"If-None-Match": '"0"'}).status_code == 200


def test_a_running_one_is_always_sent_for_its_lease_may_expire(running, api):
    walk = running()
    assert api.get(walk.url(), headers={"If-None-Match": '"0"'}).status_code == 200
