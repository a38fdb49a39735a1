"""Double clicks, refusals and text put aside: nothing is made twice, and no text is lost or kept too long."""

import pytest

from assistant_app.errors import ModelTimeout
from assistant_app.models import Application, Usage
from assistant_app.pages import carried
from assistant_app.workflow import steps
from tests.conftest import Person, wait_for_runs

FEEDBACK = "Longer, on the contrary."
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def at_draft_1(person, page_of):
    person.give_input()
    return page_of(person)


def press(browser, button, **typed):
    browser.press(button, **typed)
    wait_for_runs()
    return browser.open(browser.address)


def sign_in_again(browser, button, **typed):
    """Send something while signed out: it is kept."""
    browser.client.logout()
    return browser.press(button, **typed).press("Sign in", username="ida", password="correct horse")


def edit(browser):
    return browser.open(browser.page.links["Edit"].partition("#")[0])


@pytest.fixture
def at_conflict(at_draft_1, other_window, person):
    """Feedback on draft 1, which is not the newest any more."""
    press(other_window.open(f"/a/{person.app_id}/"), "Shorter")
    return at_draft_1.press("Send feedback", feedback=FEEDBACK)


def press_twice(browser, button):
    page = browser.page
    press(browser, button)
    browser.page, first = page, browser.address
    press(browser, button)
    assert browser.address == first


def branches(person):
    return Application.objects.exclude(pk=person.app_id)


@pytest.mark.parametrize("button", ["Save as draft 2", "Save and accept"])
def test_an_edited_text_that_was_sent_twice_is_told_as_sent(at_draft_1, other_window, person, button):
    edit(at_draft_1)
    edit(other_window.open(at_draft_1.address.partition("drafts")[0]))
    press(other_window, button, text="My own words.")
    at_draft_1.press(button, text="My own words.")
    assert at_draft_1.status == 200
    assert not at_draft_1.says("not sent")
    assert person.row.is_finished is (button == "Save and accept")
    assert person.row.state["draft_history"][1:] == ["My own words."]


def test_an_edited_text_that_another_one_was_faster_than_is_told_as_not_sent(
    at_draft_1, other_window, person
):
    edit(at_draft_1)
    edit(other_window.open(at_draft_1.address.partition("drafts")[0]))
    press(other_window, "Save and accept", text="My own words.")
    at_draft_1.press("Save and accept", text="Quite others.")
    assert at_draft_1.status == 412
    assert at_draft_1.says("You’ve accepted this reply Your text wasn’t sent.")
    assert at_draft_1.says("Quite others.")


@pytest.mark.parametrize(
    ("button", "typed", "meant"),
    [
        ("Shorter", {}, "Make it shorter."),
        ("Shorter", {"feedback": "Ring her."}, "Ring her.\n\nMake it shorter."),
        ("Translate", {"language": "Deutsch"}, "Write it in Deutsch."),
    ],
)
def test_a_quick_change_that_was_not_sent_is_kept_in_words(
    at_draft_1, other_window, person, button, typed, meant
):
    press(other_window.open(f"/a/{person.app_id}/"), "Friendlier")
    at_draft_1.press(button, **typed)
    assert at_draft_1.status == 412
    assert at_draft_1.typed("feedback") == [meant]
    press(at_draft_1, "Use on draft 2")
    assert person.row.state["feedback_history"] == ["Make it friendlier.", meant]


@pytest.mark.parametrize(
    ("step", "data"),
    [("edit_draft", {"text": "My own words."}), ("regenerate", {}), ("use_draft", {"draft": 1})],
)
def test_the_same_words_about_another_draft_are_no_second_press(at_draft_1, person, step, data):
    press(at_draft_1, "Shorter")
    person.send(step, **data)
    at_draft_1.press("Shorter")
    assert at_draft_1.status == 412
    assert at_draft_1.typed("feedback") == ["Make it shorter."]
    assert at_draft_1.says("There’s a newer draft") or at_draft_1.says("You went back to draft 1")


def test_a_quick_change_is_kept_through_sign_in(at_draft_1, person):
    sign_in_again(at_draft_1, "Shorter", feedback="Ring her.")
    assert at_draft_1.typed("feedback") == ["Ring her.\n\nMake it shorter."]
    press(at_draft_1, "Shorter")
    assert person.row.state["feedback_history"] == ["Ring her.\n\nMake it shorter."]


def test_a_text_about_a_draft_that_one_went_back_from_is_not_sent_for_the_other(at_draft_1, person, page_of):
    press(at_draft_1, "Shorter")
    person.send("use_draft", draft=1)
    at_draft_1.press("Send feedback", feedback=FEEDBACK)
    assert at_draft_1.status == 412
    assert at_draft_1.says("You went back to draft 1")
    assert at_draft_1.says("You were writing about draft 2. You have since gone back to draft 1.")
    assert not at_draft_1.says("There’s a newer draft")
    page = at_draft_1.page
    press(at_draft_1, "Start an alternative from draft 2")
    assert branches(person).get().state["draft_sources"][2]["of"] == 2
    at_draft_1.page = page
    press(at_draft_1, "Use on draft 1")
    assert person.row.state["draft_sources"][2]["of"] == 1


