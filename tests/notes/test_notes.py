"""Notes: written on a page or by API, chosen for an email, told to the model, and sources of the checks."""

import io
import json
import re
import zipfile

import pytest
from django.core.management import call_command
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from assistant_app.models import Application, Identity, ModelCall, Note, NoteWord, Step
from assistant_app.operations.knowledge import choose
from assistant_app.people import notes
from assistant_app.people.accounts import say_for_all
from assistant_app.people.identities import save as save_identity
from assistant_app.people.notes import Written
from assistant_app.people.notes import save as save_note
from assistant_app.workflow import wording
from tests.conftest import Person, wait_for_runs
from tests.pages.reading import Browser

pytestmark = pytest.mark.django_db(transaction=True)
PAGE, API = "/settings/notes/", "/api/notes/"
RETURNS = {"title": "Return policy", "text": "Unused sensors come back within 30 days. We pay the postage."}
PRICE = {"title": "Nordlys", "text": "84 EUR for each sensor until June 2027.", "scope": "domain"}
EMAIL = "From: Marta <marta@nordlys.example>\nSubject: Return\n\nUntil when can we return four sensors?"


@pytest.fixture
def browser(owner, model):
    client = Client()
    client.force_login(owner)
    return Browser(client)


def save(browser, **typed):
    browser.address = PAGE
    return browser.client.post(PAGE, {"scope": "all", "target": "", **typed})


def told(model):
    return model.calls_for("draft")[-1].text


def test_notes_are_told_shown_proven_left_out_and_taken_in_again(browser, owner, model, api):
    save(browser, **RETURNS)
    save(browser, **PRICE, target="https://www.Nordlys.example/")
    save(browser, title="Opening hours", text="Monday to Friday, 8 to 16.")
    person = Person(owner)
    model.will_write("Hi Marta,\n\nYou can return them within 30 days, and later for 84 EUR each.\n\nIda")
    person.give_input(EMAIL, "Yes.")
    assert "Return policy:\n  Unused sensors come back within 30 days." in told(model)
    assert told(model).index("Return policy:") > told(model).index("Until when can we")
    assert "8 to 16" not in told(model)
    page = browser.open(f"/a/{person.app_id}/")
    assert page.says("Based on your note Return policy Leave out Return policy")
    assert page.says("Based on your note Nordlys")
    url = f"/api/applications/{person.app_id}"
    assert api.get(f"{url}/drafts/1/checks/").json()["unsupported"] == []
    _, returns = sorted(api.get(f"{url}/drafts/1/").json()["told"]["notes"], key=lambda n: n["title"])
    assert returns["text"] == RETURNS["text"]

    model.will_write("Hi Marta,\n\nYou can return them within 60 days, and later for 84 EUR each.\n\nIda")
    page.press("Leave out Nordlys")
    wait_for_runs()
    assert "84 EUR" not in told(model)
    assert "differs in structure" not in told(model)
    page = browser.open(f"/a/{person.app_id}/")
    assert page.says("Left out: your note Nordlys")
    found = [each["text"] for each in api.get(f"{url}/drafts/2/checks/").json()["unsupported"]]
    assert found == ["60 days", "84 EUR"]  # one differs, and the other's note was left out
    state = person.row.state
    assert [len(context["notes"]) for context in state["contexts"]] == [2, 1]
    assert [source["context"] for source in state["draft_sources"]] == [0, 1]

    model.will_write("Hi Marta,\n\nUnused sensors come back within 30 days.\n\nIda")
    page.press("Use it again: Nordlys")
    wait_for_runs()
    assert "84 EUR" in told(model)
    person.give_feedback("")
    assert browser.open(f"/a/{person.app_id}/").says("Based on your note Return policy")
    used = Note.objects.get(title="Return policy")
    assert (used.used_count, used.used_at is not None) == (3, True)
    assert browser.open(PAGE).says("used 3 times, last")


def test_a_word_for_word_note_is_kept_letter_by_letter(browser, owner, model, api):
    save(browser, **RETURNS, is_verbatim="on")
    person = Person(owner)
    kept, changed = "within 30 days. We pay the postage.", "within thirty days. We'll pay the postage."
    for number, text in enumerate((kept, changed), start=1):
        model.will_write(f"Hi Marta,\n\nUnused sensors come back {text}\n\nIda")
        person.give_input(EMAIL) if number == 1 else person.give_feedback("Warmer.")
        checks = api.get(f"/api/applications/{person.app_id}/drafts/{number}/checks/").json()
        assert checks["lost"] == ([] if number == 1 else [RETURNS["text"]])
    assert "keep its wording" in told(model)
    restored = f"Hi Marta,\n\n{RETURNS['text']}\n\nIda"
    assert checks["restored"] == restored
    browser.open(f"/a/{person.app_id}/").press("Use the note’s wording")
    assert person.row.state["current_draft"] == restored
    checks = api.get(f"/api/applications/{person.app_id}/drafts/3/checks/").json()
    assert (checks["lost"], checks["restored"]) == ([], "")
    assert "Use the note’s wording" not in browser.open(f"/a/{person.app_id}/").response.content.decode()


