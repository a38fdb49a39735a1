"""The pages say what is left before it is spent, and show the typed text again when it is too much."""

import pytest

from assistant_app.errors import ModelTimeout
from assistant_app.models import ModelCall, Usage
from tests.conftest import Person, wait_for_runs

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("one_day")]

TYPED = {"email_to_respond": "Where are my sensors?", "response_instructions": "On Thursday."}


@pytest.fixture
def budget(settings):
    settings.MAX_DRAFTS_PER_DAY = 50
    return settings


def test_a_new_email_says_what_is_left_beside_its_button(budget, use, browser):
    use(19)
    browser.open("/new/")
    assert browser.says("Draft a reply Ctrl Enter 31 drafts left today")


def test_each_form_that_spends_says_what_is_left(budget, person, page_of, model):
    model.will_ask("When?", "Where?")
    person.give_input()
    assert page_of(person).says("drafts it 50 drafts left today Skip questions")
    person.answer("", "")
    assert page_of(person).says("to accept 49 drafts left today Send feedback")
    model.will_write(ModelTimeout())
    person.fails_at("process_feedback", feedback="Warmer")
    assert page_of(person).says("49 drafts left today Write it yourself")


def test_a_draft_that_is_being_written_is_no_longer_left(budget, person, model, browser):
    gate = model.will_wait_to_write()
    person.begin("process_input", TYPED)
    model.wait_until_asked("draft")
    assert browser.open("/new/").says("49 drafts left today")
    gate.set()


@pytest.mark.parametrize(
    ("drafts", "tokens", "words"),
    [
        (1, None, "1 draft left today"),
        (None, 12_000, "12,000 tokens left today"),
        (31, 12_000, "31 drafts and 12,000 tokens left today"),
        (0, None, "No drafts left today. You’ll have more at 00:00."),
        (7, 0, "No tokens left today. You’ll have more at 00:00."),
    ],
)
def test_what_is_left_in_words(settings, use, browser, drafts, tokens, words):
    settings.MAX_DRAFTS_PER_DAY = 0 if drafts is None else 100
    settings.MAX_TOKENS_PER_DAY = 0 if tokens is None else 20_000
    use(100 - (drafts or 0), 20_000 - (tokens or 0))
    assert browser.open("/new/").says(f"Draft a reply Ctrl Enter {words}")


def test_without_a_limit_nothing_is_said_or_asked(person, page_of, all_queries):
    person.give_input()
    with all_queries() as queries:
        assert not page_of(person).says("left today")
    assert not any("usage" in sql for _, sql in queries)


def test_an_email_that_is_over_the_budget_is_shown_again(budget, use, browser, model):
    use(50)
    browser.open("/new/").press("Draft a reply", **TYPED)
    assert browser.status == 429
    assert 0 < int(browser.response["Retry-After"]) <= 25 * 3600
    assert browser.says("You have used today's 50 drafts. The next are free at 00:00. Your text is saved.")
    assert {name: browser.typed(name) for name in TYPED} == {name: [text] for name, text in TYPED.items()}
    assert model.asked == []


def test_it_can_be_sent_from_there_once_there_is_room(budget, use, browser, owner):
    use(50)
    browser.open("/new/").press("Draft a reply", **TYPED)
    Usage.objects.all().delete()
    browser.press("Draft a reply")
    wait_for_runs()
    assert browser.open(browser.address).says("Draft 1.")


def test_feedback_that_is_over_the_budget_is_shown_again(budget, person, page_of, model):
    person.give_input()
    Usage.objects.update(drafts=50)
    page = page_of(person).press("Send feedback", feedback="Warmer, please.")
    assert page.status == 429
    assert page.says("Your feedback wasn’t sent")
    assert page.says("The next are free at 00:00. Your text is saved.")
    assert page.typed("feedback") == ["Warmer, please."]
    assert len(model.calls_for("draft")) == 1


