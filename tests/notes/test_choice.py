"""Which notes are chosen: 40 emails, each with ten notes of which the reply needs one (`cases.json`)."""

import json
from pathlib import Path

import pytest

from assistant_app.operations.knowledge import choose
from assistant_app.people import notes
from assistant_app.people.notes import Written
from assistant_app.workflow.checks.findings import check
from assistant_app.workflow.checks.languages import language_of

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = json.loads(Path(__file__).with_name("cases.json").read_text(encoding="utf-8"))
EMAILS = [(person, email) for person in PEOPLE for email in person["emails"]]


def test_the_note_that_a_reply_needs_is_chosen_and_few_others(django_user_model, django_assert_num_queries):
    found, others = 0, 0
    for person in PEOPLE:
        owner = django_user_model.objects.create_user(person["who"].replace(" ", "-"))
        kept = [notes.save(actor=owner, pk=None, written=Written(**note)) for note in person["notes"]]
        for email in person["emails"]:
            with django_assert_num_queries(1):
                chosen, _ = choose(owner.pk, email["email"])
            needed = kept[email["needs"]]
            found += needed in chosen
            others += sum(note != needed for note in chosen)
    assert (len(EMAILS), found >= 38, others <= 40) == (40, True, True), (found, others)


def test_at_least_ten_emails_are_in_another_language_than_the_note():
    different = [
        email
        for person, email in EMAILS
        if email["language"] != language_of(" ".join(note["text"] for note in person["notes"]))
    ]
    assert len(different) >= 10


@pytest.mark.parametrize("is_changed", [False, True])
def test_a_fact_from_a_note_is_proven_and_a_changed_one_is_marked(is_changed):
    for person, email in EMAILS:
        note = person["notes"][email["needs"]]
        fact = email["changed" if is_changed else "fact"]
        if not any(map(str.isdigit, fact)):
            continue
        draft = f"Hello,\n\nthank you for your email. The answer is {fact}.\n\nKind regards\nIda"
        text = f"{note['title']}\n{note['text']}"
        report = check(draft, email=email["email"], known="Ida", notes={note["title"]: text})
        marked = [found.text for found in report.unsupported]
        assert bool(marked) is is_changed, (note["title"], fact, marked)
