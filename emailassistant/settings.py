"""All settings, in reading order. docs/how-to/configure.md describes each variable.

The defaults are safe: DEBUG is off, the database is a file, and the model is embedded.
"""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from csp.constants import NONE, SELF
from django.conf import global_settings
from django.core.management.utils import get_random_secret_key

from emailassistant import __version__, env, private_files

BASE_DIR = Path(__file__).resolve().parent.parent

# --- Where it runs -------------------------------------------------------------------------------

DEBUG = env.boolean("DEBUG", False)
_keeps_data_elsewhere = bool(env.secret("SECRET_KEY") and env.secret("DATABASE_URL"))
DATA_DIR = env.folder("DATA_DIR", str(BASE_DIR / ".local"), is_written=not _keeps_data_elsewhere)
HTTPS = env.boolean("HTTPS", False)  # the site is reached over https only
BEHIND_PROXY = env.boolean("BEHIND_PROXY", False)  # trust X-Forwarded-For and X-Forwarded-Proto
HOST = env.listening("HOST", "127.0.0.1")  # where the server listens
PORT = env.integer("PORT", 8000, minimum=1, maximum=65535)
WEB_CONCURRENCY = env.integer("WEB_CONCURRENCY", 1, minimum=1, maximum=64)  # web processes
ALLOWED_HOSTS = env.hosts("ALLOWED_HOSTS", ["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.origins("CSRF_TRUSTED_ORIGINS")
ROOT_URLCONF = "emailassistant.urls"
ASGI_APPLICATION = "emailassistant.asgi.application"


def _local_secret_key() -> str:
    """Return the key in DATA_DIR, which the first start creates. Concurrent starts agree on one key."""
    path = DATA_DIR / "secret_key"
    try:
        if not path.exists():
            # Link the complete file to its name: no reader sees half a key, and a crash leaves no file.
            with NamedTemporaryFile("w", dir=DATA_DIR, prefix="secret_key-") as file:
                file.write(get_random_secret_key())
                file.flush()
                with suppress(FileExistsError):
                    os.link(file.name, path)
        return path.read_text().strip()
    except OSError:  # `env.folder` has reported it, so the server will not start with this key
        return get_random_secret_key()


SECRET_KEY_IS_LOCAL = not env.secret("SECRET_KEY")
SECRET_KEY = env.secret("SECRET_KEY") or _local_secret_key()

# --- Django --------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "assistant_app",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "csp",
    "django_htmx",
    "rest_framework",
    "knox",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]
MIDDLEWARE = [
    "emailassistant.pending.finish_pending",  # outside: it finishes what all others have seen
    "assistant_app.api.private.PrivateAnswers",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "assistant_app.pages.refusals.PageErrors",
    "assistant_app.admin.staff.OddValues",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["django.templatetags.i18n", "assistant_app.templatetags.fixed_words"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "emailassistant.context.product_version",
                "assistant_app.pages.context.default_workflow",
            ],
        },
    }
]
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o755  # collected in an image by root, and served by another user
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "emailassistant.static.HashedStorage"},
}
# Pages are served in English only. Their catalogues, `assistant_app/locale`, come from `make messages`.
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
TIME_ZONE = env.zone("TIME_ZONE", "UTC")
USE_TZ = True
# We use our own token model. Without this, knox's migrations would still create knox's table.
MIGRATION_MODULES = {"knox": None}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Workflows -----------------------------------------------------------------------------------

# Dotted paths. Applications of one that is left out stay as they are; see docs/how-to/your-own-workflow.md.
DEFAULT_WORKFLOWS = ["assistant_app.workflow.email.EMAIL"]
WORKFLOWS = env.dotted_paths("WORKFLOWS", DEFAULT_WORKFLOWS)

# --- Database ------------------------------------------------------------------------------------

