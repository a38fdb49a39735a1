"""Each sentence on who reads an email is made from the configuration."""

import pytest

pytestmark = pytest.mark.django_db
HERE = "Only this server reads your emails; the model runs on it, too."
AWAY = "Only the model’s server, api.openai.com, reads your emails."


def test_every_privacy_line_names_who_reads(browser, settings):
    settings.OPENAI_API_KEY = settings.OPENAI_BASE_URL = ""
    for address in ("/", "/settings/data/"):
        assert browser.open(address).says(HERE)
    settings.OPENAI_API_KEY = "sk-secret"
    for address in ("/", "/settings/data/"):
        assert browser.open(address).says(AWAY)
    assert browser.open("/new/").says("Only api.openai.com reads this; nothing is emailed.")
    settings.OPENAI_BASE_URL = "http://127.0.0.1:11434/v1"
    assert browser.open("/").says(HERE)
    assert browser.open("/new/").says("Only this server reads this; nothing is emailed.")


def test_a_server_that_steps_in_is_named_too(browser, settings):
    settings.OPENAI_API_KEY = "sk-secret"
    settings.MODEL_FALLBACKS = [{"base_url": "https://llm.example/v1", "api_key": "x", "model": "m"}]
    assert browser.open("/").says(
        "Only the models’ servers, api.openai.com and llm.example, read your emails."
    )
