"""The page of one's own addresses: add, change, delete, and which one is the default."""

import io
import json
import re
import zipfile
from email import message_from_bytes, policy
from importlib import import_module

import pytest
from django.apps import apps
from django.core.management import call_command

from assistant_app.models import Application, Identity, Preferences
from assistant_app.models.people import identities_of, signature_of
from tests.conftest import Person, wait_for_runs

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/settings/identities/"


def save(browser, **typed):
    browser.address = PAGE
    return browser.client.post(PAGE, {"name": "", "addresses": "", **typed})


def mine(owner):
    return [(each.name, each.addresses, each.is_default) for each in identities_of(owner.pk)]


def text_of(response):
    return " ".join(re.sub("<[^>]*>", " ", response.content.decode()).split())


def test_the_settings_lead_to_the_addresses(browser):
    browser.open("/settings/")
    assert browser.page.links["Addresses"] == PAGE


def test_the_first_is_the_default_and_its_name_ends_replies(browser, owner):
    browser.open(PAGE).press("Add", name="Ida Brevik", addresses="Ida@example.org\r\nida@brevik.example")
    assert browser.says("Saved.")
    assert mine(owner) == [("Ida Brevik", ["Ida@example.org", "ida@brevik.example"], True)]
    assert signature_of(owner.pk) == "Ida Brevik"
    assert browser.open("/settings/").says("Ida Brevik · Ida@example.org Change")
    assert browser.typed("signature") == []


def test_the_name_under_drafts_is_the_name_of_the_default(browser, owner):
    save(browser, name="Ida Brevik", addresses="ida@example.org")
    browser.client.post("/settings/you/", {"signature": "I. Brevik"})  # from a window with an older page
    assert mine(owner) == [("I. Brevik", ["ida@example.org"], True)]
    Preferences.objects.update(signature="Set by a previous version")
    assert mine(owner)[0][0] == "Set by a previous version"


def test_another_one_can_be_the_default(browser, owner):
    save(browser, name="Ida Brevik", addresses="ida@example.org")
    save(browser, name="Shop", addresses="shop@example.org", is_default="on")
    assert mine(owner) == [("Shop", ["shop@example.org"], True), ("Ida Brevik", ["ida@example.org"], False)]
    assert signature_of(owner.pk) == "Shop"


def test_a_default_without_a_name_leaves_the_name_under_drafts(browser, owner):
    save(browser, name="Ida Brevik", addresses="ida@example.org")
    save(browser, addresses="shop@example.org", is_default="on")
    assert mine(owner)[0] == ("Ida Brevik", ["shop@example.org"], True)


def test_one_is_changed(browser, owner):
    save(browser, name="Ida Brevik", addresses="ida@example.org")
    pk = Identity.objects.get().pk
    save(browser, identity=pk, name="", addresses="ida@example.com")
    assert mine(owner) == [("", ["ida@example.com"], True)]
    assert signature_of(owner.pk) == ""


def test_after_the_default_the_oldest_is_the_default(browser, owner):
    for name in ("a", "b", "c"):
        save(browser, name=name.upper(), addresses=f"{name}@example.org")
    browser.client.post(f"{PAGE}delete/", {"identity": Identity.objects.get(is_default=True).pk})
    assert mine(owner) == [("B", ["b@example.org"], True), ("C", ["c@example.org"], False)]
    assert signature_of(owner.pk) == "B"


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("", "Write at least one address."),
        ("ida", "“ida” is no email address."),
        ("ida@example.org, not one", "“not one” is no email address."),
        ("IDA+x@other.example", "IDA+x@other.example is in another list of yours already."),
        (" ".join(["x"] * 8000), "20 addresses fit."),
        ("\n".join(f"i{number}@example.org" for number in range(21)), "20 addresses fit."),
    ],
)
def test_what_is_no_address_is_refused_and_shown_again(browser, owner, typed, problem):
    save(browser, addresses="ida@other.example")
    refused = save(browser, name="Ida", addresses=typed)
    assert refused.status_code == 400
    assert problem in text_of(refused)
    assert (typed or "Ida") in refused.content.decode()
    assert len(mine(owner)) == 1


def test_a_long_name_is_refused(browser, owner):
    refused = save(browser, name="x" * 201, addresses="ida@example.org")
    assert (refused.status_code, mine(owner)) == (400, [])
    assert "It has 201 characters; 200 fit." in text_of(refused)


def test_there_are_at_most_twenty(browser, owner):
    for number in range(20):
        save(browser, addresses=f"i{number}@example.org")
    assert save(browser, addresses="one@example.org").status_code == 400
    assert len(mine(owner)) == 20


def test_what_was_typed_into_a_deleted_one_is_shown_to_be_added_again(browser, owner):
    refused = save(browser, identity="999", name="Ida", addresses="ida@example.org")
    assert refused.status_code == 400
    assert "It was deleted in another window." in text_of(refused)
    assert 'value="Ida"' in refused.content.decode()


