"""Emails full of drafts, and lists of long ones: a second of CPU for each request. See `test_nasty_texts`."""

import pytest
from django.conf import settings as django_settings

from assistant_app.pages.emails.listing import PAGE_SIZE
from tests.bounded.door import LONG, walk
from tests.bounded.nasty import FEW, KINDS
from tests.bounded.visits import visit

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        not django_settings.IS_SQLITE,
        reason="our CPU is the same with both databases, and this takes minutes",
    ),
]

MANY = 20_000  # characters of a draft, so that many fit


@pytest.mark.parametrize(
    ("kind", "length"),
    [
        pytest.param("addresses", LONG, id="few addresses"),
        pytest.param("short paragraphs", LONG, id="few short paragraphs"),
        pytest.param("short paragraphs", MANY, id="many short paragraphs"),
        pytest.param("flags", MANY, id="many flags"),
        pytest.param("Chinese", MANY, id="many Chinese"),
    ],
)
def test_an_email_full_of_drafts_takes_no_more_than_a_second_anywhere(kind, length, door, model, settings):
    kind = KINDS[kind]
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


@pytest.mark.parametrize("kind", FEW)
def test_a_list_of_long_emails_takes_no_more_than_a_second(kind, door, model):
    row = walk(door, model, KINDS[kind])
    for _ in range(PAGE_SIZE):
        door.ask("post", f"/api/applications/{row.pk}/fork/", {})
    for listed in ("/", "/?q=a", "/api/applications/", "/admin/assistant_app/application/"):
        door.ask("get", listed)
    assert door.too_slow == {}


def length_of_drafts(row):
    return sum(map(len, [*row.state["draft_history"], *row.state["feedback_history"]]))
