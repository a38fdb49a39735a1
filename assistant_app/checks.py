"""System checks: each way to get the settings wrong, with what to type instead.

Errors keep the server from starting; warnings are printed by `manage.py check` and `make run`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from burr.core.action import Action
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from assistant_app import conf
from assistant_app.contract.actions import HUMAN, is_choice
from assistant_app.llm.embedded_server import shipped_model, what_is_missing
from assistant_app.observing import tracing
from assistant_app.workflow import steps
from assistant_app.workflow.graph import build_graph
from emailassistant import env

LOCAL_HOSTS = {"127.0.0.1", "localhost", "::1", "[::1]"}
SHORTEST_KEY = 32
BYTES_OF_CHARACTER = 12  # as a form sends what lies outside the alphabets: four bytes, three letters each
SHORTEST_LEASE = 10  # a third of it passes between renewals
FEWEST_TOKENS = 100_000  # an email of 200,000 characters takes half of that, and is sent twice
LONGEST_GRACE = 80  # systemd kills after 90 seconds, and ten of ours follow the grace


def check_variables(**_: Any) -> Iterator[CheckMessage]:
    for problem in dict.fromkeys(env.PROBLEMS):
        yield Error(f"{problem.message.rstrip('.')}.", hint=problem.hint, id="assistant.E001")


def check_embedded_model(**_: Any) -> Iterator[CheckMessage]:
    path = settings.EMBEDDED_MODEL_PATH
    if path and not _is_model(Path(path)):
        yield Error(
            "EMBEDDED_MODEL_PATH names no GGUF file that can be read.",
            hint="Give the absolute path of a GGUF file, or leave it out for the one that is shipped.",
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
            "ALLOWED_HOSTS is empty: every request would be refused.",
            hint="Name the hosts that people type: ALLOWED_HOSTS=mail.example.org",
            id="assistant.E005",
        )


def check_otel(**_: Any) -> Iterator[CheckMessage]:
    try:
        tracing.on()
    except ImportError:
        yield Error(
            "OTEL is on, but the packages for traces are not installed.",
            hint=".venv/bin/pip install -c requirements-constraints.txt -r requirements-otel.txt, or OTEL=0.",
            id="assistant.E007",
        )


def check_human_steps(**_: Any) -> Iterator[CheckMessage]:
    """`steps.STEPS` has one entry for each action that takes a person's input, with its inputs."""
    actions = build_graph().actions
    table = [step.action for step in steps.STEPS]
    known = {action.name for action in actions}
    for name in sorted(set(table) - known):
        yield _step_error(f"steps.STEPS names {name!r}, which is no action of the graph.")
    for action in actions:
        yield from _check_action(action, table.count(action.name))


def _check_action(action: Action, entries: int) -> Iterator[CheckMessage]:
    is_human = HUMAN in action.tags
    if not action.is_async():
        yield _step_error(f"The action {action.name!r} is not async.")
    if entries != is_human:
        expected = "exactly one" if is_human else "no"
        yield _step_error(f"The action {action.name!r} has {entries} entries in steps.STEPS, not {expected}.")
    elif is_human and _inputs(action) != {field.name for field in steps.get(action.name).fields}:
        inputs = ", ".join(sorted(_inputs(action)))
        yield _step_error(f"The fields of the step {action.name!r} are not its action's inputs: {inputs}.")
    elif is_human and is_choice(build_graph(), action.name) != steps.get(action.name).is_choice:
        yield _step_error(f"The graph and steps.STEPS disagree on whether {action.name!r} is a choice.")


def _inputs(action: Action) -> set[str]:
    required, optional = action.optional_and_required_inputs
    return {*required, *optional}


def _step_error(message: str) -> Error:
    hint = "An action tagged HUMAN in graph.py and its entry in steps.py belong together; see docs/."
    return Error(message, hint=hint, id="assistant.E010")


def check_secret_key(**_: Any) -> Iterator[CheckMessage]:
    if settings.HTTPS and settings.SECRET_KEY_IS_LOCAL:
        yield Warning(
            "The secret key is the one that was made for local use, in DATA_DIR.",
            hint="Several machines need the same key: SECRET_KEY_FILE=/run/secrets/secret_key",
            id="assistant.W001",
        )


def check_length_of_secret_key(**_: Any) -> Iterator[CheckMessage]:
    if len(settings.SECRET_KEY) < SHORTEST_KEY:
        yield Warning(
            "SECRET_KEY is so short that it can be guessed, and with it everybody's session.",
            hint="SECRET_KEY=… with what `openssl rand -base64 48` writes, or leave it out.",
            id="assistant.W015",
        )


