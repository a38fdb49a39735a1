"""Whatever an address or a form of the admin holds, a page answers: thousands of requests."""

import pytest
from django.contrib.auth.models import Group

from assistant_app.models import ApiToken

from .conftest import say_why
from .test_lookups import LISTS

# PostgreSQL refuses some of these values, and a refused statement ends a transaction.
pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

ODD = [
    "",
    "x",
    "(",
    "-1",
    "1.5",
    "²",
    "9" * 30,
    "9" * 5000,
    "1e999",
    "\x00",
    "a\x00b",
    "\U0010ffff",
    "a" * 3000,
]
OF_LISTS = [
    "q", "p", "o", "_facets", "_to_field", "_changelist_filters", "look", "owner", "is_staff__exact",
    "groups__id__exact", "groups__isnull", "created_at__year", "state__regex", "status__exact", "id__in",
]  # fmt: skip
OF_PAGES = [
    "p", "e", "page", "days", "owner", "_to_field", "_popup", "_changelist_filters", "_facets", "next",
]  # fmt: skip
OF_NAMES = ["term", "page", "app_label", "model_name", "field_name"]
PAGES = {200, 302, 400, 403, 404, 405}


@pytest.fixture
def addresses(one_draft, owner, operator):
    """The pages that are no lists."""
    group = Group.objects.create(name="helpers")
    token = ApiToken.objects.create(user=owner, name="laptop")[0]
    rows = [
        f"/admin/assistant_app/application/{one_draft.row.pk}/",
        f"/admin/assistant_app/apitoken/{token.pk}/",
        f"/admin/auth/user/{operator.pk}/",
        f"/admin/auth/group/{group.pk}/",
    ]
    of_a_row = [row + rest for row in rows for rest in ("change/", "history/", "delete/")]
    more = [f"{rows[0]}steps/0/", "/admin/assistant_app/application/usage/", f"{rows[2]}password/"]
    return [
        *of_a_row,
        *more,
        "/admin/",
        "/admin/auth/",
        "/admin/login/",
        "/admin/jsi18n/",
        "/admin/auth/user/add/",
    ]


def failed(answers):
    return {what: status for what, status in answers.items() if status not in PAGES}


def test_every_parameter_of_every_list(admin_site, one_draft):
    answers = {
        (address, name, value[:40]): admin_site.get(address, {name: value}).status_code
        for address in LISTS.values()
        for name in OF_LISTS
        for value in ODD[:-2]
    }
    assert failed(answers) == {}


@pytest.mark.parametrize("value", ODD)
def test_every_parameter_of_every_page(admin_site, addresses, one_draft, value):
    say_why(admin_site, one_draft.row)
    answers = {}
    for address in addresses:
        for names in (OF_PAGES, [name for name in OF_PAGES if name != "_to_field"], ["_to_field"]):
            asked = dict.fromkeys(names, value)
            answers[address, len(names)] = admin_site.get(address, asked).status_code
    assert failed(answers) == {}


@pytest.mark.parametrize("value", ODD)
def test_every_parameter_of_the_completion_of_names(admin_site, value):
    right = {"app_label": "assistant_app", "model_name": "apitoken", "field_name": "user", "term": "i"}
    assert admin_site.get("/admin/autocomplete/", right).status_code == 200
    answers = {
        name: admin_site.get("/admin/autocomplete/", {**right, name: value}).status_code for name in OF_NAMES
    }
    assert failed(answers) == {}


def test_every_id_in_an_address(admin_site):
    ids = [
        "0",
        "x",
        "(",
        "9" * 30,
        "%00",
        "a%00b",
        "_00",
        "_FF",
        "%F0%9F%92%A5",
        "-1",
        "1.0",
        "%C2%B2",
        "a" * 3000,
    ]
    rests = ["change/", "history/", "delete/", "password/", "read/", "steps/0/", f"steps/{'9' * 30}/"]
    places = [f"{address}{each}/{rest}" for address in LISTS.values() for each in ids for rest in rests]
    places += [f"/admin/r/{kind}/{each}/" for kind in range(1, 15) for each in ids]
    places += [f"/admin/r/{each}/1/" for each in ids]
    answers = {place[:90]: admin_site.get(place).status_code for place in places}
    assert failed(answers) == {}


@pytest.mark.parametrize("value", ODD)
def test_every_form(admin_site, operator, value, one_draft):
    forms = {
        "/admin/auth/user/add/": ("username", "password1", "password2", "usable_password"),
        f"/admin/auth/user/{operator.pk}/change/": ("username", "groups", "user_permissions", "email"),
        f"/admin/auth/user/{operator.pk}/password/": ("password1", "password2"),
        "/admin/auth/group/add/": ("name", "permissions"),
        f"/admin/assistant_app/application/{one_draft.row.pk}/read/": ("reason",),
    }
    answers = {
        (address, name): admin_site.post(address, {name: value}).status_code
        for address, names in forms.items()
        for name in names
    }
    for address in LISTS.values():
        for action in ("delete_selected", "retry", "release", value):
            sent = {"action": action, "_selected_action": value}
            answers[address, action] = admin_site.post(address, sent).status_code
            sent |= {"index": value, "select_across": value}
            answers[address, action, "all"] = admin_site.post(address, sent).status_code
    assert failed(answers) == {}