def test_only_the_sentences_that_say_a_note_are_put_back():
    note = "Unused sensors come back within 30 days. We pay the postage."
    said = "They work. Unused sensors can come back within thirty days; we pay all the postage. Greetings!"
    assert wording.changed([note], said) == [note]
    assert wording.restored([note], said) == f"They work. {note} Greetings!"
    assert wording.changed([note], "We pay the postage.") == []
    assert wording.restored(["Nothing of it."], said) == said


def test_a_note_for_local_models_is_left_out_elsewhere_and_the_draft_says_so(browser, owner, model, settings):
    save(browser, **RETURNS, is_local_only="on")
    settings.OPENAI_BASE_URL = "https://models.example/v1"
    person = Person(owner)
    person.give_input(EMAIL)
    assert "postage" not in told(model)
    assert browser.open(f"/a/{person.app_id}/").says("1 note for models on this machine only was left out.")
    settings.OPENAI_BASE_URL = "http://127.0.0.1:1234/v1"
    settings.MODEL_FALLBACKS = []
    person.give_feedback("Shorter.")
    assert "postage" in told(model)


def test_notes_are_written_changed_and_deleted_on_their_page(browser, owner):
    assert browser.open("/settings/").page.links["Notes"] == PAGE
    assert browser.open(PAGE).says("Nothing here yet.")
    refused = save(browser, title="", text="", scope="address", target="nobody")
    said = refused.content.decode()
    assert refused.status_code == 400
    for problem in ("Write something.", "Give it a title.", "Write one email address.", 'value="nobody"'):
        assert problem in said
    assert "4,000 fit" in save(browser, title="x", text="y" * 4001).content.decode()
    save(browser, title="Anna", text="Calls me Idchen.", scope="address", target="Anna <ANNA@example.org>")
    note = Note.objects.get()
    assert (note.target, note.words.filter(word="@anna@example.org").exists()) == ("anna@example.org", True)
    save(browser, note=note.pk, title="Anna", text="Calls me Ida.")
    note.refresh_from_db()
    assert (note.text, note.scope, note.target) == ("Calls me Ida.", "all", "")
    assert not NoteWord.objects.filter(word__startswith="@").exists()
    assert save(browser, note=999, title="x", text="y").status_code == 400
    browser.client.post(f"{PAGE}delete/", {"note": note.pk})
    assert (Note.objects.count(), NoteWord.objects.count()) == (0, 0)


def test_several_are_pasted_and_go_out_and_in_as_files(browser, owner):
    several = (
        "# Prices\r\nfor: nordlys.example\r\n(word for word)\r\n\r\n84 EUR each.\r\n\r\n## Hours\r\n8 to 16."
    )
    browser.client.post(f"{PAGE}add/", {"several": several})
    browser.client.post(f"{PAGE}add/", {"several": "Parking:\nBehind the house.\n\nWe have no lift."})
    assert browser.open(PAGE).says("2 notes added.")
    save(browser, title="Odd", text="# not a heading\nfor: x\n(word for word)\n\\# nor this")
    columns = ("title", "text", "scope", "target", "is_verbatim")
    before = list(Note.objects.order_by("title").values_list(*columns))
    assert ("Prices", "84 EUR each.", "domain", "nordlys.example", True) in before
    assert [each[0] for each in before] == ["Hours", "Odd", "Parking", "Prices", "We have no lift"]
    markdown = browser.client.get(f"{PAGE}export/").content
    zipped = browser.client.get(f"{PAGE}export/?as=zip").content
    assert len(zipfile.ZipFile(io.BytesIO(zipped)).namelist()) == 5
    for name, content in (("notes.md", markdown), ("notes.zip", zipped)):
        Note.objects.all().delete()
        for _ in range(2):  # what is there already is not added again
            file = io.BytesIO(content)
            file.name = name
            browser.client.post(f"{PAGE}add/", {"file": file})
        assert list(Note.objects.order_by("title").values_list(*columns)) == before
    for name, content in (
        ("notes.md", b"\xff\xfe"),
        ("notes.zip", zipped[:-30] + b"PK\x05\x06" + b"\0" * 18),
    ):
        file = io.BytesIO(content)
        file.name = name
        assert browser.client.post(f"{PAGE}add/", {"file": file}).status_code == 400
    assert browser.client.post(f"{PAGE}add/", {"several": " "}).status_code == 400