def check_sqlite(**_: Any) -> Iterator[CheckMessage]:
    if settings.IS_SQLITE and settings.WEB_CONCURRENCY > 1:
        yield Warning(
            "Several web processes share one SQLite file: their writes wait for each other.",
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
            "OpenAI answers nothing without a key, and OPENAI_API_KEY is empty.",
            hint="OPENAI_API_KEY=sk-…, or OPENAI_API_KEY_FILE=/run/secrets/openai_api_key",
            id="assistant.W004",
        )


def check_lease(**_: Any) -> Iterator[CheckMessage]:
    if settings.RUN_LEASE_SECONDS < SHORTEST_LEASE:
        yield Warning(
            "RUN_LEASE_SECONDS is short: a slow moment of the database takes a run from its own server.",
            hint="RUN_LEASE_SECONDS=30. Runs may last far longer: their leases are renewed.",
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
            "ALLOWED_HOSTS accepts every name, also one that an attacker chose.",
            hint="Name the hosts that people type: ALLOWED_HOSTS=mail.example.org",
            id="assistant.W007",
        )


def check_grace(**_: Any) -> Iterator[CheckMessage]:
    if settings.SHUTDOWN_GRACE_SECONDS > LONGEST_GRACE:
        yield Warning(
            "SHUTDOWN_GRACE_SECONDS is longer than most supervisors wait before they kill.",
            hint="SHUTDOWN_GRACE_SECONDS=20, or raise the supervisor's own limit to ten seconds more.",
            id="assistant.W008",
        )


def check_debug(**_: Any) -> Iterator[CheckMessage]:
    if settings.DEBUG and (settings.HTTPS or not set(settings.ALLOWED_HOSTS) <= LOCAL_HOSTS):
        yield Warning(
            "DEBUG shows people's mail and the settings to whoever meets an error.",
            hint="DEBUG=0 wherever others reach the site.",
            id="assistant.W009",
        )


def check_proxy(**_: Any) -> Iterator[CheckMessage]:
    if settings.HTTPS and not settings.BEHIND_PROXY:
        yield Warning(
            "HTTPS is on, but nothing says that a request came over https: every page redirects for ever.",
            hint="BEHIND_PROXY=1, with a proxy that always sets X-Forwarded-Proto itself.",
            id="assistant.W010",
        )


def check_reachable(**_: Any) -> Iterator[CheckMessage]:
    if settings.HOST not in LOCAL_HOSTS and set(settings.ALLOWED_HOSTS) <= LOCAL_HOSTS:
        yield Warning(
            "The server listens for other machines, but ALLOWED_HOSTS refuses what they type.",
            hint=f"ALLOWED_HOSTS=the.name.they.type,127.0.0.1 (HOST is {settings.HOST}).",
            id="assistant.W011",
        )


def check_live_text(**_: Any) -> Iterator[CheckMessage]:
    if settings.WEB_CONCURRENCY > 1 and not settings.REDIS_URL:
        yield Warning(
            "Several web processes without Redis: a draft grows live only in the one that writes it.",
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


def check_tokens(**_: Any) -> Iterator[CheckMessage]:
    if 0 < settings.MAX_TOKENS_PER_DAY < FEWEST_TOKENS:
        yield Warning(
            "MAX_TOKENS_PER_DAY is not enough for one long email.",
            hint=f"MAX_TOKENS_PER_DAY={FEWEST_TOKENS} or more; 0 is no limit.",
            id="assistant.W013",
        )


def check_tracking(**_: Any) -> Iterator[CheckMessage]:
    if not settings.BURR_TRACKING:
        return
    if not settings.DEBUG:
        yield Error(
            "BURR_TRACKING is for developers: it slows down every run and keeps mail that was deleted.",
            hint="BURR_TRACKING=0, or DEBUG=1 on a machine of your own.",
            id="assistant.E011",
        )
    yield Warning(
        "BURR_TRACKING writes everybody's mail into plain files.",
        hint="BURR_TRACKING=0 unless you are looking for a fault; then remove the folder burr in DATA_DIR.",
        id="assistant.W014",
    )


CHECKS: list[Callable[..., Iterator[CheckMessage]]] = [
    check_variables,
    check_embedded_model,
    check_hosts_given,
    check_otel,
    check_human_steps,
    check_secret_key,
    check_length_of_secret_key,
    check_sqlite,
    check_model,
    check_model_key,
    check_lease,
    check_pool,
    check_any_host,
    check_grace,
    check_debug,
    check_proxy,
    check_reachable,
    check_live_text,
    check_body,
    check_tokens,
    check_tracking,
]


@register("assistant")
def check_assistant(**_: Any) -> list[CheckMessage]:
    """Run them all."""
    return [message for check in CHECKS for message in check()]
