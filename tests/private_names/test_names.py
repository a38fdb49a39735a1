"""Names that have to be there, with the parameters that we give or take; and none that is not listed.

What a name does is tested beside this: by library.
"""

import ast
import inspect
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from pkgutil import resolve_name

import pytest

from tests.private_names.places import (
    ADMIN_APPLICATIONS,
    ADMIN_DELETING,
    ADMIN_FILTERS,
    ADMIN_LIST,
    ADMIN_STAFF,
    API_COMMON,
    API_EVENTS,
    API_SCHEMA,
    API_SERIALIZERS,
    API_TOKENS,
    ASGI,
    BACKUP,
    DATABASE_THREADS,
    ERASURE,
    GRAPH,
    HASHING,
    HTTP_PROTOCOL,
    LIFESPAN,
    MIGRATION,
    MODELS,
    OTEL,
    PENDING,
    PLACES,
    POOL,
    PRODUCT,
    SETTINGS,
    SIGN_UP,
    STATEMENTS,
    STEP_CHECKS,
    TRACKING,
    WRITER,
    otherwise,
)

# A module of the product, what it does with a library's names, and these with the parameters that matter.
NAMES = [
    (
        ASGI,
        "serves requests with it",
        """
        django.core.handlers.asgi:ASGIHandler.read_body(receive)
        django.core.handlers.asgi:ASGIHandler.create_request(scope,body_file)
        django.core.handlers.asgi:ASGIHandler.send_response(response,send)
        django.core.handlers.asgi:ASGIHandler.listen_for_disconnect(receive)
        django.core.handlers.asgi:ASGIHandler.handle(scope,receive,send)
        django.core.handlers.asgi:ASGIHandler.get_response_async(request)
        django.core.handlers.asgi:get_script_prefix(scope)
        django.core.handlers.base:BaseHandler.load_middleware
        django.core.handlers.base:BaseHandler.get_response(request)
        django.urls:set_script_prefix(prefix)
        django.db:close_old_connections
        """,
    ),
    (
        PENDING,
        "answers an exception with it",
        "django.core.handlers.exception:response_for_exception(request,exc)",
    ),
    (
        LIFESPAN,
        "finds wrong settings with it",
        "django.core.checks:run_checks django.core.checks:CheckMessage.is_serious(level)",
    ),
    (
        HTTP_PROTOCOL,
        "limits the time of a request in it",
        """
        uvicorn.protocols.http.httptools_impl:HttpToolsProtocol.connection_made(transport)
        uvicorn.protocols.http.httptools_impl:HttpToolsProtocol.connection_lost(exc)
        uvicorn.protocols.http.httptools_impl:HttpToolsProtocol.data_received(data)
        uvicorn.protocols.http.httptools_impl:HttpToolsProtocol.pause_writing
        uvicorn.protocols.http.httptools_impl:HttpToolsProtocol.resume_writing
        uvicorn.protocols.http.httptools_impl:HttpToolsProtocol.on_message_begin
        uvicorn.protocols.http.httptools_impl:HttpToolsProtocol.on_headers_complete
        uvicorn.protocols.http.httptools_impl:HttpToolsProtocol.on_body(body)
        uvicorn.protocols.http.httptools_impl:HttpToolsProtocol.on_message_complete
        """,
    ),
    (
        HASHING,
        "hashes passwords with it",
        "django.contrib.auth.hashers:PBKDF2PasswordHasher.encode(password,salt,iterations)",
    ),
    (SETTINGS, "makes the local key with it", "django.core.management.utils:get_random_secret_key"),
    (
        POOL,
        "tries pooled connections with it",
        """
        django.db.backends.postgresql.base:DatabaseWrapper.get_new_connection(conn_params)
        django.db.backends.postgresql.base:DatabaseWrapper._close
        django.db.backends.postgresql.base:DatabaseWrapper.pool
        """,
    ),
    (
        DATABASE_THREADS,
        "tries idle connections with it",
        "django.db:connection.connection django.db:connection.is_usable",
    ),
    (
        STATEMENTS,
        "writes SQL and makes rows with it",
        """
        django.db.models.options:Options.concrete_fields
        django.db.models:Field.get_col(alias)
        django.db.models.expressions:Col.get_db_converters(connection)
        django.db:connection.ops.get_db_converters(expression)
        django.db:connection.ops.quote_name(name)
        django.db:connection.ops.adapt_datetimefield_value(value)
        """,
    ),
    (MODELS, "reads the clock of SQLite in it", "django.db:connection.timezone"),
    (ERASURE, "compacts the database only outside of it", "django.db:connection.in_atomic_block"),
    (BACKUP, "finds out whether there is anything", "django.db:connection.introspection.table_names"),
    (
        MIGRATION,
        "makes an index while others write",
        """
        django.db.backends.postgresql.schema:DatabaseSchemaEditor.add_index(model,index,concurrently)
        django.db.backends.postgresql.schema:DatabaseSchemaEditor.remove_index(model,index,concurrently)
        """,
    ),
    (SIGN_UP, "says that a name is taken", "django.db.models:Model.unique_error_message(unique_check)"),
    (
        ADMIN_APPLICATIONS,
        "overrides or calls it",
        """
        django.contrib.admin:ModelAdmin.render_change_form(request,context)
        django.contrib.admin:ModelAdmin.log_change(request,obj,message)
        django.contrib.admin:ModelAdmin.log_deletions(request,queryset)
        django.contrib.admin.utils:quote
        django.contrib.admin.utils:unquote
        """,
    ),
    (
        ADMIN_STAFF,
        "overrides it",
        """
        django.contrib.admin:ModelAdmin.lookup_allowed(lookup,value,request)
        django.contrib.admin:ModelAdmin.to_field_allowed(request,to_field)
        django.contrib.admin:ModelAdmin.get_changelist_instance(request)
        django.contrib.admin:ModelAdmin.get_object(request,object_id,from_field)
        django.contrib.admin:ModelAdmin.response_action(request,queryset)
        django.contrib.admin.options:IncorrectLookupParameters
        """,
    ),
    (
        ADMIN_DELETING,
        "goes back to the list",
        "django.contrib.admin:ModelAdmin.get_preserved_filters(request)",
    ),
    (
        ADMIN_FILTERS,
        "shows a field in a filter",
        """
        django.contrib.admin:SimpleListFilter.has_output
        django.contrib.admin:SimpleListFilter.choices(changelist)
        django.contrib.admin.views.main:ChangeList.get_query_string(remove)
        """,
    ),
    (ADMIN_LIST, "counts drafts in it", "django.contrib.admin.views.main:ChangeList.get_results(request)"),
    (
        API_COMMON,
        "throttles who is not signed in",
        """
        rest_framework.views:APIView.perform_authentication(request)
        rest_framework.request:Request.successful_authenticator
        """,
    ),
    (API_EVENTS, "answers 401 with it", "rest_framework.views:APIView.get_authenticate_header(request)"),
    (
        API_TOKENS,
        "looks tokens up in it",
        """
        knox.auth:TokenAuthentication.authenticate_credentials(token)
        knox.auth:TokenAuthentication.validate_user(auth_token)
        """,
    ),
    (
        API_SCHEMA,
        "describes tokens with it",
        "drf_spectacular.plumbing:build_bearer_security_scheme_object(header_name,token_prefix)",
    ),
    (
        API_SCHEMA,
        "describes bodies with it",
        """
        drf_spectacular.openapi:AutoSchema._map_serializer(serializer,direction,bypass_extensions)
        drf_spectacular.extensions:OpenApiSerializerExtension.map_serializer(auto_schema,direction)
        """,
    ),
    (API_SERIALIZERS, "keeps addresses by it", "django.urls:get_urlconf"),
    (WRITER, "asks what is due", "burr.core.graph:Graph.get_next_node(prior_step,state,entrypoint)"),
    (GRAPH, "looks actions up with it", "burr.core.graph:Graph.get_action(action_name)"),
    (
        STEP_CHECKS,
        "compares the graph with the steps",
        "burr.core.action:Action.is_async burr.core.action:Action.optional_and_required_inputs",
    ),
    (
        TRACKING,
        "tells Burr's client what Burr does not know",
        """
        burr.common.types:ParentPointer(app_id,partition_key,sequence_id)
        burr.tracking.client:LocalTrackingClient(project,storage_dir)
        burr.tracking.client:LocalTrackingClient.post_application_create(parent_pointer)
        burr.tracking.client:LocalTrackingClient.post_run_step(exception)
        """,
    ),
    (
        OTEL,
        "traces steps without their texts",
        """
        burr.integrations.opentelemetry:OpenTelemetryBridge.pre_run_step(action)
        burr.integrations.opentelemetry:OpenTelemetryBridge.post_run_step(exception)
        burr.integrations.opentelemetry:OpenTelemetryBridge.pre_run_execute_call
        burr.integrations.opentelemetry:OpenTelemetryBridge.post_run_execute_call
        burr.integrations.opentelemetry:OpenTelemetryBridge.do_log_attributes
        opentelemetry.trace:context_api.attach(context)
        """,
    ),
]


