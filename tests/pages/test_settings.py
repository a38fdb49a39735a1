"""The settings page: the name under drafts, appearance, API tokens, the model now."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from assistant_app import operations
from assistant_app.errors import ModelTimeout
from assistant_app.models import ApiToken, Preferences
from assistant_app.models.people import IDEAS
from assistant_app.operations import operating
from tests.conftest import Person, wait_for_runs

pytestmark = pytest.mark.django_db(transaction=True)


def secret_on(browser):
    return re.search(r'id="token-secret">(\w+)<', browser.response.content.decode())[1]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_theme_is_written_into_every_page(browser, theme):
    browser.open("/settings/").press("Save", theme=theme)
    assert f'data-theme="{theme}"' in browser.response.content.decode()
    assert f'data-theme="{theme}"' in browser.open("/").response.content.decode()
    browser.open("/settings/").press("Save", theme="")
    assert "data-theme" not in browser.response.content.decode()


def test_a_theme_that_does_not_exist_is_none(browser):
    browser.client.cookies["theme"] = '"><script>'
    assert "data-theme" not in browser.open("/").response.content.decode()
    browser.client.post("/settings/you/", {"theme": "neon"})
    assert "data-theme" not in browser.open("/").response.content.decode()


def test_the_name_under_drafts_is_told_to_the_model_from_then_on(browser, owner, model):
    person = Person(owner)
    person.give_input()
    assert browser.open("/settings/").typed("signature") == [""]
    browser.press("Save", signature="  Ida\t Brevik ", theme="")
    assert browser.says("Saved.")
    assert browser.typed("signature") == ["Ida Brevik"]
    person.give_feedback("Shorter.")
    first, second = (" ".join(each.content for each in asked.messages) for asked in model.asked[1:])
    assert "ends with my name" not in first
    assert "My name, as it stands under my emails: Ida Brevik" in second
    assert "Unless I say otherwise, the reply ends with my name" in second


def test_a_name_is_no_finding_in_a_draft(browser, owner, model):
    model.will_write("Dear Marta,\n\nyes.\n\nKind regards,\nSolveig Ødegård, Team 24")
    person = Person(owner)
    person.give_input()
    page = f"/a/{person.app_id}/"
    assert marks_on(browser.open(page)) == ["Ødegård", "24"]
    browser.open("/settings/").press("Save", signature="Solveig Ødegård, Team 24", theme="")
    assert marks_on(browser.open(page)) == []


def marks_on(browser):
    return re.findall(
        r'<a id="look-\d+" class="look"[^>]*>(?:\w+ )*?(\w+)', browser.response.content.decode()
    )


def test_a_name_belongs_to_its_person_alone(browser, strangers_browser, stranger, model):
    browser.open("/settings/").press("Save", signature="Ida Brevik", theme="")
    assert strangers_browser.open("/settings/").typed("signature") == [""]
    Person(stranger).give_input()
    assert "Ida Brevik" not in str(model.asked)


def test_a_name_holds_for_the_api_and_for_a_run_that_an_operator_continues(browser, owner, operator, model):
    browser.open("/settings/").press("Save", signature="Ida Brevik", theme="")
    client = APIClient()
    client.force_authenticate(owner)
    app_id = client.post("/api/applications/", {}, format="json").json()["app_id"]
    model.will_write(ModelTimeout())
    given = {"email_to_respond": "Hello?", "response_instructions": "Yes."}
    assert (
        client.put(f"/api/applications/{app_id}/initialize_draft/", given, format="json").status_code == 504
    )
    operations.wait_until_ended(operating.retry(actor=operator, app_id=app_id))
    told = [each.messages[-1].content for each in model.asked[1:]]
    assert [text.count("under my emails: Ida Brevik") for text in told] == [1, 1]
    assert [text.count("ends with my name") for text in told] == [1, 1]


def test_a_name_that_is_too_long_is_said_and_kept_in_the_field(browser):
    browser.open("/settings/").press("Save", signature="Ida" * 100, theme="dark")
    assert browser.status == 400
    assert browser.says("It has 300 characters; 200 fit.")
    assert browser.typed("signature") == ["Ida" * 100]
    assert browser.typed("theme") == ["dark"]
    browser.press("Save", signature="")
    assert browser.typed("signature") == [""]


def test_a_token_is_shown_once_and_works(browser):
    browser.open("/settings/tokens/").press("Create token", name=" nightly  import ")
    assert browser.says("Token “nightly import” created")
    secret = secret_on(browser)
    assert "no-store" in browser.response["Cache-Control"]
    client = APIClient(HTTP_AUTHORIZATION=f"Token {secret}")
    assert client.get("/api/applications/").status_code == 200
    browser.open("/settings/tokens/")
    assert browser.says("nightly import")
    assert not browser.says(secret)
    assert secret not in str(ApiToken.objects.values())


def test_a_token_ends_when_it_was_said_to(browser, settings):
    for name, chosen in (("default", {}), ("week", {"days": "7"}), ("year", {"days": "365"})):
        browser.open("/settings/tokens/").press("Create token", name=name, **chosen)
        client = APIClient(HTTP_AUTHORIZATION=f"Token {secret_on(browser)}")
        assert client.get("/api/applications/").status_code == 200
    ends = {token.name: token.expiry for token in ApiToken.objects.all()}
    assert (ends["default"] - timezone.now()).days == 89
    assert (ends["year"] - timezone.now()).days == 364
    assert (ends["week"] - timezone.now()).days == 6


def test_a_token_that_has_ended_says_so(browser, owner):
    token, _ = ApiToken.objects.create(user=owner, name="old")
    yesterday = timezone.now() - timedelta(days=1)
    ApiToken.objects.filter(pk=token.pk).update(expiry=yesterday)
    assert browser.open("/settings/tokens/").says(f"expired {yesterday:%-d %B %Y}")


def test_a_tokens_ends_are_offered_shortest_first(browser, settings):
    settings.API_TOKEN_DAYS = 30
    assert browser.open("/settings/tokens/").says("7 days 30 days 1 year")
    assert browser.typed("days") == ["30"]


def test_the_settings_lead_to_the_documentation_of_the_api(browser):
    browser.open("/settings/tokens/")
    assert browser.open(browser.page.links["API documentation"]).status == 200


def test_a_token_says_what_it_may_do_and_when_it_was_used(browser):
    browser.open("/settings/tokens/").press("Create token", name="dashboard", scope="read")
    client = APIClient(HTTP_AUTHORIZATION=f"Token {secret_on(browser)}")
    assert browser.open("/settings/tokens/").says("Read only · never used")
    assert client.post("/api/applications/").status_code == 403
    assert browser.open("/settings/tokens/").says("Read only · last used")


def test_a_token_may_do_nothing_that_is_not_offered(browser):
    answer = browser.client.post("/settings/tokens/", {"name": "x", "scope": "admin"})
    assert answer.status_code == 400
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize("name", ["", "   ", "x" * 101])
def test_a_token_needs_a_name_of_reasonable_length(browser, name):
    browser.open("/settings/tokens/").press("Create token", name=name)
    assert browser.status == 400
    assert not ApiToken.objects.exists()


def test_what_was_chosen_for_a_token_stays_chosen_when_its_name_is_refused(browser):
    browser.open("/settings/tokens/").press("Create token", name="", days="7", scope="read")
    assert browser.status == 400
    browser.press("Create token", name="dashboard")
    token = ApiToken.objects.get()
    assert (token.expiry - timezone.now()).days == 6
    assert token.scope == ApiToken.Scope.READ


def test_a_token_cannot_last_for_any_other_time(browser):
    answer = browser.client.post("/settings/tokens/", {"name": "x", "days": "99999"})
    assert answer.status_code == 400
    assert not ApiToken.objects.exists()


def test_a_revoked_token_works_no_more(browser):
    browser.open("/settings/tokens/").press("Create token", name="laptop")
    secret = secret_on(browser)
    browser.open("/settings/tokens/").press("Revoke")
    assert browser.says("Token revoked.")
    client = APIClient(HTTP_AUTHORIZATION=f"Token {secret}")
    assert client.get("/api/applications/").status_code == 401


def test_users_neither_revoke_nor_see_the_tokens_of_others(browser, stranger):
    theirs, _ = ApiToken.objects.create(user=stranger, name="theirs")
    assert not browser.open("/settings/tokens/").says("theirs")
    browser.client.post("/settings/tokens/revoke/", {"token": theirs.pk})
    browser.client.post("/settings/tokens/revoke/", {"token": "\x00"})
    assert ApiToken.objects.count() == 1


def test_each_section_of_the_settings_leads_to_the_others(browser):
    sections = ["/settings/", "/settings/model/", "/settings/tokens/", "/settings/data/"]
    for address in sections:
        browser.open(address)
        assert browser.status == 200
        assert [browser.page.links[name] for name in ("You", "Model", "API tokens", "Your data")] == sections
        assert browser.page.html.count('aria-current="page"') == 1


def test_single_keys_can_be_switched_off(browser):
    assert "data-keys" in browser.open("/settings/").page.html
    browser.press("Save", keys=[])
    assert "data-keys" not in browser.open("/").page.html
    browser.open("/settings/").press("Save", theme="dark")
    assert "data-keys" not in browser.page.html
    browser.press("Save", keys="on")
    assert "data-keys" in browser.open("/keys/").page.html


def test_the_demonstration_model_is_named_with_the_way_to_a_better_one(browser, settings):
    settings.OPENAI_API_KEY = settings.OPENAI_BASE_URL = ""
    settings.EMBEDDED_MODEL = True
    assert browser.open("/settings/model/").says("The toy model, on this machine")
    assert browser.says("OPENAI_BASE_URL=")
    assert browser.open("/new/").says("The toy model on this machine writes this one. Don’t rely on it.")


def test_a_configured_server_is_named_without_its_key(browser, settings):
    settings.OPENAI_API_KEY = "sk-secret"
    settings.OPENAI_BASE_URL = "http://user:pass@ollama.lan:11434/v1"
    settings.OPENAI_MODEL_DRAFT = "qwen3:14b"
    assert browser.open("/settings/model/").says("qwen3:14b at ollama.lan:11434")
    assert "sk-secret" not in browser.response.content.decode()
    assert "pass@" not in browser.response.content.decode()
    assert not browser.open("/new/").says("toy model")


def test_an_administrator_finds_the_way_to_make_accounts(visitor, operator, browser):
    visitor.client.force_login(operator)
    assert visitor.open("/settings/").page.links["Manage users"] == "/admin/"
    assert "Administration" not in browser.open("/settings/").page.links


def test_what_one_often_says_is_ones_own_to_tick(browser, owner, model):
    def ideas():
        return re.findall(r'name="idea" value="([^"]*)"', browser.open("/new/").response.content.decode())

    assert ideas() == list(IDEAS)
    page = browser.open("/settings/")
    assert "Ask for more time" in page.response.content.decode()
    page.press("Save")
    assert Preferences.objects.get(owner=owner).ideas is None  # so that later defaults count
    lines = "Politely decline\r\n\r\n  <Send> the price list \r\nPolitely decline"
    browser.open("/settings/").press("Save", ideas=lines)
    assert ideas() == ["Politely decline", "&lt;Send&gt; the price list"]
    browser.open("/new/").press(
        "Draft a reply", email_to_respond=Person.EMAIL, idea=["Politely decline", "<Send> the price list"]
    )
    wait_for_runs()
    assert "Politely decline.\n<Send> the price list." in model.asked[-1].text
    refused = browser.client.post("/settings/you/", {"ideas": f"Fine\n{'x' * 201}"})
    assert (refused.status_code, "201 characters; 200 fit" in refused.content.decode()) == (400, True)
    assert "Fine\n" in refused.content.decode()
    assert browser.client.post("/settings/you/", {"ideas": "\n".join(map(str, range(31)))}).status_code == 400
    browser.open("/settings/").press("Save", ideas="")
    assert ideas() == []