DATABASE_POOL_SIZE = env.integer("DATABASE_POOL_SIZE", 8, minimum=2, maximum=200)
_database: dict[str, Any] = env.database("DATABASE_URL", DATA_DIR / "db.sqlite3")
if _database["ENGINE"].endswith("sqlite3"):
    _database["OPTIONS"] = {
        # In deferred mode, a read that becomes a write fails at once, regardless of the timeout.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
    _database["CONN_MAX_AGE"] = 60  # opening the file with these pragmas takes longer than a short request
    # A file, not memory: the runner's threads must see what the tests wrote.
    _database["TEST"] = {"NAME": DATA_DIR / f"test-{os.getpid()}.sqlite3"}
else:
    _database["ENGINE"] = "emailassistant.postgresql"  # replaces connections broken by a database restart
    _database["CONN_MAX_AGE"] = 0  # the pool keeps the connections
    _database["OPTIONS"] = {
        "connect_timeout": 2,
        # The kernel notices that the other end vanished, instead of waiting for a quarter of an hour.
        "tcp_user_timeout": 5_000,
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 3,
        "application_name": "emailassistant",
        **_database.get("OPTIONS", {}),  # options in DATABASE_URL, mainly `sslmode`
        "pool": {"min_size": 0, "max_size": DATABASE_POOL_SIZE, "timeout": 2, "reconnect_timeout": 2},
        # Bind parameters on the server instead of quoting them: a third less CPU for a save, on both sides.
        "server_side_binding": True,
    }
    _database["TEST"] = {"NAME": f"test_emailassistant_{os.getpid()}"}  # allows two test runs at once
DATABASES = {"default": _database}
IS_SQLITE = _database["ENGINE"].endswith("sqlite3")
private_files.close_to_others(DATA_DIR, Path(_database["NAME"]) if IS_SQLITE else None)

# Shares live events and counters between processes. Without Redis, each process has its own.
REDIS_URL = env.redis("REDIS_URL")

# --- Runs ----------------------------------------------------------------------------------------

# Two save for a thousand runs. Four keep half of the pool's connections: the reads of a thousand flows waited
# for the other half (p99 1,750 ms instead of 180). SQLite's lock waiting is unfair with many.
RUNNER_DB_THREADS = env.integer("RUNNER_DB_THREADS", 2, minimum=1, maximum=64)
RUN_LEASE_SECONDS = env.number("RUN_LEASE_SECONDS", 30, minimum=1, maximum=3600)
SHUTDOWN_GRACE_SECONDS = env.number("SHUTDOWN_GRACE_SECONDS", 20, minimum=0, maximum=600)

# --- The model -----------------------------------------------------------------------------------

OPENAI_API_KEY = env.key("OPENAI_API_KEY")
# Any OpenAI-compatible server.
OPENAI_BASE_URL = env.address("OPENAI_BASE_URL", "http", "https", example="http://127.0.0.1:11434/v1")
OPENAI_MODEL = env.text("OPENAI_MODEL", "gpt-5-mini")
OPENAI_MODEL_QUESTIONS = env.text("OPENAI_MODEL_QUESTIONS") or OPENAI_MODEL
OPENAI_MODEL_DRAFT = env.text("OPENAI_MODEL_DRAFT") or OPENAI_MODEL
MODEL_TIMEOUT_SECONDS = env.number("MODEL_TIMEOUT_SECONDS", 60, minimum=0.1, maximum=3600)
# How long an answer may take altogether. 0: no limit, as long as something comes.
MODEL_TOTAL_SECONDS = env.number("MODEL_TOTAL_SECONDS", 0, maximum=86_400)
# How long a server may say that it is still loading the model.
MODEL_LOAD_SECONDS = env.number("MODEL_LOAD_SECONDS", 60, maximum=3600)
MODEL_RETRIES = env.integer("MODEL_RETRIES", 2, maximum=10)
# How long an answer may be, with the model's thinking. 0: 2,000 tokens for questions, 4,000 for a draft.
MODEL_MAX_TOKENS = env.integer("MODEL_MAX_TOKENS", 0)
# The model's context window; longer prompts lose their oldest parts. 0: not known, so nothing is left out.
MODEL_CONTEXT_TOKENS = env.integer("MODEL_CONTEXT_TOKENS", 0)
# What the server shall do otherwise than by default.
MODEL_TEMPERATURE = env.number_or_none("MODEL_TEMPERATURE", maximum=2)
MODEL_REASONING_EFFORT = env.text(
    "MODEL_REASONING_EFFORT", choices=("", "none", "minimal", "low", "medium", "high", "xhigh")
)
MODEL_EXTRA_BODY = env.request_options("MODEL_EXTRA_BODY")  # added to each request, as JSON
MODEL_HEADERS = env.headers("MODEL_HEADERS")  # sent with each request, as JSON
# Servers to ask, in this order, when the first one gives no answer, as JSON.
MODEL_FALLBACKS = env.model_servers("MODEL_FALLBACKS")
# Price of a million tokens, by model. Models without a price show no cost.
MODEL_PRICES = env.prices("MODEL_PRICES")
MODEL_PRICES_CURRENCY = env.text("MODEL_PRICES_CURRENCY", "$")
EMBEDDED_MODEL = env.boolean("EMBEDDED_MODEL", True)  # used when no server is configured
EMBEDDED_MODEL_PATH = env.text("EMBEDDED_MODEL_PATH")  # a GGUF file to use instead of the bundled one

# Burr's tracker for its UI, a developer tool for DEBUG only: it writes everyone's mail to plain files.
BURR_TRACKING = env.boolean("BURR_TRACKING", False)
BURR_TRACKING_DIR = DATA_DIR / "burr"

# --- Limits --------------------------------------------------------------------------------------

MAX_EMAIL_CHARACTERS = env.integer("MAX_EMAIL_CHARACTERS", 200_000, minimum=100, maximum=5_000_000)
MAX_TEXT_CHARACTERS = env.integer("MAX_TEXT_CHARACTERS", 20_000, minimum=100, maximum=1_000_000)
MAX_BODY_BYTES = env.integer("MAX_BODY_BYTES", 5_000_000, minimum=10_000)
# Limits per user; 0 means no limit. Daily limits are off by default, because only operators know the costs.
MAX_RUNS_AT_ONCE = env.integer("MAX_RUNS_AT_ONCE", 5, maximum=10_000)
MAX_STREAMS_PER_PERSON = env.integer("MAX_STREAMS_PER_PERSON", 50, maximum=10_000)  # in each process
MAX_DRAFTS_PER_DAY = env.integer("MAX_DRAFTS_PER_DAY", 0)
MAX_TOKENS_PER_DAY = env.integer("MAX_TOKENS_PER_DAY", 0)
MAX_ROUNDS = env.integer("MAX_ROUNDS", 100, maximum=10_000)  # drafts per email
# Of all drafts and feedback of one email, which each request for it reads.
MAX_DRAFTS_CHARACTERS = env.integer("MAX_DRAFTS_CHARACTERS", 1_000_000, maximum=1_000_000_000)
# How long an Idempotency-Key of the API is remembered.
IDEMPOTENCY_HOURS = env.integer("IDEMPOTENCY_HOURS", 24, minimum=1, maximum=720)
# Days after the last change before `manage.py prune` deletes an email; 0 keeps emails forever.
KEEP_FINISHED_DAYS = env.integer("KEEP_FINISHED_DAYS", 0, maximum=36_500)
KEEP_UNFINISHED_DAYS = env.integer("KEEP_UNFINISHED_DAYS", 0, maximum=36_500)
DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_BODY_BYTES
FILE_UPLOAD_MAX_MEMORY_SIZE = MAX_BODY_BYTES  # uploaded mail is never written to a temporary file

# --- Accounts ------------------------------------------------------------------------------------

OPEN_SIGN_UP = env.boolean("OPEN_SIGN_UP", False)
API_TOKEN_DAYS = env.integer("API_TOKEN_DAYS", 90, minimum=1, maximum=3650)
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "assistant_app.people.passwords.WithoutUserName"},
]
# Ours for new passwords, and the others for accounts that came from elsewhere.
PASSWORD_HASHERS = ["assistant_app.people.hashing.Hasher", *global_settings.PASSWORD_HASHERS[1:]]
LOGIN_URL = "sign_in"
LOGIN_REDIRECT_URL = "email_list"
LOGOUT_REDIRECT_URL = "sign_in"