def test_what_is_over_the_budget_can_still_be_accepted(budget, person, page_of):
    person.give_input()
    Usage.objects.update(drafts=50)
    page_of(person).press("Accept")
    wait_for_runs()
    assert person.row.is_finished


def test_too_many_at_once_keeps_the_text_too(settings, owner, browser, model):
    settings.MAX_RUNS_AT_ONCE = 1
    gate = model.will_wait_to_write()
    Person(owner).begin("process_input", TYPED)
    model.wait_until_asked("draft")
    browser.open("/new/").press("Draft a reply", **TYPED)
    assert (browser.status, browser.response["Retry-After"]) == (429, "5")
    assert browser.says("1 draft is being written for you, and that is the most at once.")
    assert browser.typed("email_to_respond") == [TYPED["email_to_respond"]]
    gate.set()


def test_the_last_round_says_so_and_keeps_the_feedback(settings, person, page_of):
    settings.MAX_ROUNDS = 1
    person.give_input()
    page = page_of(person).press("Send feedback", feedback="Warmer, please.")
    assert page.status == 409
    assert page.says("This email has 1 draft, and that is the limit. Accept the last one.")
    assert page.typed("feedback") == ["Warmer, please."]


def test_drafts_that_are_too_long_together_say_so_and_keep_the_feedback(settings, person, page_of, model):
    model.will_write("x" * 50)
    person.give_input()
    settings.MAX_DRAFTS_CHARACTERS = 60
    page = page_of(person).press("Send feedback", feedback="Warmer, please.")
    assert page.status == 409
    assert page.says("and your feedback have 65 characters together; 60 fit. Accept the last draft.")
    assert page.typed("feedback") == ["Warmer, please."]


def test_an_edit_that_makes_the_drafts_too_long_is_kept(settings, person, page_of):
    person.give_input()
    settings.MAX_DRAFTS_CHARACTERS = 30
    page = page_of(person)
    page.open(page.page.links["Edit"].partition("#")[0])
    page.press("Save as draft 2", text="Dear Marta, on Thursday, I hope.")
    assert page.status == 409
    assert page.says("30 fit. Shorten it, or accept the last draft.")
    assert page.typed("text") == ["Dear Marta, on Thursday, I hope."]
    page.press("Save as draft 2", text="Dear Marta!")
    assert person.row.state["current_draft"] == "Dear Marta!"


def test_an_earlier_draft_that_is_the_current_one_is_no_older_than_the_limit(settings, person, page_of):
    person.give_input()
    person.give_feedback("Warmer.")
    person.send("use_draft", draft=1)
    settings.MAX_ROUNDS = 2
    page = page_of(person).press("Send feedback", feedback="Shorter, please.")
    assert page.status == 409
    assert page.says("This email has 2 drafts, and that is the limit. Accept the last one.")
    assert not page.says("has since")
    assert page.typed("feedback") == ["Shorter, please."]
    page.press("Accept")  # and both pressed, while an earlier one is the current one
    assert not page.says("has since")
    assert page.says("Accept, discard the feedback")


def test_trying_again_over_the_budget_says_so(budget, person, page_of, model):
    model.will_write(ModelTimeout())
    person.fails_at("process_input", **TYPED)
    Usage.objects.update(drafts=50)
    page = page_of(person).press("Try again")
    assert page.status == 429
    assert page.says("You have used today's 50 drafts.")
    assert ModelCall.objects.count() == 2


def test_to_try_again_over_the_budget_shows_the_email_and_why(budget, use, person, page_of, model):
    model.will_write(ModelTimeout())
    person.fails_at("process_input", **TYPED)
    Usage.objects.all().delete()
    use(50)
    page = page_of(person).press("Try again")
    assert page.status == 429
    assert page.says("It wasn’t tried again. You have used today's 50 drafts. The next are free at 00:00.")
    assert page.says("Your email and instructions are saved")
    assert 0 < int(page.response["Retry-After"]) <= 25 * 3600
    Usage.objects.update(drafts=0)
    assert page.press("Try again").status == 200
