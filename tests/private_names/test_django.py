"""How Django serves requests, reads rows and draws its admin, as far as its documentation is silent."""

import ast
import asyncio
import inspect
import re
import textwrap
from datetime import timedelta
from pathlib import Path

import dj_database_url
import django
import pytest
from django.conf import settings as django_settings
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.templatetags.admin_urls import add_preserved_filters
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.sessions.backends.db import SessionStore
from django.core.handlers.asgi import ASGIHandler, ASGIRequest
from django.core.signals import request_finished, request_started
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from django.db.utils import ConnectionHandler
from django.http import HttpResponse, StreamingHttpResponse
from django.template.loader import get_template
from django.urls import path, resolve, reverse
from django.utils.functional import SimpleLazyObject
from servestatic.storage import CompressedManifestStaticFilesStorage

from assistant_app.models import ApiToken, Application
from emailassistant.asgi import Handler
from tests import services
from tests.private_names.places import (
    ADMIN,
    ADMIN_DELETING,
    ADMIN_FILTERS,
    ADMIN_LIST,
    ASGI,
    DATABASE_THREADS,
    ERASURE,
    HEALTH,
    LOGS,
    PENDING,
    PEOPLE,
    POOL,
    STATEMENTS,
    STATIC,
    ZIP_DOWNLOAD,
    otherwise,
)

# --- Django: requests -----------------------------------------------------------------------------


async def _two_parts():
    yield b"one"
    yield b"two"


urlpatterns = [
    path("whole/", lambda request: HttpResponse(type(request).__name__)),
    path("streamed/", lambda request: StreamingHttpResponse(_two_parts())),
]


def _exchange(handler, address):
    """Send a GET; return what is answered, and which signals name the handler as their sender."""
    sent, signals = [], []
    receivers = {
        signal: lambda sender, name=name, **_: signals.append((name, sender is type(handler)))
        for name, signal in (("started", request_started), ("finished", request_finished))
    }
    incoming = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive():
        return incoming.pop() if incoming else await asyncio.Event().wait()

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": "GET",
        "path": address,
        "query_string": b"",
        "headers": [(b"host", b"localhost")],
    }
    for each, receiver in receivers.items():
        each.connect(receiver, weak=False)
    try:
        asyncio.run(asyncio.wait_for(handler(scope, receive, send), 20))
    finally:
        for each, receiver in receivers.items():
            each.disconnect(receiver)
    return sent, signals


@pytest.mark.parametrize("address", ["/whole/", "/streamed/"])
def test_django_serves_a_request_as_our_handler_does(settings, address):
    settings.ROOT_URLCONF = __name__
    with otherwise("Django serves a request in another way than ours, or sends other signals", ASGI):
        ours, theirs = _exchange(Handler(), address), _exchange(ASGIHandler(), address)
        assert ours == theirs
        assert theirs[1] == [("started", True), ("finished", True)]


