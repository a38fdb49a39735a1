"""What model servers do otherwise, in the admin: seen and forgotten, never made or changed."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from assistant_app.models import ServerDeviation

from .conftest import browser_of

LIST = "/admin/assistant_app/serverdeviation/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def row():
    return ServerDeviation.objects.create(server="127.0.0.1:11434/v1", model="llama3.1", option="json_schema")


def test_an_operator_sees_what_a_server_does_otherwise_and_how_it_is_asked(admin_site, row):
    ServerDeviation.objects.create(server="models.example.org/v1", model="m", option="top_p")
    old = timezone.now() - timedelta(days=31)
    ServerDeviation.objects.create(server="old.example.org", model="m", option="system", learned_at=old)

    markup = admin_site.get(LIST).content.decode()

    for words in ("Takes no JSON schema", "any JSON object is asked for", "Takes no top_p", "it is left out"):
        assert words in markup
    assert "old.example.org" not in markup
    assert "127.0.0.1:11434/v1" in admin_site.get(f"{LIST}{row.pk}/change/").content.decode()


def test_an_operator_can_forget_it_but_neither_add_nor_change_it(admin_site, row):
    assert admin_site.get(f"{LIST}add/").status_code == 403
    assert admin_site.post(f"{LIST}{row.pk}/change/", {"option": "system"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
    assert admin_site.post(LIST, chosen).headers["Location"] == LIST
    assert not ServerDeviation.objects.exists()


def test_staff_without_permission_and_users_see_nothing(staff, owner, row):
    for page in (LIST, f"{LIST}{row.pk}/change/"):
        assert browser_of(staff).get(page).status_code == 403
        for client in (browser_of(owner), Client()):
            assert client.get(page).status_code == 302
