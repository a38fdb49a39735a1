"""Where the product relies on it: the modules that a failing test names."""

from contextlib import contextmanager

ADMIN = "assistant_app.admin"
ADMIN_APPLICATIONS = "assistant_app.admin.applications"
ADMIN_DELETING = "assistant_app.admin.lists"
ADMIN_FILTERS = "assistant_app.admin.filters"
ADMIN_LIST = "assistant_app.admin.lists"
ADMIN_STAFF = "assistant_app.admin.staff"
API_COMMON = "assistant_app.api.base"
API_EVENTS = "assistant_app.api.applications.events"
API_PAGES = "assistant_app.api.pagination"
API_SCHEMA = "assistant_app.api.schema"
API_SERIALIZERS = "assistant_app.api.serializers"
API_THROTTLES = "assistant_app.api.throttling"
API_TOKENS = "assistant_app.api.authentication"
API_URLS = "assistant_app.api.urls"
API_VIEWS = "assistant_app.api.applications.views"
ASGI = "emailassistant.asgi"
BACKUP = "assistant_app.management.commands.backup"
DATABASE_THREADS = "assistant_app.engine.threads"
EMBEDDED = "assistant_app.llm.embedded"
ENV = "emailassistant.env"
ERASURE = "assistant_app.people.erasure"
EVENTS_IN_REDIS = "assistant_app.events.shared"
GRAPH = "assistant_app.workflow.graph"
GUNICORN = "emailassistant.gunicorn"
HASHING = "assistant_app.people.hashing"
HEALTH = "emailassistant.readiness"
HTTP_PROTOCOL = "emailassistant.http_protocol"
LIFESPAN = "emailassistant.lifespan"
LOGS = "assistant_app.observing.logs"
MIGRATION = "assistant_app.migrations.0005_search"
MODELS = "assistant_app.models"
OTEL = "assistant_app.observing.otel"
PENDING = "emailassistant.pending"
PEOPLE = "assistant_app.models.people"
POOL = "emailassistant.postgresql.base"
RUNNER = "assistant_app.engine.runner"
RUNS = "assistant_app.engine.runs"
SETTINGS = "emailassistant.settings"
SIGN_UP = "assistant_app.pages.account.forms"
STATEMENTS = "assistant_app.models.sql"
STATIC = "emailassistant.static"
STEP_CHECKS = "assistant_app.checks"
TRACKING = "assistant_app.observing.tracking"
TRANSPORT = "assistant_app.llm.transport"
WAY = "assistant_app.inspection.way"
WORKER = "emailassistant.worker"
WRITER = "assistant_app.engine.writer"
ZIP_DOWNLOAD = "assistant_app.pages.settings.own_data"

PRODUCT = ("assistant_app", "emailassistant")
PLACES = [value for value in globals().values() if isinstance(value, str) and value.startswith(PRODUCT)]


@contextmanager
def otherwise(sentence, *places):
    """Fail with the sentence, and with where to look, whatever goes wrong in the block."""
    try:
        yield
    except Exception as problem:
        raise AssertionError(f"{sentence}: look at {', '.join(places)}.") from problem