def test_those_of_another_person_are_not_there(browser, strangers_browser, owner):
    save(browser, name="Ida Brevik", addresses="ida@example.org")
    pk = Identity.objects.get().pk
    assert "ida@example.org" not in strangers_browser.open(PAGE).response.content.decode()
    assert save(strangers_browser, identity=pk, addresses="otto@example.org").status_code == 400
    strangers_browser.client.post(f"{PAGE}delete/", {"identity": pk})
    strangers_browser.client.post(f"{PAGE}delete/", {"identity": "\x00"})
    assert mine(owner) == [("Ida Brevik", ["ida@example.org"], True)]


def test_they_go_along_and_are_erased(browser, owner):
    save(browser, name="Ida Brevik", addresses="ida@example.org")
    response = browser.client.get("/settings/export/")
    with zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content))) as archive:
        [kept] = json.loads(archive.read("account.json"))["identities"]
    assert (kept["name"], kept["addresses"]) == ("Ida Brevik", ["ida@example.org"])
    browser.open("/settings/erase/").press(
        "Delete my account and everything in it", password="correct horse", sure="on"
    )
    assert not Identity.objects.exists()


def test_those_of_an_account_that_a_previous_version_erased_are_pruned(browser, owner):
    save(browser, addresses="ida@example.org")
    Identity.objects.update(owner_id=owner.pk + 999)
    call_command("prune", stdout=io.StringIO())
    assert not Identity.objects.exists()


SIGNATURE = "Ida Brevik\r\nBrevik Sensors  \r\n+47 555 01 44\r\n"
IN_LINES = "Ida Brevik\nBrevik Sensors\n+47 555 01 44"


@pytest.fixture
def two(browser):
    save(browser, name="Ida Brevik", addresses="ida@brevik.example", signature=SIGNATURE)
    save(browser, name="Shop", addresses="shop@brevik.example", signature="The shop\nOpen 9 to 5")


def test_a_signature_is_below_the_reply_once_and_in_no_draft(browser, two, owner, model, api):
    person = Person(owner)
    model.will_write("Hi Anna,\n\nYes.\n\nIda")
    person.give_input("From: Anna <anna@example.org>\nTo: ida@brevik.example\n\nWill you come?")
    page = browser.open(f"/a/{person.app_id}/")
    assert page.says(IN_LINES.replace("\n", " "))
    assert "Brevik Sensors" not in str(model.asked)
    person.send("edit_draft", text="Hi Anna,\n\nYes, I do.\n\nIda")
    person.give_feedback("")
    assert "Brevik Sensors" not in str(person.row.state)
    text = browser.client.get(f"/a/{person.app_id}/reply.txt").content.decode()
    assert text == f"Hi Anna,\n\nYes, I do.\n\nIda\n\n{IN_LINES}"
    for content in (
        browser.client.get(f"/a/{person.app_id}/reply.eml").content,
        api.get(f"/api/applications/{person.app_id}/reply/").content,
    ):
        message = message_from_bytes(content, policy=policy.default).get_content()
        assert message.replace("\r\n", "\n").startswith(f"{text}\n\nAnna <anna@example.org> wrote:\n>")
    link = browser.open(f"/a/{person.app_id}/").page.links["Open in mail app"]
    assert "Brevik%20Sensors" in link
    pk = Identity.objects.get(name="Ida Brevik").pk
    save(browser, identity=pk, addresses="ida@brevik.example", signature="Ida")
    once = browser.client.get(f"/a/{person.app_id}/reply.txt").content.decode()
    assert once == "Hi Anna,\n\nYes, I do.\n\nIda"


def test_a_mail_to_the_second_address_is_answered_from_it(browser, two, owner, model, api):
    person = Person(owner)
    model.will_write("Hello,\n\nYes.\n\nThe shop")
    person.give_input("From: Anna <anna@example.org>\nTo: shop@brevik.example\n\nAre you open?")
    assert "My name, as it stands under my emails: Shop" in model.asked[-1].text
    person.give_feedback("")
    assert browser.open("/").says("From shop@brevik.example")
    assert browser.open(f"/a/{person.app_id}/").says("The shop Open 9 to 5")
    assert browser.says("From Shop <shop@brevik.example>")
    found = api.get(f"/api/applications/{person.app_id}/recipients/").json()
    assert (found["identity"], found["signature"]) == ("Shop <shop@brevik.example>", "The shop\nOpen 9 to 5")
    eml = browser.client.get(f"/a/{person.app_id}/reply.eml").content
    assert message_from_bytes(eml, policy=policy.default)["From"] == "Shop <shop@brevik.example>"
    switched = {"to": "anna@example.org", "cc": "", "subject": "", "quote": ""}
    browser.client.post(f"/a/{person.app_id}/envelope/", {**switched, "identity": "ida@brevik.example"})
    assert browser.open(f"/a/{person.app_id}/").says("Brevik Sensors")
    assert not browser.open("/").says("From shop@brevik.example")