def test_the_api_has_notes(api, owner, stranger):
    sent = {"title": "Hours", "text": "8 to 16.", "scope": "all"}
    kept = api.post(API, sent, format="json")
    assert (kept.status_code, kept.json()["used_at"]) == (201, None)
    one = f"{API}{kept.json()['id']}/"
    assert api.get(one).json()["text"] == "8 to 16."
    assert [each["title"] for each in api.get(API).json()["results"]] == ["Hours"]
    assert api.put(one, {**sent, "text": "9 to 17."}, format="json").json()["text"] == "9 to 17."
    refused = api.put(one, {**sent, "colour": "red"}, format="json")
    assert (refused.status_code, [*refused.json()["fields"]]) == (400, ["colour"])
    assert api.put(one, {**sent, "scope": "domain"}, format="json").json()["fields"].keys() == {"target"}
    other = APIClient()
    other.force_authenticate(stranger)
    for method in (other.get, other.delete):
        assert method(one).status_code == 404
    assert other.put(one, sent, format="json").status_code == 404
    assert other.get(API).json()["results"] == []
    assert APIClient().get(API).status_code == 401
    assert api.delete(one).status_code == 204
    assert api.delete(one).status_code == 404


def test_the_short_texts_are_told_first_and_can_be_left_out(browser, owner, model):
    texts = {"about": "I sell sensors.", "style": "Short sentences.", "always": "Never promise a date."}
    assert "1,000 fit" in browser.client.post("/settings/you/", {"about": "x" * 1001}).content.decode()
    browser.client.post("/settings/you/", texts)
    assert all(text in browser.open("/settings/").response.content.decode() for text in texts.values())
    person = Person(owner)
    person.give_input(EMAIL)
    asked, drafted = model.asked
    shared = asked.text.partition("Until when can we return four sensors?")[0]
    assert drafted.text.startswith(shared)
    assert "My standing instructions:\nNever promise a date." in shared
    page = browser.open(f"/a/{person.app_id}/")
    assert page.says("Based on “Always”")
    page.press("Leave out “Always”")
    wait_for_runs()
    assert "Never promise" not in told(model)
    assert person.row.state["contexts"][0] == texts
    refused = person.fails_at("choose_sources", left_out=["weather"])
    assert refused.code == "does_not_fit"


def test_what_is_told_is_chosen_before_the_first_draft(browser, owner, model, api):
    assert "Use for this reply" not in browser.open("/new/").response.content.decode()
    save(browser, **RETURNS)
    browser.client.post("/settings/you/", {"about": "I sell sensors.", "always": "Never promise a date."})
    asked = {"email_to_respond": EMAIL, "source": ["about"], "how_long": "short", "tone": "warmer"}
    refused = browser.open("/new/").press("Draft a reply", **asked | {"email_to_respond": ""})
    names = re.findall(r'name="source"\s+value="(\w+)"( checked)?', refused.response.content.decode())
    assert names == [("about", " checked"), ("always", ""), ("notes", "")]  # as it was set
    browser.open("/new/").press("Draft a reply", **asked)
    wait_for_runs()
    for call in model.asked:
        assert "I sell sensors." in call.text
        assert "postage" not in call.text
        assert "Never promise" not in call.text
    assert "Make it warm.\nKeep it to a few lines." in told(model)
    page = browser.open(browser.address)
    assert page.says("Left out: your notes")
    assert Note.objects.get().used_count == 0
    url = page.address.replace("/a/", "/api/applications/")
    assert api.get(url).json()["left_out_sources"] == ["always", "notes"]
    page.press("Use it again: your notes")
    wait_for_runs()
    assert "postage" in told(model)

    person = Person(owner)
    person.send(
        "process_input", email_to_respond=EMAIL, response_instructions="", left_out=["notes", "about"]
    )
    assert "postage" not in told(model)
    assert "Never promise" in told(model)
    url = f"/api/applications/{Person(owner).app_id}/initialize_draft/"
    sent = {"email_to_respond": EMAIL, "response_instructions": ""}
    assert api.put(url, sent | {"left_out": ["weather"]}, format="json").status_code == 409
    assert api.put(url, sent | {"left_out": ["always"]}, format="json").status_code == 200
    assert "Never promise" not in told(model)