USES = {name: (place, use) for place, use, names in NAMES for name in names.split()}


@pytest.mark.parametrize("listed", USES)
def test_a_name_is_there_and_takes_what_it_took(listed):
    name, _, parameters = listed.removesuffix(")").partition("(")
    place, use = USES[listed]
    with otherwise(f"{name} is gone or takes other parameters, and the product {use}", place):
        found = resolve_name(name)
        if parameters:
            assert set(parameters.split(",")) <= inspect.signature(found).parameters.keys()


# --- Nothing is missing here ----------------------------------------------------------------------

# The private names of libraries in the product's code. Those that are not documented have a test here.
PRIVATE = {
    "_cached_user": "Django",
    "_close": "Django",
    "_handler_class": "Django",
    "_resource_closers": "Django",
    "_default_manager": "Django, documented",
    "_state": "Django, documented",
    "_meta": "Django, documented except for `concrete_fields`",
    "_exit": "Python, documented",
    "_map_serializer": "drf-spectacular",
}


def _is_private(name):
    return name[:1] == "_" != name[1:2] and len(name) > 1


def _is(node, name):
    return isinstance(node, ast.Name) and node.id == name


DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
KINDS = {*DEFINITIONS, ast.Import, ast.ImportFrom, ast.Attribute, ast.Name, ast.Constant, ast.JoinedStr}


