"""Accounts in the admin: what deleting one takes along, who may, and that an administrator is left."""

import pytest
from django.contrib.auth.models import Permission, User

from assistant_app.models import ApiToken, Application, Step

from .conftest import browser_of

USERS = "/admin/auth/user/"
pytestmark = pytest.mark.django_db


def delete(client, *users):
    """Ask to delete them, in the list; return the page that wants to be sure, and confirm it."""
    chosen = {"action": "delete_selected", "_selected_action": [user.pk for user in users]}
    asked = client.post(USERS, chosen)
    client.post(USERS, {**chosen, "post": "yes"})
    return asked.content.decode()


def names():
    return sorted(User.objects.values_list("username", flat=True))


def test_an_account_goes_with_its_emails_which_are_counted_and_not_listed(admin_site, owner, one_draft):
    ApiToken.objects.create(owner, name="laptop")
    page = admin_site.get(f"{USERS}{owner.pk}/delete/").content.decode()
    assert "ida, with all their emails and tokens" in page
    assert "Emails: 1" in page
    assert "API tokens: 1" in page
    assert "Late delivery" not in page
    assert "formulate_draft" not in page
    admin_site.post(f"{USERS}{owner.pk}/delete/", {"post": "yes"})
    assert names() == ["root"]
    assert [model.objects.count() for model in (Application, Step, ApiToken)] == [0, 0, 0]


def test_what_an_account_may_is_said_in_plain_words(admin_site, owner):
    form, listed = (admin_site.get(url).content.decode() for url in (f"{USERS}{owner.pk}/change/", USERS))
    for words in ("May sign in", "May open these pages", "Administrator", "Further permissions"):
        assert words in form
    assert "By May open these pages" in " ".join(listed.split())
    assert "superuser" not in (form + listed).replace("is_superuser", "").casefold()


@pytest.mark.parametrize("has_emails", [True, False])
def test_only_staff_who_may_delete_emails_delete_users_with_emails(staff, owner, tell, has_emails):
    if has_emails:
        tell()
    staff.user_permissions.set(Permission.objects.filter(codename__in=["delete_user", "view_user"]))
    delete(browser_of(staff), owner)
    assert ("ida" in names()) == has_emails


def test_the_last_administrator_stays(admin_site, operator, owner, django_user_model):
    page = admin_site.get(f"{USERS}{operator.pk}/delete/").content.decode()
    assert "root: one administrator must remain." in page
    assert admin_site.post(f"{USERS}{operator.pk}/delete/", {"post": "yes"}).status_code == 200
    assert names() == ["ida", "root"]
    second = django_user_model.objects.create_superuser("second")
    assert "one administrator must remain" in delete(admin_site, operator, second, owner)
    assert names() == ["ida", "root", "second"]
    delete(admin_site, second)
    assert names() == ["ida", "root"]