def test_nothing_of_another_person_is_told_and_nothing_is_left_after_erasure(browser, owner, stranger, model):
    for person, secret in ((owner, "OWNERS"), (stranger, "STRANGERS")):
        notes.save(
            actor=person, pk=None, written=Written(title="Return policy", text=f"{secret}NOTE sensors return")
        )
        client = Client()
        client.force_login(person)
        client.post("/settings/you/", {"about": f"{secret}TEXT", "always": f"{secret}ALWAYS"})
        client.post(
            "/settings/identities/",
            {
                "name": f"{secret}NAME",
                "addresses": "marta@nordlys.example",
                "signature": f"{secret}SIGNATURE",
            },
        )
    for person in (owner, stranger):
        work = Person(person)
        work.give_input(EMAIL)
        work.give_feedback("Shorter.")
    asked = [call.text for call in model.asked]
    assert sum("OWNERSNOTE" in text for text in asked) == sum("STRANGERSNOTE" in text for text in asked) == 3
    assert not any("OWNERS" in text and "STRANGERS" in text for text in asked)
    with zipfile.ZipFile(
        io.BytesIO(b"".join(browser.client.get("/settings/export/").streaming_content))
    ) as file:
        account = json.loads(file.read("account.json"))
        texts = "".join(file.read(name).decode() for name in file.namelist())
    assert [note["text"] for note in account["notes"]] == ["OWNERSNOTE sensors return"]
    assert "STRANGERS" not in texts
    browser.open("/settings/erase/").press(
        "Delete my account and everything in it", password="correct horse", sure="on"
    )
    for model_of in (Application, Step, ModelCall, Note):
        rows = " ".join(str(vars(row)) for row in model_of.objects.all())
        assert not re.search("OWNERS(?!NOTE sensors return$)", rows.replace("STRANGERS", ""))
    Note.objects.update(owner_id=owner.pk + 999)
    call_command("prune", stdout=io.StringIO())
    assert (Note.objects.count(), NoteWord.objects.count()) == (0, 0)


WORDS = st.lists(st.sampled_from(["sensors", "return", "Nordlys", "four", "price"]), min_size=1, max_size=3)
SCOPES = st.sampled_from([("all", ""), ("domain", "nordlys.example"), ("address", "marta@nordlys.example")])
KNOWN = st.fixed_dictionaries(
    {
        "notes": st.lists(st.tuples(WORDS, SCOPES, st.booleans()), max_size=3),
        "texts": st.sets(st.sampled_from(["about", "style", "always"])),
        "left_out": st.sets(st.sampled_from(["about", "style", "always", "notes", "note:1", "note:2"])),
        "address": st.sampled_from(["marta@nordlys.example", "sales@nordlys.example"]),
    }
)


def test_whatever_two_people_wrote_down_each_prompt_has_ones_own_alone(owner, stranger, model):
    @settings(max_examples=8, deadline=None, derandomize=True, database=None)
    @given(st.tuples(KNOWN, KNOWN))
    def check(both):
        people = {"OWNERS": owner, "STRANGERS": stranger}
        for (secret, actor), known in zip(people.items(), both, strict=True):
            write_down(secret, actor, **known)
        for (secret, actor), known in zip(people.items(), both, strict=True):
            before = len(model.asked)
            work, left_out = Person(actor), sorted(known["left_out"])
            work.send("process_input", email_to_respond=EMAIL, response_instructions="", left_out=left_out)
            work.give_feedback("Shorter.")
            asked = [call.text for call in model.asked[before:]]
            assert len(asked) == 3
            for text in asked:
                assert f"{secret}NAME" in text
                assert {found for found in people if found in text} == {secret}

    check()


def write_down(secret, actor, notes, texts, left_out, address):
    """Write down what the person knows, each text with their secret."""
    Note.objects.filter(owner_id=actor.pk).delete()
    Identity.objects.filter(owner_id=actor.pk).delete()
    for words, (scope, target), is_verbatim in notes:
        written = Written(
            title=" ".join(words), text=f"{secret}NOTE", scope=scope, target=target, is_verbatim=is_verbatim
        )
        save_note(actor=actor, pk=None, written=written)
    said = {name: f"{secret}{name}" if name in texts else "" for name in ("about", "style", "always")}
    say_for_all(actor=actor, texts=said)
    save_identity(
        actor=actor, pk=None, name=f"{secret}NAME", addresses=address, is_default=True, signature=secret
    )


def test_at_most_five_notes_of_12000_characters_are_told(owner):
    for number in range(7):
        text = "sensors return policy " * (180 if number < 2 else 5)
        written = Written(title=f"Return policy {number}", text=text)
        notes.save(actor=owner, pk=None, written=written)
    found, _ = choose(owner.pk, EMAIL)
    assert len(found) == 5
    assert sum(len(note.text) for note in found) <= 12_000
