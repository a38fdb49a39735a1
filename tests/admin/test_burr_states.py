"""The states of other Burr programs in the admin: who saved what, never what it says."""

import pytest
from burr.core import State
from django.test import Client

from assistant_app.engine.state_persisters import DjangoStatePersister
from assistant_app.models import BurrState

from .conftest import browser_of
from .test_detail import fields

LIST = "/admin/assistant_app/burrstate/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def row():
    state = State({"diary": "No one else may read this."})
    DjangoStatePersister().save("anna", "garden", 3, "sow", state, "completed")
    return BurrState.objects.get()


@pytest.fixture
def pages(row):
    return [LIST, f"{LIST}{row.pk}/change/", f"{LIST}{row.pk}/delete/", f"{LIST}{row.pk}/history/"]


def test_an_operator_sees_which_program_saved_what_and_not_its_state(admin_site, pages):
    for page in pages:
        markup = admin_site.get(page).content.decode()
        assert "garden" in markup, page
        assert "No one else may read this." not in markup, page
    detail = admin_site.get(pages[1]).content.decode()
    for part in ("anna", "sow", "completed"):
        assert part in detail
    assert fields(detail) == []


@pytest.mark.parametrize(
    ("words", "found"), [("garden", "sow"), ("anna", "sow"), ("berta", "hum"), ("gard", "")]
)
def test_a_program_is_found_by_its_whole_id_or_partition(admin_site, row, words, found):
    DjangoStatePersister().save("berta", "gardener", 0, "hum", State({}), "completed")
    markup = admin_site.get(LIST, {"q": words}).content.decode()
    assert "".join(each for each in ("sow", "hum") if f">{each}</td>" in markup) == found


def test_states_can_be_deleted_but_neither_made_nor_changed(admin_site, row, pages):
    assert admin_site.get(f"{LIST}add/").status_code == 403
    assert admin_site.post(pages[1], {"position": "reap"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
    assert admin_site.post(LIST, chosen).headers["Location"] == LIST
    assert not BurrState.objects.exists()


def test_staff_without_permission_and_users_see_nothing(staff, owner, pages):
    for page in pages:
        assert browser_of(staff).get(page).status_code == 403
        for client in (browser_of(owner), Client()):
            assert client.get(page).headers["Location"].startswith("/admin/login/")


def test_an_id_that_cannot_be_one_leads_back_with_a_message(admin_site):
    for wrong in ("%00", "x", "9" * 30):
        assert "exist" in admin_site.get(f"{LIST}{wrong}/change/", follow=True).content.decode()
