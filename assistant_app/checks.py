"""System checks: one for each way to get the settings wrong, with a hint that says what to type.

Errors keep the server from starting. `manage.py check` and `make run` print warnings.
"""

from __future__ import annotations

import json
import os
import re
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

from burr.core.action import Action
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.urls import resolve
from django.utils.module_loading import import_string

from assistant_app import conf
from assistant_app.contract.actions import HUMAN, is_choice, is_human
from assistant_app.contract.told import TOLD
from assistant_app.contract.workflow import Workflow, say
from assistant_app.engine import registry
from assistant_app.llm.config import Address
from assistant_app.llm.embedded_server import shipped_model, what_is_missing
from assistant_app.observing import tracing
from emailassistant import env, private_files

OPENAI_MODEL = "gpt-5-mini"  # the default of the setting
LOCAL_HOSTS = {"127.0.0.1", "localhost", "::1", "[::1]"}
SHORTEST_PROMPT = 2_000  # tokens
SHORTEST_KEY = 32
BYTES_OF_CHARACTER = 12  # the worst case in a form: four UTF-8 bytes, each percent-encoded as three
SHORTEST_LEASE = 10  # seconds; leases are renewed after a third of their length
FEWEST_TOKENS = 100_000  # an email of 200,000 characters takes half of that and is sent twice
LONGEST_GRACE = 80  # systemd kills after 90 seconds, and shutdown takes up to ten more than the grace


def check_variables(**_: Any) -> Iterator[CheckMessage]:
    for problem in dict.fromkeys(env.PROBLEMS):
        yield Error(f"{problem.message.rstrip('.')}.", hint=problem.hint, id="assistant.E001")


def check_embedded_model(**_: Any) -> Iterator[CheckMessage]:
    path = settings.EMBEDDED_MODEL_PATH
    if path and not _is_model(Path(path)):
        yield Error(
            "EMBEDDED_MODEL_PATH is not a readable GGUF file.",
            hint="Give the absolute path of a GGUF file, or leave it out to use the bundled one.",
            id="assistant.E004",
        )