def test_an_edit_of_a_draft_that_one_went_back_from_says_so(at_draft_1, person):
    press(at_draft_1, "Shorter")
    edit(at_draft_1)
    person.send("use_draft", draft=1)
    at_draft_1.press("Save as draft 3", text="My own words.")
    assert at_draft_1.says("You went back to draft 1")
    press(at_draft_1, "Start an alternative from draft 2")
    assert branches(person).get().state["draft_history"][2] == "My own words."


def test_no_newer_draft_is_told_of_where_there_is_none(at_draft_1, person, model):
    model.will_write(ModelTimeout())
    person.fails_at("process_feedback", feedback="Shorter")
    at_draft_1.press("Send feedback", feedback=FEEDBACK)
    assert at_draft_1.status == 412
    assert at_draft_1.says("This changed in another window Your feedback wasn’t sent")
    assert at_draft_1.typed("feedback") == [FEEDBACK]
    press(at_draft_1, "Send feedback")
    assert person.row.state["feedback_history"] == [FEEDBACK]


def test_what_was_written_before_one_went_back_is_told_too(at_draft_1, person):
    for text in ("Shorter", "Warmer"):
        person.give_feedback(text)
    person.send("use_draft", draft=2)
    at_draft_1.press("Send feedback", feedback=FEEDBACK)
    assert at_draft_1.says("Another window has since asked for “Warmer”, which made draft 3")
    assert at_draft_1.says("You have since gone back to draft 2.")


def test_another_version_that_was_written_meanwhile_is_called_one(at_draft_1, other_window, person):
    press(at_draft_1, "Shorter")
    press(other_window.open(at_draft_1.address), "Try again, same instructions")
    at_draft_1.press("Send feedback", feedback=FEEDBACK)
    assert at_draft_1.says("You have since asked for another try, draft 3")


def test_a_text_that_came_while_another_draft_is_written_waits_for_it(
    at_draft_1, other_window, person, model
):
    gate = model.will_wait_to_write()
    other_window.open(f"/a/{person.app_id}/").press("Shorter")
    at_draft_1.press("Send feedback", feedback=FEEDBACK)
    assert at_draft_1.says("Send this when it’s ready; your text is saved below.")
    at_draft_1.press("Save for later")
    assert at_draft_1.says("Writing draft 2")
    assert at_draft_1.says(FEEDBACK)
    gate.set()
    wait_for_runs()
    assert at_draft_1.open(f"/a/{person.app_id}/").typed("feedback") == [FEEDBACK]
    press(at_draft_1, "Send feedback")
    assert person.row.state["feedback_history"] == ["Make it shorter.", FEEDBACK]


def test_a_text_about_a_draft_that_was_accepted_meanwhile_goes_to_a_branch(at_draft_1, person):
    person.give_feedback("")
    at_draft_1.press("Send feedback", feedback=FEEDBACK)
    assert at_draft_1.says("You’ve accepted this reply")
    press(at_draft_1, "Start an alternative from draft 1")
    assert branches(person).get().state["feedback_history"] == [FEEDBACK]
    assert person.row.is_finished


def test_an_edited_text_comes_back_once_the_email_is_reopened(at_draft_1, person):
    edit(at_draft_1)
    person.give_feedback("")
    at_draft_1.press("Save as draft 2", text="My own words.").press("Save for later")
    assert at_draft_1.says("My own words.")
    press(at_draft_1, "Reopen to change it")
    assert at_draft_1.typed("text") == ["My own words."]
    press(at_draft_1, "Save as draft 2")
    assert person.row.state["current_draft"] == "My own words."


def test_to_accept_from_an_old_window_changes_nothing_and_speaks_of_no_text(at_draft_1, person):
    person.give_feedback("Shorter")
    at_draft_1.press("Accept")
    assert at_draft_1.status == 412
    assert at_draft_1.says("This changed in another window Here’s how it looks now.")
    assert not at_draft_1.says("Your text")
    assert not person.row.is_finished
    press(at_draft_1, "Accept")
    assert person.row.state["final_draft"] == "Draft 2."


def test_a_text_that_is_kept_waits_while_other_things_are_sent(at_draft_1, other_window, person, owner):
    sign_in_again(at_draft_1, "Send feedback", feedback="Ring her.")
    other = Person(owner)
    other.give_input()
    press(other_window.open(f"/a/{other.app_id}/"), "Send feedback", feedback="Shorter.")
    assert at_draft_1.open(at_draft_1.address).typed("feedback") == ["Ring her."]
    press(at_draft_1, "Try again, same instructions")
    assert at_draft_1.typed("feedback") == ["Ring her."]
    at_draft_1.open(f"{at_draft_1.address}?draft=1")
    press(at_draft_1, "Start an alternative from draft 1")
    assert at_draft_1.open(f"/a/{person.app_id}/").typed("feedback") == ["Ring her."]
    press(at_draft_1, "Send feedback")
    assert person.row.state["feedback_history"] == ["Ring her."]
    assert at_draft_1.typed("feedback") == [""]