def test_django_does_no_more_for_a_request_than_our_handler_repeats():
    known = """
        self.read_body set_script_prefix get_script_prefix signals.request_started.asend self.create_request
        self.run_get_response self.get_response_async self.send_response body_file.close process_request
        self.listen_for_disconnect signals.request_finished.asend sync_to_async(response.close)
        sync_to_async(error_response.close) sync_to_async asyncio.create_task asyncio.wait
        task.done task.result task.cancel tasks[1].result isinstance
    """
    with otherwise("Django's `ASGIHandler.handle` calls other things than it did", ASGI):
        calls = set()
        for method in (ASGIHandler.handle, ASGIHandler.run_get_response):
            tree = ast.parse(textwrap.dedent(inspect.getsource(method)))
            calls |= {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
        assert calls == set(known.split())


@pytest.mark.django_db
def test_the_end_of_a_response_is_told_in_the_name_of_its_handler():
    class Sender:
        pass

    senders = []

    def note(sender, **_):
        senders.append(sender)

    request_finished.connect(note, sender=Sender)
    with otherwise("A response no longer sends its signal as `_handler_class`", ASGI):
        response = HttpResponse()
        response._handler_class = Sender
        response.close()
        assert senders == [Sender]


@pytest.mark.django_db
def test_a_response_closes_what_is_in_its_list():
    with otherwise("A response no longer keeps in `_resource_closers` what it closes", PENDING):
        closed, response = [], HttpResponse()
        response._resource_closers[:0] = [lambda: closed.append("the request")]
        response.close()
        assert closed == ["the request"]


def test_a_request_over_asgi_is_an_asgi_request():
    with otherwise("Django's requests over ASGI are no longer of `ASGIRequest`", ZIP_DOWNLOAD):
        assert ASGIHandler.request_class is ASGIRequest


def test_a_request_keeps_its_user_once_somebody_has_asked(rf):
    request = rf.get("/")
    request.session = SessionStore()
    with otherwise("Django no longer keeps a request's user as `_cached_user`", LOGS):
        AuthenticationMiddleware(HttpResponse).process_request(request)
        assert isinstance(vars(request)["user"], SimpleLazyObject)
        assert "_cached_user" not in vars(request)
        assert request.user.is_anonymous
        assert vars(request)["_cached_user"] == AnonymousUser()


# --- Django: the database -------------------------------------------------------------------------


def _columns(row):
    values = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    return {name: (type(value), value) for name, value in values.items()}


@pytest.mark.django_db
def test_a_row_is_converted_from_the_database_as_the_orm_does(owner):
    made = Application.objects.create(owner=owner, next_step="process_input", state={"a": [1, None, "é"]})
    with otherwise("Fields name what converts their values in another way", STATEMENTS):
        read = Application.find(made.pk, owner_id=owner.pk)
        assert _columns(read) == _columns(Application.objects.get(pk=made.pk))


@pytest.mark.django_db
def test_a_token_comes_with_what_a_request_asks_of_its_user(owner):
    made, _ = ApiToken.objects.create(user=owner, name="phone", expiry=timedelta(days=1))
    with otherwise("`from_db` takes a row's values in another order", PEOPLE):
        read = ApiToken.find(made.digest)
        asked = {"id", "username", "is_active", "is_staff", "is_superuser"}
        assert {
            field.attname for field in User._meta.concrete_fields
        } - read.user.get_deferred_fields() == asked
        assert read.get_deferred_fields() == {"token_key", "created"}
        assert (_columns(read), _columns(read.user)) == (_columns(made), _columns(owner))


@pytest.mark.django_db
def test_a_connection_remembers_that_an_error_occurred():
    with otherwise("Django no longer notes `errors_occurred` on a connection", DATABASE_THREADS):
        connection.errors_occurred = False
        with connection.cursor() as cursor, pytest.raises(DatabaseError):
            cursor.execute("SELECT FROM WHERE")
        assert connection.errors_occurred


@services.needs_postgresql
@pytest.mark.django_db
def test_a_pool_lends_the_object_again_on_which_we_note_the_time():
    options = {"pool": {"min_size": 0, "max_size": 1, "timeout": 10}}
    given = dj_database_url.parse(services.POSTGRES_URL)
    pooled = {**given, "ENGINE": "emailassistant.postgresql", "OPTIONS": options}
    wrapper = ConnectionHandler({"default": {}, "pooled": pooled})["pooled"]
    with otherwise("A pooled connection does not keep `given_back_at`, so each one is tried", POOL):
        try:
            wrapper.connect()
            lent = wrapper.connection
            wrapper.close()
            assert lent.given_back_at > 0
            wrapper.connect()
            assert wrapper.connection is lent
        finally:
            wrapper.close()
            wrapper.close_pool()


@pytest.mark.django_db
def test_missing_migrations_can_be_planned():
    with otherwise("Django's `MigrationExecutor` no longer says which migrations are missing", HEALTH):
        MigrationRecorder.Migration.objects.filter(app="assistant_app").delete()
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
        assert missing[0][0].app_label == "assistant_app"
        assert missing[0][0].name == "0001_initial"


@pytest.mark.django_db
def test_a_session_names_its_user_under_the_session_key(client, owner):
    client.force_login(owner)
    with otherwise("A session no longer names its user as text under `SESSION_KEY`", ERASURE):
        assert client.session[SESSION_KEY] == str(owner.pk)


# --- Django: the admin, templates, files ----------------------------------------------------------


def test_the_admin_calls_the_password_change_of_its_site(rf):
    request = rf.get(reverse("admin:password_change"))
    request.user = User(is_staff=True)
    with otherwise("The admin no longer calls `site.password_change`, which we replace", ADMIN):
        assert resolve(request.path).func(request).url == reverse("password")


@pytest.mark.django_db
def test_a_list_of_the_admin_tells_its_templates_what_it_did(client, operator):
    client.force_login(operator)
    places = ADMIN_LIST, ADMIN_FILTERS, "templates/admin"
    with otherwise("`ChangeList`, or what its templates are given, has changed", *places):
        context = client.get(reverse("admin:assistant_app_application_changelist"), {"owner": "ida"}).context
        assert context["cl"].filter_params == {"owner": ["ida"]}
        assert context["cl"].result_list == []
        assert all(name in context for name in ("pagination_required", "page_range", "search_var"))


def test_preserved_filters_are_added_to_an_address():
    address = reverse("admin:assistant_app_application_changelist")
    kept = {"preserved_filters": "_changelist_filters=owner%3Dida", "opts": Application._meta}
    with otherwise("The admin no longer adds its preserved filters", ADMIN_DELETING):
        assert add_preserved_filters(kept, address) == f"{address}?owner=ida"


def _blocks_of(file):
    return set(re.findall(r"{% block ([\w-]+)", file.read_text()))


def test_the_admins_templates_have_the_blocks_that_ours_fill():
    theirs = Path(django.__file__).parent / "contrib/admin/templates/admin"
    (ours,) = (Path(folder) / "admin" for folder in django_settings.TEMPLATES[0]["DIRS"])
    extended = {
        "base_site.html": "base.html",
        "login.html": "login.html",
        "assistant_app/application/change_form.html": "change_form.html",
        "assistant_app/application/change_list.html": "change_list.html",
    }
    for name, parent in extended.items():
        filled = _blocks_of(ours / name)
        lacking = filled - _blocks_of(theirs / parent) - _blocks_of(theirs / "base.html")
        with otherwise(f"Django's {parent} lacks the blocks {lacking}", f"templates/admin/{name}"):
            assert filled
            assert not lacking


def test_an_action_names_its_rows_as_our_template_does():
    name = "admin/assistant_app/application/change_form.html"
    with otherwise("The admin's actions take their rows under another name", f"templates/{name}"):
        assert f'name="{ACTION_CHECKBOX_NAME}"' in get_template(name).template.source


def test_a_static_file_that_was_not_collected_is_a_value_error():
    storage = CompressedManifestStaticFilesStorage()
    said = "The manifest's storage no longer raises `ValueError` for an unknown file"
    with otherwise(said, STATIC), pytest.raises(ValueError):
        storage.url("nowhere.css", force=True)
