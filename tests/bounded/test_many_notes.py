"""Notes by the hundred: a second of CPU for each request, and nothing that is half stored."""

import pytest

from assistant_app.models import Note, NoteWord
from assistant_app.people.notes import MOST_AT_ONCE, MOST_CHARACTERS_AT_ONCE
from assistant_app.workflow.note_choice import LONGEST

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

ADD = "/settings/notes/add/"
ONE = "".join(f"word{number} " for number in range(LONGEST))[: LONGEST - 100].strip()


def note(number):
    return f"# Note {number}\n{ONE}\n"


def test_as_many_as_fit_are_added_in_a_second_and_listed(door):
    most = MOST_CHARACTERS_AT_ONCE // LONGEST
    answer = door.ask("post", ADD, {"several": "".join(map(note, range(most)))})
    assert (answer.status_code, Note.objects.count()) == (302, most)
    assert NoteWord.objects.filter(word="word7").count() == most
    assert door.ask("get", "/settings/notes/").status_code == 200
    assert door.ask("get", "/api/notes/").status_code == 200
    assert door.too_slow == {}


@pytest.mark.parametrize(
    ("several", "problem"),
    [
        ("# a\nx\n" * (MOST_AT_ONCE + 1), "500 notes at a time are enough."),
        ("".join(map(note, range(110))), "All of it together is too long: 200,000 characters fit."),
        ("# a\n" * 390_000, "no note in it."),
        ("x\n\n" * 500_000, "500 notes at a time are enough."),
        ("# a\nx\n" * 800_000, "All of it together is too long: 200,000 characters fit."),
    ],
    ids=["too many", "too long", "headings only", "paragraphs", "far too long"],
)
def test_more_are_refused_in_a_second_with_the_reason(door, several, problem):
    answer = door.ask("post", ADD, {"several": several})
    assert answer.status_code == 400
    assert problem in answer.content.decode()
    assert not Note.objects.exists()
    assert door.too_slow == {}