# --- API -----------------------------------------------------------------------------------------

API_RATE_USER = env.rate("API_RATE_USER", "600/minute")
API_RATE_ANONYMOUS = env.rate("API_RATE_ANONYMOUS", "60/minute")
REST_FRAMEWORK = {
    # Token authentication first: its WWW-Authenticate header turns "not signed in" into a 401.
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "assistant_app.api.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": [
        "rest_framework.permissions.IsAuthenticated",
        "assistant_app.api.authentication.ScopeAllows",
    ],
    "DEFAULT_PARSER_CLASSES": [
        "assistant_app.api.parsers.JSONParser",
        "assistant_app.api.parsers.FormParser",
        "assistant_app.api.parsers.MultiPartParser",
    ],
    "DEFAULT_PAGINATION_CLASS": "assistant_app.api.pagination.Pages",
    "EXCEPTION_HANDLER": "assistant_app.api.errors.exception_handler",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": [
        "assistant_app.api.throttling.AnonymousThrottle",
        "assistant_app.api.throttling.UserThrottle",
    ],
    "NUM_PROXIES": 1 if BEHIND_PROXY else 0,  # 0 ignores X-Forwarded-For, which clients can forge
}
KNOX_TOKEN_MODEL = "assistant_app.ApiToken"  # noqa: S105  (not a secret)
REST_KNOX = {
    "TOKEN_TTL": timedelta(days=API_TOKEN_DAYS),  # knox's default is ten hours
    "AUTO_REFRESH": False,
    "AUTH_HEADER_PREFIX": "Token",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Email assistant",
    "DESCRIPTION": "A person and a language model write an email reply together.",
    "VERSION": __version__,
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "assistant_app.api.schema.finish",
    ],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

