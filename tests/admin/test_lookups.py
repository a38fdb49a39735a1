"""No address of the admin asks the database about a column that the list does not show."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assistant_app.admin.staff import StaffAdmin
from assistant_app.models import MailReading

from .conftest import browser_of

pytestmark = pytest.mark.django_db

LISTS = {model: f"/admin/{model._meta.app_label}/{model._meta.model_name}/" for model in admin.site._registry}
APPLICATIONS = "/admin/assistant_app/application/"
# What the lists offer to filter by.
OFFERED = {
    "application": {"look", "owner"},
    "apitoken": set(),
    "burrstate": set(),
    "group": set(),
    "serverdeviation": set(),
    "user": {
        "is_staff__exact",
        "is_superuser__exact",
        "is_active__exact",
        "groups__id__exact",
        "groups__isnull",
    },
}
IN_JSON = [
    "state__incoming_email__startswith",
    "state__draft_history__0__regex",
    "state__has_key",
    "state__a__b__c",
]


def paths_of(model, depth=2):
    """Yield the path of each field, also through relations in both directions, and the field."""
    for field in model._meta.get_fields(include_hidden=True):
        names = {field.name, getattr(field, "attname", field.name)}
        for name in names:
            yield name, field
        if field.related_model and depth > 1:
            for rest, last in paths_of(field.related_model, depth - 1):
                yield f"{field.name}__{rest}", last


def questions_to(model):
    """Return the parameters of a list that would filter by some field in some way."""
    asked = {"pk", "pk__in", "pk__startswith", "id__exact", *IN_JSON}
    for path, field in paths_of(model):
        known = field.get_lookups() if hasattr(field, "get_lookups") else ()
        ways = known if "__" not in path else {"startswith", "in"} & set(known)
        asked |= {path, *(f"{path}__{way}" for way in ways), f"{path}__year__gt"}
    return asked


def test_every_page_of_the_admin_has_the_base_class():
    assert [page for page in admin.site._registry.values() if not isinstance(page, StaffAdmin)] == []
    assert {model._meta.model_name for model in LISTS} == OFFERED.keys()


@pytest.mark.parametrize("model", LISTS, ids=lambda model: model._meta.model_name)
def test_no_list_filters_by_a_field_that_it_does_not_offer(model, admin_site, one_draft):
    asked = questions_to(model) - OFFERED[model._meta.model_name]
    assert len(asked) > 100
    taken = []
    for name in sorted(asked):
        answer = admin_site.get(LISTS[model], {name: "a"})
        if (answer.status_code, answer.headers.get("Location")) != (302, f"{LISTS[model]}?e=1"):
            taken.append(name)
    assert taken == []


def test_a_refused_filter_asks_the_database_nothing(admin_site, one_draft):
    with CaptureQueriesContext(connection) as queries:
        admin_site.get(APPLICATIONS, {"state__incoming_email__startswith": "From: Marta"})
    assert not [each for each in queries.captured_queries if "assistant_app_application" in each["sql"]]


@pytest.mark.parametrize("known", ["F", "From: Marta", "no such text"])
def test_an_email_cannot_be_spelled_out(viewer, one_draft, known):
    """The same answer for a right and a wrong guess, whatever the column and the way to compare."""
    client = browser_of(viewer)
    for column in ("state__incoming_email", "state", "error_message", "model_calls__reply", "steps__changes"):
        for way in ("startswith", "icontains", "regex", "gt", "in", "contains"):
            answer = client.get(APPLICATIONS, {"id__exact": one_draft.row.pk, f"{column}__{way}": known})
            assert answer.status_code == 302
            assert str(one_draft.row.pk) not in answer.content.decode()
    assert not MailReading.objects.exists()


def test_no_list_can_be_ordered_by_a_column_that_it_does_not_show(admin_site, one_draft):
    for address in LISTS.values():
        for order in ("state", "password", "0", "99", "-99", "digest", "-1.-2", "0.1.2.3.4.5.6.7.8.9"):
            with CaptureQueriesContext(connection) as queries:
                assert admin_site.get(address, {"o": order}).status_code == 200
            ordered = [each["sql"].partition("ORDER BY")[2] for each in queries.captured_queries]
            for column in ("state", "password", "error_message", "sender", "lease_token"):
                assert not [sql for sql in ordered if f'."{column}" ' in sql], (address, order)


def test_a_search_finds_only_what_the_list_shows(admin_site, one_draft):
    def found(words):
        return admin_site.get(APPLICATIONS, {"q": words}).content.decode().count('class="field-name"')

    assert found("Late delivery") == 1
    assert [found(words) for words in ("sensors", "credit note", "60 ship", "process_feedback")] == [0] * 4


def test_completing_a_name_needs_the_permission_to_see_it_and_finds_no_text(admin_site, staff, one_draft):
    address = "/admin/autocomplete/"
    asked = {"app_label": "assistant_app", "model_name": "mailreading", "field_name": "application"}
    staff.user_permissions.add(Permission.objects.get(codename="view_user"))
    for term in ("Where are my 96 sensors", "60 ship on Thursday"):
        assert browser_of(staff).get(address, {**asked, "term": term}).status_code == 403
        assert admin_site.get(address, {**asked, "term": term}).json()["results"] == []


@pytest.mark.parametrize("name", ["password", "state", "digest__startswith", "username", "lease_token"])
@pytest.mark.parametrize("rest", ["", "add/", "1/change/", "1/delete/"])
def test_no_page_refers_to_a_row_by_another_column(admin_site, name, rest):
    for address in LISTS.values():
        answer = admin_site.get(address + rest, {"_to_field": name, "_popup": "1"})
        assert answer.status_code in (302, 400, 403, 404), address


def test_what_is_offered_still_filters(admin_site, tell, owner):
    tell()
    tell().ends("finished")
    staff_only = admin_site.get("/admin/auth/user/", {"is_superuser__exact": "1"}).content.decode()
    assert ">root</a>" in staff_only
    assert ">ida</a>" not in staff_only
    assert admin_site.get("/admin/auth/user/", {"groups__isnull": "True"}).status_code == 200
    page = admin_site.get(APPLICATIONS, {"look": "finished", "owner": "ida"})
    assert "1 email\n" in page.content.decode()


def test_an_address_that_was_refused_twice_says_so(admin_site):
    page = admin_site.get(APPLICATIONS, {"state__icontains": "x", "e": "1"}).content.decode()
    assert "This list cannot be filtered like that." in page
    assert "atabase" not in page