def test_a_text_that_is_kept_for_one_email_is_not_lost_to_that_of_another(at_draft_1, person, owner):
    other = Person(owner)
    other.give_input()
    for email, text in ((person, "Ring her."), (other, "Shorter.")):
        at_draft_1.client.post(f"/a/{email.app_id}/aside/", {"feedback": text})
    assert at_draft_1.open(f"/a/{other.app_id}/").typed("feedback") == ["Shorter."]
    press(at_draft_1, "Send feedback")
    assert at_draft_1.typed("feedback") == [""]
    assert at_draft_1.open(f"/a/{person.app_id}/").typed("feedback") == ["Ring her."]


def test_of_the_texts_that_are_kept_the_newest_stay(rf):
    request = rf.get("/")
    request.session = {}
    for number in range(carried.MOST + 5):
        text = {"feedback": str(number)}
        carried.keep(request, carried.Carried(f"/a/{number}/", steps.PROCESS_FEEDBACK, text))
    assert list(request.session[carried.SESSION_KEY]) == [f"/a/{n}/" for n in range(5, carried.MOST + 5)]


def test_a_text_that_an_earlier_version_kept_is_shown(at_draft_1, person):
    session, address = at_draft_1.client.session, f"/a/{person.app_id}/"
    text = {"feedback": "Ring her."}
    session[carried.SESSION_KEY] = {"address": address, "step": "process_feedback", "typed": text}
    session.save()
    assert at_draft_1.open(address).typed("feedback") == ["Ring her."]
    press(at_draft_1, "Send feedback")
    assert at_draft_1.typed("feedback") == [""]


def test_an_edited_text_that_is_kept_is_given_up_by_cancel(at_draft_1, person):
    sign_in_again(edit(at_draft_1), "Save as draft 2", text="My own words.")
    assert at_draft_1.typed("text") == ["My own words."]
    at_draft_1.press("Cancel")
    assert at_draft_1.says("Draft 1 is ready")
    assert at_draft_1.open(at_draft_1.address).typed("text") == []
    assert person.row.state["draft_number"] == 1


def test_a_text_that_is_kept_and_fits_no_more_can_be_discarded(at_draft_1, other_window, person):
    sign_in_again(at_draft_1, "Send feedback", feedback="Ring her.")
    person.give_feedback("")
    at_draft_1.open(at_draft_1.address)
    assert at_draft_1.says("Ring her.")
    at_draft_1.press("Discard")
    assert at_draft_1.says("Ready to send")
    assert not at_draft_1.says("Ring her.")


@pytest.mark.parametrize(
    ("page", "button"),
    [
        ("?draft=1", "Start an alternative from draft 1"),
        ("?again=input", "Draft an alternative"),
        ("compare/?a=1&b=2", "Start an alternative from draft 1"),
        ("history/", "Start an alternative here: step 2"),
        ("history/2/", "Start an alternative here: step 2"),
    ],
)
def test_a_double_press_makes_one_branch(at_conflict, person, page, button):
    press_twice(at_conflict.open(f"/a/{person.app_id}/{page}"), button)
    assert branches(person).count() == 1


def test_a_double_press_sends_the_feedback_to_one_branch_once(at_conflict, person):
    press_twice(at_conflict, "Start an alternative from draft 1")
    assert branches(person).get().state["feedback_history"] == [FEEDBACK]


def test_who_goes_back_and_changes_the_text_of_a_branch_makes_another(at_conflict, person):
    page = at_conflict.page
    press(at_conflict, "Start an alternative from draft 1")
    at_conflict.page = page
    press(at_conflict, "Start an alternative from draft 1", feedback="Warmer.")
    assert at_conflict.says("Warmer.")
    said = [branch.state["feedback_history"] for branch in branches(person).order_by("created_at")]
    assert said == [[FEEDBACK], ["Warmer."]]


@pytest.mark.usefixtures("one_day")
def test_no_branch_is_left_of_a_text_that_a_limit_refused(settings, at_conflict, person):
    settings.MAX_DRAFTS_PER_DAY = 2
    at_conflict.press("Start an alternative from draft 1")
    assert at_conflict.status == 429
    assert at_conflict.says("You have used today's 2 drafts. The next are free at 00:00.")
    assert not branches(person).exists()
    assert at_conflict.typed("feedback") == [FEEDBACK]
    Usage.objects.all().delete()
    press(at_conflict, "Start an alternative from draft 1")
    assert branches(person).get().state["feedback_history"] == [FEEDBACK]


def test_no_branch_is_made_for_a_text_that_is_too_long(settings, at_conflict, person):
    settings.MAX_TEXT_CHARACTERS = 20
    at_conflict.press("Start an alternative from draft 1")
    assert at_conflict.status == 400
    assert at_conflict.says("It has 24 characters; 20 fit.")
    assert at_conflict.typed("feedback") == [FEEDBACK]
    assert not branches(person).exists()
