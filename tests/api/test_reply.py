"""GET …/{app_id}/reply/: the accepted draft as a message."""

from email import message_from_bytes, policy

import pytest

from tests.api.conftest import url_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_accepted_draft_is_a_message_to_whom_it_answers(walk):
    walk.model.will_write("Dear Marta,\n\non Thursday.")
    walk.begin()
    walk.answer()
    assert walk.client.get(walk.url("reply")).status_code == 404
    walk.feed_back("")
    answer = walk.client.get(walk.url("reply"))
    assert answer["Content-Type"] == "message/rfc822"
    message = message_from_bytes(answer.content, policy=policy.default)
    assert message["To"] == "Marta Kowalczyk <marta@example.org>"
    assert message["Subject"] == "Re: Late delivery"
    assert answer["Content-Disposition"] == 'attachment; filename="Re Late delivery.eml"'
    reply, quoted = (
        message.get_content().replace("\r\n", "\n").split("\nMarta Kowalczyk <marta@example.org> wrote:\n")
    )
    assert reply.split() == ["Dear", "Marta,", "on", "Thursday."]
    assert all(line.startswith(">") for line in quoted.splitlines())


@pytest.mark.parametrize("accept", ["message/rfc822", "message/rfc822, application/json;q=0.1", "text/plain"])
def test_it_is_a_message_also_for_who_asks_for_one(walk, accept):
    walk.begin()
    walk.answer()
    missing = walk.client.get(walk.url("reply"), headers={"Accept": accept})
    assert (missing.status_code, missing["Content-Type"]) == (404, "application/json")
    walk.feed_back("")
    answer = walk.client.get(walk.url("reply"), headers={"Accept": accept})
    assert (answer.status_code, answer["Content-Type"]) == (200, "message/rfc822")


def test_another_users_reply_is_not_found(walk, stranger):
    walk.begin("Which day?")
    walk.client.force_authenticate(stranger)
    answer = walk.client.get(url_of(walk.app_id, "reply"))
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
