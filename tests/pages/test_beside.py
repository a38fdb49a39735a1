"""The email beside the drafts: a link, remembered by the browser, and nothing where there is no email."""

import pytest

from tests.conftest import Person, wait_for_runs
from tests.pages.reading import Browser

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def begun(person, page_of):
    """The page of an email with its first draft."""
    person.give_input("Where are my 96 sensors?", "60 ship on Thursday.")
    return page_of(person)


def is_beside(browser):
    return "beside" in browser.page.ids


def follow(browser, link):
    return browser.open(browser.page.links[link])


def test_a_link_lays_the_email_beside_and_another_one_folds_it_again(begun):
    assert not is_beside(begun)
    assert is_beside(follow(begun, "Email beside"))
    assert "?" not in begun.address
    assert not is_beside(follow(begun, "Email above"))
    assert "Email beside" in begun.page.links


def test_it_stays_beside_through_submits_refusals_and_the_editor(begun, other_window):
    address = follow(begun, "Email beside").address
    assert is_beside(begun.press("Send feedback", feedback=""))
    assert is_beside(begun.press("Send feedback", feedback="Shorter."))
    wait_for_runs()
    assert is_beside(begun.open(address))
    assert is_beside(follow(begun, "Edit"))
    assert is_beside(other_window.open(address).press("Looks good, finish"))
    wait_for_runs()
    assert is_beside(begun.open(address))


def test_it_is_remembered_for_other_emails_in_this_browser_alone(begun, owner, page_of, client):
    follow(begun, "Email beside")
    other = Person(owner)
    other.give_input("Can we move Thursday?", "Yes.")
    assert is_beside(page_of(other))
    client.force_login(owner)
    assert not is_beside(Browser(client).open(begun.address))


def test_nothing_lies_beside_where_there_is_no_email_yet(begun, owner, page_of):
    follow(begun, "Email beside")
    assert not is_beside(page_of(Person(owner)))
    assert {"Email beside", "Email above"}.isdisjoint(begun.page.links)


def test_an_editor_and_an_unsent_text_are_not_left_by_that_link(begun):
    begun.press("Send feedback", feedback="")
    assert "Email beside" not in begun.page.links
    begun.open(begun.address.replace("process_feedback/", ""))
    follow(begun, "Edit")
    assert "Email beside" not in begun.page.links


def test_any_other_wish_is_none(begun):
    assert not is_beside(begun.open(f"{begun.address}?beside=yes%00"))


def test_a_strangers_email_is_not_found_and_nothing_is_remembered(begun, strangers_browser):
    strangers_browser.open(f"{begun.address}?beside=1")
    assert strangers_browser.status == 404
    assert "beside" not in strangers_browser.client.cookies
