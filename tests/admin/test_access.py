"""Who sees what in the admin, and that its pages keep the content security policy."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from assistant_app.models import ApiToken

from .conftest import browser_of, say_why
from .test_detail import fields

LIST = "/admin/assistant_app/application/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def pages(one_draft):
    return [LIST, f"{LIST}{one_draft.row.pk}/change/", f"{LIST}{one_draft.row.pk}/steps/0/"]


@pytest.fixture
def token(owner):
    ApiToken.objects.create(user=owner, name="laptop", expiry=timedelta(days=90))
    return ApiToken.objects.get()


def test_staff_with_the_permission_to_view_sees_all(viewer, pages, one_draft):
    client = browser_of(viewer)
    say_why(client, one_draft.row)
    assert [client.get(page).status_code for page in pages] == [200, 200, 200]


def test_staff_without_permission_sees_nothing(staff, pages):
    client = browser_of(staff)
    assert [client.get(page).status_code for page in pages] == [403, 403, 403]
    assert "Late delivery" not in client.get("/admin/").content.decode()


@pytest.mark.parametrize("who", ["owner", "stranger", None])
def test_users_who_are_not_staff_are_asked_to_sign_in(request, pages, who):
    client = browser_of(request.getfixturevalue(who)) if who else Client()
    for page in pages:
        answer = client.get(page)
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/admin/login/")


def test_a_step_of_an_unknown_application_is_no_way_to_learn_of_ids(staff, admin_site):
    page = f"{LIST}00000000-0000-0000-0000-000000000000/"
    for rest in ("steps/0/", "read/"):
        assert browser_of(staff).get(page + rest).status_code == 403
        assert admin_site.get(page + rest).status_code == 404


def test_a_token_shows_name_owner_and_end_and_not_its_hash(admin_site, token):
    page = admin_site.get("/admin/assistant_app/apitoken/").content.decode()
    for part in ("laptop", "ida", token.token_key, str(timezone.localtime(token.expiry).year)):
        assert part in page
    detail = admin_site.get(f"/admin/assistant_app/apitoken/{token.pk}/change/").content.decode()
    assert fields(detail) == []
    assert token.digest not in re.sub(r'(?:href|action|src|value)="[^"]*"', "", page + detail)


def test_a_token_that_cannot_be_one_leads_back_with_a_message(admin_site):
    page = admin_site.get("/admin/assistant_app/apitoken/%00/change/", follow=True)
    assert "exist" in page.content.decode()


def test_a_token_can_be_revoked_but_neither_made_nor_changed(admin_site, token):
    address = f"/admin/assistant_app/apitoken/{token.pk}"
    assert admin_site.get("/admin/assistant_app/apitoken/add/").status_code == 403
    assert admin_site.post(f"{address}/change/", {"name": "forged"}).status_code == 403
    answer = admin_site.post(f"{address}/delete/", {"post": "yes"})
    assert answer.headers["Location"] == "/admin/assistant_app/apitoken/"
    assert not ApiToken.objects.exists()


def test_the_pages_hold_nothing_that_the_policy_forbids(admin_site, pages, operator, token, one_draft):
    say_why(admin_site, one_draft.row)
    row = pages[1].removesuffix("change/")
    more = ["/admin/", f"{row}delete/", f"{row}history/", "/admin/assistant_app/apitoken/"]
    more += ["/admin/auth/user/", f"/admin/auth/user/{operator.pk}/change/", "/admin/auth/user/add/"]
    for address in [*pages, *more]:
        page = admin_site.get(address)
        assert page.status_code == 200, address
        assert "style-src 'self'" in page.headers["Content-Security-Policy"]
        markup = page.content.decode()
        assert not re.findall(r"<[^>]*\sstyle=", markup), address
        assert "<style" not in markup, address
        assert not re.findall(r"<[a-z][^>]*\son[a-z]+=", markup), address
        assert not re.findall(r"<script(?![^>]*\ssrc=)[^>]*>\s*[^<\s]", markup), address


def test_nothing_is_loaded_from_another_host(admin_site, pages, one_draft):
    say_why(admin_site, one_draft.row)
    for address in pages:
        page = admin_site.get(address)
        assert page.status_code == 200, address
        markup = page.content.decode()
        assert not re.findall(r'(?:src|href)="(?:https?:)?//', markup)
