"""The table in the docs says which view and template make each page."""

import re

import pytest
from django.test import Client

from assistant_app.errors import ModelTimeout
from assistant_app.pages import urls
from tests.conftest import Person
from tests.real_server import ROOT

ROW = re.compile(r"^\| `(/\S*)` \| `([\w.]+)` \| (?:`(\S+)` )?\|$", re.MULTILINE)
ROWS = ROW.findall((ROOT / "docs/reference/urls.md").read_text())
FIRST, STRANGERS = "/welcome/", {"/sign-in/", "/sign-up/"}


def test_every_page_is_in_the_table():
    pages = [(f"/{page.pattern}", view_of(page)) for page in urls.urlpatterns]
    assert pages == [(url, view) for url, view, _ in ROWS]


def view_of(page):
    return f"{page.callback.__module__}.{page.callback.__qualname__}".removeprefix("assistant_app.pages.")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("url", "template"), [(url, template) for url, _, template in ROWS if template])
def test_each_page_is_made_from_the_template_beside_it(url, template, django_user_model, model, settings):
    settings.OPEN_SIGN_UP = True
    client = Client()
    if url != FIRST:
        owner = django_user_model.objects.create_user("ida", password="correct horse")
        person = Person(owner)
        person.give_input()
        person.give_feedback("Shorter, please.")
        if url.endswith("/write/"):
            model.will_write(ModelTimeout())
            person.fails_at("process_feedback", feedback="Warmer.")
        numbers = {"draft": 2, "number": 1, "app_id": person.app_id, "workflow": "email"}
        url = re.sub(r"<\w+:(\w+)>", lambda part: str(numbers[part[1]]), url)
        if url not in STRANGERS:
            client.force_login(owner)
    response = client.get(url)
    assert response.status_code == 200
    assert response.templates[0].name == template