def _modules():
    """Yield the name of each of the product's modules, and the nodes of its syntax tree that tell names."""
    for package in PRODUCT:
        root = Path(import_module(package).__file__).parent
        for file in sorted(root.rglob("*.py")):
            name = ".".join(file.relative_to(root.parent).with_suffix("").parts)
            nodes = ast.walk(ast.parse(file.read_text()))
            yield name.removesuffix(".__init__"), [node for node in nodes if type(node) in KINDS]


def _own_names(nodes):
    """Yield what the product itself gives a private name to: functions, variables, attributes of `self`."""
    for node in nodes:
        if isinstance(node, DEFINITIONS):
            name = node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            name = node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and _is(node.value, "self"):
            name = node.attr
        else:
            continue
        if _is_private(name):
            yield name


def _names_of_others(module, nodes, own):
    """Yield the private names of libraries in a module: imported, looked up, in a text, overridden.

    `own` are the product's: on `self` it may be any of them, on other objects one of the module's.
    """
    local = set(_own_names(nodes))
    parts_of_texts = {part for node in nodes if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in nodes:
        if isinstance(node, ast.Import | ast.ImportFrom):
            source = getattr(node, "module", None) or ""
            imported = [part for alias in node.names for part in f"{source}.{alias.name}".split(".")]
            yield from () if source.startswith(PRODUCT) else imported
        elif isinstance(node, ast.Attribute) and _is_private(node.attr):
            is_inherited = isinstance(node.value, ast.Call) and _is(node.value.func, "super")
            ours = own if _is(node.value, "self") else () if is_inherited else local
            yield from [node.attr] if node.attr not in ours else ()
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in parts_of_texts:
            yield from [node.value] if node.value.isidentifier() else ()
        elif isinstance(node, ast.ClassDef) and node.bases:
            yield from _overridden(module, node)


def _overridden(module, definition):
    defined = set(_own_names(definition.body))
    known = vars(import_module(module)).get(definition.name) if defined else None  # none: a class in a class
    for base in known.__mro__ if known else ():
        if not base.__module__.startswith(PRODUCT):
            yield from defined & vars(base).keys()


def test_each_private_name_of_a_library_is_listed_here():
    modules = dict(_modules())
    own = {name for nodes in modules.values() for name in _own_names(nodes)}
    found = {
        (name, module)
        for module, nodes in modules.items()
        for name in _names_of_others(module, nodes, own)
        if _is_private(name)
    }
    unlisted = sorted(f"{name} in {module}" for name, module in found if name not in PRIVATE)
    said = f"Private names without a test: {', '.join(unlisted)}. Do without them, or test them here."
    assert not unlisted, said
    unused = PRIVATE.keys() - {name for name, _ in found}
    assert not unused, f"Private names that the product does not use any more: {', '.join(unused)}."


def test_each_place_to_look_at_is_there():
    missing = [place for place in PLACES if find_spec(place) is None]
    assert not missing, f"These modules have moved: {', '.join(missing)}."