# --- Security ------------------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "font-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
SESSION_ENGINE = "assistant_app.people.sessions"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]  # requested internally over http
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "assistant_app.pages.refusals.csrf_failure"  # keeps the submitted text

# --- Logs and metrics ----------------------------------------------------------------------------

LOG_LEVEL = env.text("LOG_LEVEL", "INFO", choices=("DEBUG", "INFO", "WARNING", "ERROR"))
LOG_FORMAT = env.text("LOG_FORMAT", "plain", choices=("plain", "json"))
ACCESS_LOG = env.boolean("ACCESS_LOG", False)  # off by default, because proxies write their own
# Access to /metrics: with the token if one is set, otherwise from these addresses, never through a proxy.
METRICS_TOKEN = env.key("METRICS_TOKEN")
METRICS_ALLOW = env.networks("METRICS_ALLOW", ["127.0.0.0/8", "::1/128"])
OTEL = env.boolean("OTEL", False)  # traces of runs; OpenTelemetry's own variables set the destination
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {"()": "assistant_app.observing.logs.Formatter"},
        "json": {"()": "assistant_app.observing.logs.JsonFormatter"},
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT},
        "null": {"class": "logging.NullHandler"},
    },
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "assistant_app": {"level": LOG_LEVEL},
        "emailassistant": {"level": LOG_LEVEL},
        "emailassistant.access": {"level": "INFO"},
        # Burr logs an action's inputs and state with its errors, and they contain mail.
        "burr": {"handlers": ["null"], "propagate": False},
    },
}