ASKED = "From: Anna <anna@example.org>\nTo: ida@brevik.example\n\nAre you open?"
AS_SHOP = "Shop <shop@brevik.example>"


def test_before_the_first_draft_another_identity_can_be_chosen(browser, two, model, api):
    model.will_write("Hello,\n\nYes.\n\nThe shop")
    browser.open("/new/").press(
        "Draft a reply", email_to_respond=ASKED, response_instructions="Yes", reply_as=AS_SHOP
    )
    wait_for_runs()
    assert "My name, as it stands under my emails: Shop" in model.asked[-1].text
    assert browser.open(browser.address).says("From Shop <shop@brevik.example>")
    assert browser.says("The shop Open 9 to 5")
    url = f"/api/applications/{Application.objects.get().pk}/"
    found = api.get(f"{url}recipients/").json()
    assert (found["identity"], found["to"]) == (AS_SHOP, ["Anna <anna@example.org>"])
    assert api.get(f"{url}state/").json()["reply_as"] == AS_SHOP
    assert browser.open("/").says("From shop@brevik.example")


def test_the_identity_stays_when_the_instructions_change(browser, two, owner, model):
    person = Person(owner)
    person.give_input(ASKED, reply_as=AS_SHOP)
    browser.open(f"/a/{person.app_id}/")
    browser.open(browser.page.links["Change instructions…"])
    browser.press("Draft an alternative", response_instructions="No")
    wait_for_runs()
    changed = Application.objects.exclude(pk=person.app_id).get()
    assert changed.state["chosen_identity"] == AS_SHOP


def test_what_is_changed_in_the_envelope_counts_more(browser, two, owner, model):
    person = Person(owner)
    person.give_input(ASKED, reply_as=AS_SHOP)
    person.send("change_envelope", to=["anna@example.org"], cc=[], subject="", identity="", quote="")
    assert not browser.open(f"/a/{person.app_id}/").says("From Shop")


def test_a_refused_form_keeps_the_identity(browser, two):
    browser.open("/new/").press("Draft a reply", email_to_respond="", reply_as=AS_SHOP)
    assert browser.typed("reply_as") == [AS_SHOP]
    browser.press("Draft a reply", email_to_respond=ASKED, reply_as="Shop")
    assert browser.says("It has no email address.")
    assert not Application.objects.exclude(version=0).exists()


def test_with_one_address_there_is_nothing_to_choose(browser):
    save(browser, name="Ida Brevik", addresses="ida@brevik.example")
    assert not browser.open("/new/").says("Reply as")


def test_an_earlier_name_under_drafts_becomes_that_of_the_default_identity(owner, stranger):
    Preferences.objects.create(owner=owner, signature="Ida Brevik")
    Preferences.objects.create(owner=stranger, signature="Otto")
    Identity.objects.create(owner=stranger, name="O.", addresses=["otto@example.org"], is_default=True)
    migration = import_module("assistant_app.migrations.0022_identity_signature")
    migration.name_identities(apps, None)
    assert mine(owner) == [("Ida Brevik", [], True)]
    assert [(each.name, each.signature) for each in Identity.objects.filter(owner=stranger)] == [("Otto", "")]


def test_a_signature_needs_no_address_and_is_not_too_long(browser, owner, model):
    save(browser, name="Ida", signature="Ida\nBrevik Sensors")
    assert mine(owner) == [("Ida", [], True)]
    refused = save(browser, addresses="ida@brevik.example", signature="x" * 2001)
    assert "It has 2,001 characters; 2,000 fit." in text_of(refused)
    person = Person(owner)
    person.give_input()
    assert browser.open(f"/a/{person.app_id}/").says("Ida Brevik Sensors")


def test_the_name_of_someone_else_under_the_reply_is_marked(browser, two, owner, model, api):
    person = Person(owner)
    for name, marked in (("Anna", ["Anna"]), ("Ida", []), ("", ["Best regards,"])):
        model.will_write(f"Hi Anna,\n\nYes, I will come.\n\nBest regards,\n{name}")
        if name == "Anna":
            person.give_input(
                "From: Anna <anna@example.org>\nTo: ida@brevik.example\n\nHi Ida, will you come?"
            )
        else:
            person.give_feedback("Once more.")
        number = len(person.row.state["draft_history"])
        checks = api.get(f"/api/applications/{person.app_id}/drafts/{number}/checks/").json()
        found = [each["text"] for each in checks["unsupported"] + checks["placeholders"]]
        assert found == marked