def _is_model(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(4) == b"GGUF"
    except OSError:
        return False


def check_hosts_given(**_: Any) -> Iterator[CheckMessage]:
    if not settings.ALLOWED_HOSTS and not settings.DEBUG:
        yield Error(
            "ALLOWED_HOSTS is empty, so every request would be rejected.",
            hint="List the host names that users type: ALLOWED_HOSTS=mail.example.org",
            id="assistant.E005",
        )


def check_otel(**_: Any) -> Iterator[CheckMessage]:
    try:
        tracing.on()
    except ImportError:
        yield Error(
            "OTEL is on, but the OpenTelemetry packages are not installed.",
            hint=".venv/bin/pip install -c requirements-constraints.txt -r requirements-otel.txt, or OTEL=0.",
            id="assistant.E007",
        )


# In /api/ and /new/.
RESERVED_NAMES = {"applications", "schema", "docs", "limits", "usage", "notes", "identities"}
RESERVED_NAMES |= {"pasted", "sample"}
# What forms have besides the fields of a step.
RESERVED_FIELDS = {"version", "workflow", "app_id", "step", "patterns", "rules", "csrfmiddlewaretoken"}
VIEW = "assistant_app.api.applications.views.BaseApplicationViewSet"
PAGES = "assistant_app.pages.urls"
NAME_IN_ADDRESSES = re.compile(r"[A-Za-z0-9_-]+")  # and in the API's schema
NAME_OF_WORKFLOW = re.compile(r"[a-z][a-z0-9_]{0,49}")


def check_workflows(**_: Any) -> Iterator[CheckMessage]:
    """Check that WORKFLOWS can be read, and the table of each against its graph."""
    try:
        found = registry.load(settings.WORKFLOWS)
    except Exception as problem:  # noqa: BLE001  (a module of a workflow may raise anything)
        yield _wrong_list(f"WORKFLOWS cannot be read: {problem}")
        return
    for workflow in found:
        if not isinstance(workflow, Workflow):
            yield _wrong_list(f"WORKFLOWS names a {type(workflow).__name__}, which is not a Workflow.")
            return
    names = [workflow.name for workflow in found]
    if not names:
        yield _wrong_list("WORKFLOWS is empty.")
    for name in dict.fromkeys(names):
        if not NAME_OF_WORKFLOW.fullmatch(name) or name in RESERVED_NAMES:
            yield _wrong_name(f"A workflow cannot have the name {name!r}.")
        if names.count(name) > 1:
            yield _wrong_name(f"Two workflows have the name {name!r}.")
    for workflow in found:
        yield from check_workflow(workflow)


def _wrong_list(message: str) -> Error:
    hint = "List dotted paths of Workflow objects: WORKFLOWS=assistant_app.workflow.email.EMAIL"
    return Error(message, hint=hint, id="assistant.E012")


def _wrong_name(message: str) -> Error:
    hint = "A name has small letters, digits and underscores, and is not an address that the API has already."
    return Error(message, hint=hint, id="assistant.E012")


def check_workflow(workflow: Workflow) -> Iterator[CheckMessage]:
    """Check that the table has one entry with matching fields for each action tagged HUMAN."""
    table = [entry.action for entry in workflow.entries if entry.is_human]
    for name in sorted({entry.action for entry in workflow.entries} - workflow.actions):
        yield _step_error(workflow, f"The table names {name!r}, which is not an action of the graph.")
    for action in workflow.graph.actions:
        yield from _check_action(workflow, action, table.count(action.name))
    if workflow.entrypoint not in workflow.actions:
        yield _step_error(workflow, f"The entrypoint {workflow.entrypoint!r} is not an action of the graph.")
    elif not is_human(workflow.graph, workflow.entrypoint):
        yield _step_error(workflow, f"The entrypoint {workflow.entrypoint!r} takes no person's input.")
    for edge in workflow.graph.transitions:
        if edge.from_.name == edge.to.name:
            yield _step_error(workflow, f"The action {edge.to.name!r} leads to itself.")
    yield from _check_state(workflow)
    yield from _check_names(workflow)
    yield from _check_functions(workflow)


def _check_state(workflow: Workflow) -> Iterator[CheckMessage]:
    """Check that the default state is plain JSON and has every key that graph and table name."""
    for key, value in workflow.default_state.items():
        if not _is_plain(value):
            yield _step_error(workflow, f"The default of the key {key!r} is not plain JSON.")
    counted = [*workflow.counted.values(), *filter(None, [workflow.rounds])]
    fields = [field for step in workflow.human_steps for field in step.fields]
    lists = [(field.one_per, field.explained_by, field.offered_by, field.begins_with) for field in fields]
    actions = workflow.graph.actions
    keys = {
        "lasting": {*workflow.lasting},
        "counted": {key for each in counted for key in (each.items, each.number) if key},
        "searched": {*workflow.searched},
        "growing": {*workflow.growing},
        "read or written": {key for action in actions for key in (*action.reads, *action.writes)},
        "field's": {key for each in lists for key in each if key},
    }
    for what, named in keys.items():
        for key in sorted(named - workflow.default_state.keys()):
            yield _step_error(workflow, f"The {what} key {key!r} is not in the default state.")
    for field in fields:
        if field.is_number and field.least > field.most:
            said = f"The field {field.name!r} takes no number: its least is above its most."
            yield _step_error(workflow, said)


def _is_plain(value: Any) -> bool:
    try:
        return bool(json.loads(json.dumps(value, allow_nan=False)) == value)
    except (TypeError, ValueError):
        return False


def _check_names(workflow: Workflow) -> Iterator[CheckMessage]:
    """Check that no name of the workflow's own hides one that every application has."""
    view = import_string(VIEW)
    steps = workflow.human_steps
    names = {
        "an action": {step.action for step in steps if not _is_for_steps(step.action)},
        "an endpoint": {step.endpoint for step in steps if hasattr(view, step.endpoint)},
        "a field": {field.name for step in steps for field in step.fields} & RESERVED_FIELDS,
    }
    for name in sorted({name for step in workflow.table.values() for name in (step.action, step.endpoint)}):
        if not NAME_IN_ADDRESSES.fullmatch(name):
            yield _step_error(workflow, f"{name!r} may only have English letters, digits, - and _.")
    for what, taken in names.items():
        for name in sorted(taken):
            yield _step_error(workflow, f"{name!r} cannot be the name of {what}: it means something already.")


def _is_for_steps(name: str) -> bool:
    """Return whether a page with this name in its address is that of a step."""
    return resolve(f"/a/{uuid.UUID(int=0)}/{name}/", PAGES).url_name == "email_step"


def _check_functions(workflow: Workflow) -> Iterator[CheckMessage]:
    """Call what every page of the list calls, as it would be called at the beginning."""
    numbers = dict.fromkeys(workflow.counted, 0)
    for entry in workflow.entries:
        for kind in ("due", "waiting", "running", "failed", "stopped", "ended"):
            try:
                say(getattr(entry.words, kind), numbers)
            except Exception as problem:  # noqa: BLE001  (a function of a workflow may raise anything)
                yield _step_error(workflow, f"The word {kind!r} of {entry.action!r} raises {problem!r}.")
    try:
        workflow.headline({})
    except Exception as problem:  # noqa: BLE001
        said = f"headline raises {problem!r} for a step that changes nothing."
        yield _step_error(workflow, said)


def _check_action(workflow: Workflow, action: Action, entries: int) -> Iterator[CheckMessage]:
    is_person = HUMAN in action.tags
    if not action.is_async():
        yield _step_error(workflow, f"The action {action.name!r} is not async.")
    if entries != is_person:
        expected = "exactly one with a title" if is_person else "none with a title"
        yield _step_error(workflow, f"The action {action.name!r} has {entries} entries, not {expected}.")
    elif is_person:
        yield from _check_human_step(workflow, action)


def _check_human_step(workflow: Workflow, action: Action) -> Iterator[CheckMessage]:
    entry = workflow.entry(action.name)
    inputs = ", ".join(sorted(_inputs(action)))
    if _inputs(action) != {field.name for field in entry.fields}:
        said = f"The fields of the step {action.name!r} must match its action's inputs: {inputs}."
        yield _step_error(workflow, said)
    elif is_choice(workflow.graph, action.name) != entry.is_choice:
        yield _step_error(workflow, f"Graph and table disagree on whether {action.name!r} is a choice.")


def _inputs(action: Action) -> set[str]:
    required, optional = action.optional_and_required_inputs
    return {*required, *optional} - {TOLD}


def _step_error(workflow: Workflow, message: str) -> Error:
    hint = "The rules for graph and table: docs/how-to/your-own-workflow.md."
    return Error(f"Workflow {workflow.name!r}: {message}", hint=hint, id="assistant.E010")


def check_secret_key(**_: Any) -> Iterator[CheckMessage]:
    if settings.HTTPS and settings.SECRET_KEY_IS_LOCAL:
        yield Warning(
            "HTTPS is on, but SECRET_KEY is the one generated in DATA_DIR.",
            hint="Several servers must share one key: SECRET_KEY_FILE=/run/secrets/secret_key",
            id="assistant.W001",
        )


def check_length_of_secret_key(**_: Any) -> Iterator[CheckMessage]:
    if len(settings.SECRET_KEY) < SHORTEST_KEY:
        yield Warning(
            "SECRET_KEY is so short that it can be guessed. Sessions could then be forged.",
            hint="Set SECRET_KEY=… to the output of `openssl rand -base64 48`, or leave it out.",
            id="assistant.W015",
        )


def check_sqlite(**_: Any) -> Iterator[CheckMessage]:
    if settings.IS_SQLITE and settings.WEB_CONCURRENCY > 1:
        yield Warning(
            "Several web processes share one SQLite file, so their writes wait for each other.",
            hint="DATABASE_URL=postgresql://USER:PASSWORD@HOST:5432/NAME, or WEB_CONCURRENCY=1.",
            id="assistant.W002",
        )


def check_model(**_: Any) -> Iterator[CheckMessage]:
    if conf.has_model_server():
        return
    path = settings.EMBEDDED_MODEL_PATH
    if not settings.EMBEDDED_MODEL:
        missing = "No model is configured and EMBEDDED_MODEL is off."
    else:
        missing = what_is_missing(Path(path) if path else shipped_model())
    if missing:
        hint = (
            "OPENAI_API_KEY=sk-… for OpenAI, or OPENAI_BASE_URL=http://127.0.0.1:11434/v1 for a local server."
        )
        yield Warning(missing, hint=hint, id="assistant.W003")


def check_model_key(**_: Any) -> Iterator[CheckMessage]:
    host = urlsplit(settings.OPENAI_BASE_URL).hostname or ""
    if not settings.OPENAI_API_KEY and host.endswith("api.openai.com"):
        yield Warning(
            "OpenAI needs a key, but OPENAI_API_KEY is empty.",
            hint="OPENAI_API_KEY=sk-…, or OPENAI_API_KEY_FILE=/run/secrets/openai_api_key",
            id="assistant.W004",
        )


def check_model_address(**_: Any) -> Iterator[CheckMessage]:
    address = Address.read(settings.OPENAI_BASE_URL)
    problem = ""
    if not settings.OPENAI_BASE_URL:
        return
    if address.user and settings.OPENAI_API_KEY:
        problem = "OPENAI_BASE_URL contains a user name, which is not sent as there is an OPENAI_API_KEY."
    elif urlsplit(settings.OPENAI_BASE_URL).fragment:
        problem = "OPENAI_BASE_URL contains a #, and what follows it is not sent to the server."
    elif not address.has_path:
        problem = "OPENAI_BASE_URL has no path. Nearly all servers need the /v1."
    if problem:
        yield Warning(
            problem,
            hint="OPENAI_BASE_URL=http://127.0.0.1:11434/v1, or what your server's documentation says.",
            id="assistant.W020",
        )


def check_fallbacks(**_: Any) -> Iterator[CheckMessage]:
    if settings.MODEL_FALLBACKS and not conf.has_model_server():
        yield Warning(
            "MODEL_FALLBACKS is set, but there is no first server, so none of them is asked.",
            hint="OPENAI_BASE_URL=http://127.0.0.1:11434/v1 for the first server.",
            id="assistant.W023",
        )


def check_model_environment(**_: Any) -> Iterator[CheckMessage]:
    """Check the variables of the environment that connections to the model's server obey."""
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        path = os.environ.get(name)
        if path and not os.path.exists(path):  # so it is if its folder is closed to us
            yield Warning(
                f"{name} names a file that is not there, so no model's server with https can be reached.",
                hint=f"{name}=/etc/ssl/certs/ca-certificates.crt, or leave it out.",
                id="assistant.W022",
            )
    for name, proxy in getproxies().items():
        if name in {"http", "https", "all"} and urlsplit(proxy).scheme not in {"http", "https", ""}:
            yield Warning(
                f"{name.upper()}_PROXY is not the address of an HTTP proxy. Other kinds are not supported.",
                hint=f"{name.upper()}_PROXY=http://proxy.example.org:3128, or leave it out.",
                id="assistant.W022",
            )


def check_model_name(**_: Any) -> Iterator[CheckMessage]:
    host = urlsplit(settings.OPENAI_BASE_URL).hostname or ""
    is_default = settings.OPENAI_MODEL_DRAFT == OPENAI_MODEL
    if host in LOCAL_HOSTS and is_default:
        yield Warning(
            f"OPENAI_MODEL is not set, so {OPENAI_MODEL} is asked for, which your own server does not have.",
            hint="OPENAI_MODEL=llama3.1, or another name that the server lists under /v1/models.",
            id="assistant.W021",
        )


def check_context_window(**_: Any) -> Iterator[CheckMessage]:
    if settings.MODEL_CONTEXT_TOKENS and conf.prompt_tokens() < SHORTEST_PROMPT:
        yield Warning(
            "MODEL_CONTEXT_TOKENS leaves no room for an email: a reply may take 4,000 tokens of it.",
            hint="MODEL_CONTEXT_TOKENS=32768, or the window of your model's server. 0: nothing is left out.",
            id="assistant.W018",
        )


def check_lease(**_: Any) -> Iterator[CheckMessage]:
    if settings.RUN_LEASE_SECONDS < SHORTEST_LEASE:
        yield Warning(
            "RUN_LEASE_SECONDS is too short: if the database is slow, a server may lose its own runs.",
            hint="RUN_LEASE_SECONDS=30. Runs may take much longer, because their leases are renewed.",
            id="assistant.W005",
        )


def check_pool(**_: Any) -> Iterator[CheckMessage]:
    needed = settings.RUNNER_DB_THREADS + 2
    if not settings.IS_SQLITE and needed > settings.DATABASE_POOL_SIZE:
        yield Warning(
            "DATABASE_POOL_SIZE leaves no connections for requests while runs save.",
            hint=f"DATABASE_POOL_SIZE={needed} or more, or fewer RUNNER_DB_THREADS.",
            id="assistant.W006",
        )


def check_any_host(**_: Any) -> Iterator[CheckMessage]:
    if "*" in settings.ALLOWED_HOSTS:
        yield Warning(
            "ALLOWED_HOSTS accepts every name, including one chosen by an attacker.",
            hint="List the host names that users type: ALLOWED_HOSTS=mail.example.org",
            id="assistant.W007",
        )


def check_grace(**_: Any) -> Iterator[CheckMessage]:
    if settings.SHUTDOWN_GRACE_SECONDS > LONGEST_GRACE:
        yield Warning(
            "SHUTDOWN_GRACE_SECONDS is longer than most supervisors wait before they kill a process.",
            hint="SHUTDOWN_GRACE_SECONDS=20, or set the supervisor's limit to the grace plus ten seconds.",
            id="assistant.W008",
        )


def check_files(**_: Any) -> Iterator[CheckMessage]:
    for path in private_files.LOOSE:
        yield Warning(
            f"Other users of this machine have access to {path}.",
            hint=f"As its owner or as root: chmod go= {path}, and make it the server's with chown.",
            id="assistant.W017",
        )


def check_debug(**_: Any) -> Iterator[CheckMessage]:
    if settings.DEBUG and (settings.HTTPS or not set(settings.ALLOWED_HOSTS) <= LOCAL_HOSTS):
        yield Warning(
            "DEBUG shows mail and settings to anyone who causes an error.",
            hint="DEBUG=0 wherever others can reach the site.",
            id="assistant.W009",
        )


def check_proxy(**_: Any) -> Iterator[CheckMessage]:
    if settings.HTTPS and not settings.BEHIND_PROXY:
        yield Warning(
            "HTTPS is on without BEHIND_PROXY, so every page redirects to itself forever.",
            hint="BEHIND_PROXY=1, with a proxy that always sets X-Forwarded-Proto.",
            id="assistant.W010",
        )


def check_reachable(**_: Any) -> Iterator[CheckMessage]:
    if settings.HOST not in LOCAL_HOSTS and set(settings.ALLOWED_HOSTS) <= LOCAL_HOSTS:
        yield Warning(
            "The server accepts connections from other machines, but ALLOWED_HOSTS has only local names.",
            hint=f"ALLOWED_HOSTS=mail.example.org,127.0.0.1 (HOST is {settings.HOST}).",
            id="assistant.W011",
        )


def check_live_text(**_: Any) -> Iterator[CheckMessage]:
    if settings.WEB_CONCURRENCY > 1 and not settings.REDIS_URL:
        yield Warning(
            "Several web processes without Redis: only the process that runs a draft shows it live.",
            hint="REDIS_URL=redis://127.0.0.1:6379/0, or WEB_CONCURRENCY=1.",
            id="assistant.W012",
        )


def check_body(**_: Any) -> Iterator[CheckMessage]:
    needed = BYTES_OF_CHARACTER * (settings.MAX_EMAIL_CHARACTERS + settings.MAX_TEXT_CHARACTERS)
    if needed > settings.MAX_BODY_BYTES:
        yield Warning(
            "MAX_BODY_BYTES is too small for an email of MAX_EMAIL_CHARACTERS.",
            hint=f"MAX_BODY_BYTES={needed} or more, or a smaller MAX_EMAIL_CHARACTERS.",
            id="assistant.W016",
        )


def check_drafts(**_: Any) -> Iterator[CheckMessage]:
    needed = 2 * settings.MAX_EMAIL_CHARACTERS
    if 0 < settings.MAX_DRAFTS_CHARACTERS < needed:
        yield Warning(
            "MAX_DRAFTS_CHARACTERS leaves no room to edit a draft of MAX_EMAIL_CHARACTERS.",
            hint=f"MAX_DRAFTS_CHARACTERS={needed} or more, or a smaller MAX_EMAIL_CHARACTERS.",
            id="assistant.W019",
        )


def check_tokens(**_: Any) -> Iterator[CheckMessage]:
    if 0 < settings.MAX_TOKENS_PER_DAY < FEWEST_TOKENS:
        yield Warning(
            "MAX_TOKENS_PER_DAY is not enough for one long email.",
            hint=f"MAX_TOKENS_PER_DAY={FEWEST_TOKENS} or more; 0 means no limit.",
            id="assistant.W013",
        )


def check_tracking(**_: Any) -> Iterator[CheckMessage]:
    if not settings.BURR_TRACKING:
        return
    if not settings.DEBUG:
        yield Error(
            "BURR_TRACKING is a developer tool: it slows down every run and keeps deleted mail.",
            hint="BURR_TRACKING=0, or DEBUG=1 on your own machine.",
            id="assistant.E011",
        )
    yield Warning(
        "BURR_TRACKING writes everyone's mail to plain files.",
        hint="BURR_TRACKING=0, except while you are debugging. Then delete the folder burr in DATA_DIR.",
        id="assistant.W014",
    )


CHECKS: list[Callable[..., Iterator[CheckMessage]]] = [
    check_variables,
    check_embedded_model,
    check_hosts_given,
    check_otel,
    check_workflows,
    check_secret_key,
    check_length_of_secret_key,
    check_sqlite,
    check_model,
    check_model_key,
    check_model_address,
    check_fallbacks,
    check_model_environment,
    check_model_name,
    check_context_window,
    check_lease,
    check_pool,
    check_any_host,
    check_grace,
    check_files,
    check_debug,
    check_proxy,
    check_reachable,
    check_live_text,
    check_body,
    check_drafts,
    check_tokens,
    check_tracking,
]


@register("assistant")
def check_assistant(**_: Any) -> list[CheckMessage]:
    """Return the messages of all checks."""
    return [message for check in CHECKS for message in check()]
