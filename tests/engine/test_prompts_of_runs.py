"""What a run tells the model about the day, the owner and earlier drafts."""

from datetime import date
from types import SimpleNamespace

import pytest

from assistant_app.models import ModelCall
from assistant_app.people import accounts
from assistant_app.workflow import prompts

pytestmark = pytest.mark.django_db(transaction=True)

MONDAY, TUESDAY, WEDNESDAY = (date(2026, 11, day) for day in (2, 3, 4))


@pytest.fixture
def on(monkeypatch):
    """Set the day."""

    def set_to(day):
        monkeypatch.setattr("assistant_app.engine.told.timezone", SimpleNamespace(localdate=lambda **_: day))

    return set_to


def common_start(one, other):
    length = min(len(one), len(other))
    return next((place for place in range(length) if one[place] != other[place]), length)


def test_each_thing_said_carries_its_day_unless_it_was_said_today(person, model, on):
    on(MONDAY)
    model.will_ask("Which day?")
    person.give_input("Hello", "next Tuesday")
    on(TUESDAY)
    person.answer("tomorrow")
    asked = model.asked[-1].text
    assert "My instructions for the reply (of Monday, 2 November 2026):\nnext Tuesday" in asked
    assert "My answers to your questions:" in asked
    assert "Today is Tuesday, 3 November 2026 (time zone " in asked

    person.give_feedback("Say when.")
    on(WEDNESDAY)
    row = person.give_feedback("Shorter.")
    assert "1. Say when. (of Tuesday, 3 November 2026)\n2. Shorter.\n" in model.asked[-1].text
    assert row.state["said_on"] == {
        "instructions": "2026-11-02",
        "answers": "2026-11-03",
        "1": "2026-11-03",
        "2": "2026-11-04",
    }


def test_all_calls_of_an_email_and_of_its_alternatives_share_their_beginning(person, owner, model):
    accounts.sign_with(actor=owner, name="Ida Brevik")
    email = "From: Marta <m@example.org>\n\nWhere are my 96 sensors?" + " And why?" * 50
    model.will_ask("Which day?")
    person.give_input(email, "Say sorry.")
    person.answer("Monday")
    person.give_feedback("Warmer.")
    person.send("regenerate")
    person.send("edit_draft", text="Dear Marta, mine.")
    person.give_feedback("Shorter.")

    texts = [asked.messages[1].content for asked in model.asked]
    assert len(texts) == 5
    assert len({asked.messages[0].content for asked in model.asked}) == 1
    end = texts[0].index(email) + len(email)
    assert all(common_start(texts[0], text) >= end for text in texts)
    assert "Ida Brevik" in texts[0][:end]


def test_another_version_is_told_which_one_it_has_to_differ_from(person, model):
    model.will_write("The first version.")
    person.give_input()
    assert "differs in structure" not in model.asked[-1].text
    person.send("regenerate")
    assert "differs in structure and wording:\n=== draft " in model.asked[-1].text
    assert "The first version." in model.asked[-1].text
    person.give_feedback("Warmer.")
    assert "differs in structure" not in model.asked[-1].text


def test_what_was_struck_out_by_hand_is_told_until_it_is_asked_for_again(person, model):
    model.will_write("Dear Marta,\n\nwe ship on Thursday and pay you 20 euros for the delay.\n\nIda")
    person.give_input()
    person.send("edit_draft", text="Dear Marta,\n\nwe ship on Thursday.\n\nIda")
    person.give_feedback("Warmer.")
    asked = model.asked[-1].text
    assert "I struck this out of an earlier draft myself." in asked
    assert "- and pay you 20 euros for the delay" in asked
    assert "I wrote these passages" not in asked


def test_earlier_assumptions_are_given_back(person, model):
    model.will_write("<reply>On Monday.</reply>\n- The day is Monday.")
    person.give_input()
    person.give_feedback("Warmer.")
    assert "You took this for granted so far:\n- The day is Monday." in model.asked[-1].text


def test_each_call_is_stored_with_the_version_of_its_words(person, model):
    person.give_input()
    assert set(ModelCall.objects.values_list("prompt_version", flat=True)) == {prompts.VERSION}


def test_what_the_window_has_no_room_for_is_kept_with_the_draft(person, model, settings):
    settings.MODEL_CONTEXT_TOKENS = 7_000
    email = "Newest.\n\nOn 3 Nov 2026 Tom Berg wrote:\n> " + "old words " * 1_500
    row = person.give_input(email, "yes")
    assert row.state["draft_sources"][0]["shortened"] == {"quoted_messages": 1, "feedback": 0}
    assert "old words" not in model.asked[-1].text
    assert row.state["incoming_email"] == email


def test_an_email_of_a_version_that_noted_no_days_goes_on(person, model):
    person.give_input()
    row = person.row
    del row.state["said_on"]
    row.save()
    row = person.give_feedback("Warmer.")
    assert list(row.state["said_on"]) == ["1"]
    assert "1. Warmer.\n" in model.asked[-1].text
