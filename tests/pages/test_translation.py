"""Our own texts in another language: translated on pages, English in the API and in rows."""

import uuid

import pytest

from assistant_app.errors import ModelTimeout
from assistant_app.llm import faults
from assistant_app.models import Application, ModelCall, Step
from tests.conftest import wait_for_runs
from tests.translation.own import MARK, all_marked, speaking

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def in_esperanto(tmp_path):
    """Show pages in a language that has only these texts."""
    return lambda texts, plurals=None: speaking(tmp_path, texts, plurals or {})


def test_what_is_wrong_with_a_field_is_translated_with_its_values(browser, in_esperanto):
    with in_esperanto({"It has %(length)s characters; %(most)s fit.": "%(most)s signoj, ne %(length)s."}):
        page = browser.client.post("/settings/identities/", {"name": "x" * 234, "addresses": ""})
    assert page.status_code == 400
    assert "200 signoj, ne 234." in page.content.decode()


def test_a_label_and_a_message_are_translated(browser, in_esperanto):
    with in_esperanto({"About you": "Pri vi", "Saved.": "Konservita.", "Save": "Save"}):
        assert browser.open("/settings/").says("Pri vi")
        assert browser.press("Save", about="Sales.").says("Konservita.")


def test_a_finding_says_in_the_language_where_it_was_given(browser, person, model, in_esperanto):
    model.will_write("Hello.")
    person.give_input(instructions="60 ship on Thursday.")
    with in_esperanto({"instructions": "instrukcioj"}):
        assert browser.open(f"/a/{person.app_id}/").says("instrukcioj")


def test_the_state_of_an_email_is_translated_with_its_plural(browser, person, model, in_esperanto):
    model.will_ask("Which Thursday?", "Who pays?")
    person.give_input()
    one_or_many = ("%(number)s question for you", "%(number)s questions for you")
    with in_esperanto({}, {one_or_many: ("%(number)s demando al vi", "%(number)s demandoj al vi")}):
        assert browser.open(f"/a/{person.app_id}/").says("2 demandoj al vi")


def test_the_history_is_translated_and_what_people_wrote_stays(browser, person, model, in_esperanto):
    person.give_input(instructions="You asked for a suitable reply")
    texts = {
        "You said what you want": "Vi diris, kion vi volas",
        "You asked for a suitable reply": "Ne montru tion",
    }
    with in_esperanto(texts):
        page = browser.open(f"/a/{person.app_id}/history/")
        assert page.says("Vi diris, kion vi volas")
        assert page.says("“You asked for a suitable reply”")


def test_a_failed_run_is_headed_in_the_language_and_stored_in_english(browser, person, model, in_esperanto):
    model.will_write(ModelTimeout())
    with in_esperanto({"The model’s server didn’t answer in time": "La servilo silentis"}):
        person.fails_at("process_input", email_to_respond="Hello?", response_instructions="")
        assert browser.open(f"/a/{person.app_id}/").says("La servilo silentis")
    assert Step.objects.get(error_code="model_timeout").error_message == ModelTimeout().message


def test_an_error_of_the_model_is_translated_with_its_values(browser, api, person, model, in_esperanto):
    fault = faults.of_status("models.example", 401, words="Wrong key.")
    model.will_write(fault.error(1))
    texts = {
        "The model's server at %(host)s refused %(said)s.": "%(host)s ne volis %(said)s.",
        '(it said: "%(words)s")': "(dirante «%(words)s»)",
        "Check the API key.": "Kontrolu la ŝlosilon.",
    }
    with in_esperanto(texts):
        person.fails_at("process_input", email_to_respond="Hello?", response_instructions="")
        state = api.get(f"/api/applications/{person.app_id}/").json()
        said = "models.example ne volis (dirante «Wrong key.»). Kontrolu la ŝlosilon."
        number = Step.objects.get(status="failed").sequence_id
        for page in ("", f"a/{person.app_id}/", f"a/{person.app_id}/history/{number}/"):
            assert browser.open(f"/{page}").says(said)
        # A version that doesn't know the values may write another message beside them.
        Application.objects.update(error_message="Mute.")
        assert browser.open(f"/a/{person.app_id}/").says("Mute.")
    assert state["error"]["message"] == fault.text
    assert Step.objects.get(status="failed").error_message == fault.text
    assert ModelCall.objects.get(error_code="model_failed").error_values == fault.text.parts()


def test_an_error_is_translated_on_a_page_and_english_in_the_api(browser, api, person, in_esperanto):
    unfit = {"email_to_respond": "", "response_instructions": ""}
    problem = "Paste the email you’re replying to."
    with in_esperanto({problem: "Algluu la retmesaĝon."}):
        page = browser.client.post("/new/", {**unfit, "app_id": str(uuid.uuid4())})
        answer = api.put(f"/api/applications/{person.app_id}/initialize_draft/", unfit, format="json")
    assert "Algluu la retmesaĝon." in page.content.decode()
    assert problem not in page.content.decode()
    assert problem in answer.content.decode()


def test_rows_prompts_and_the_api_stay_english(browser, api, person, model, in_esperanto):
    page = f"/a/{person.app_id}/"
    model.will_ask("Which Thursday?")
    model.will_write(ModelTimeout())
    with in_esperanto(*all_marked()):
        browser.client.post("/settings/", {"about": "x" * 10_000})
        person.give_input()
        person.fails_at("clarify_instructions", answers=[""])
        failed = [
            browser.open(page).page.text,
            api.get(f"/api/applications/{person.app_id}/").content.decode(),
        ]
        person.retry()
        browser.open(page).press(f"{MARK}Shorter")
        wait_for_runs()
        person.send("change_envelope", to=[], cc=[], subject="Late", identity="", quote="")
        refused = api.put(f"/api/applications/{person.app_id}/edit/", {"text": "Draft 3."}, format="json")
        person.give_feedback("")
        answer = api.get(f"/api/applications/{person.app_id}/").content.decode()
        shown = browser.open(f"{page}history/").page.text
    assert MARK in failed[0]
    assert MARK in shown
    assert refused.status_code == 409
    rows = [
        *Application.objects.values("state", "error_message", "title"),
        *Step.objects.values("changes", "error_message"),
        *ModelCall.objects.values("messages", "reply", "error_message"),
    ]
    assert len(rows) > 8
    assert MARK not in repr(rows)
    assert MARK not in repr(model.asked)
    assert MARK not in failed[1] + answer + refused.content.decode()
