"""Typed reading of environment variables.

A value that makes no sense never stops the import of the settings: its default is used, and the
system check `assistant.E001` refuses to start with the variable's name and a hint. Every variable
can be read from a file instead: `NAME_FILE=/run/secrets/name` (environs' file-aware reader).
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from ipaddress import ip_address, ip_network
from math import isfinite
from pathlib import Path
from tempfile import TemporaryFile, mkdtemp
from typing import Any, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from environs import EnvError, FileAwareEnv

T = TypeVar("T")

_env = FileAwareEnv()

NAME = r"[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*"  # as browsers send it: ü is xn--
DOTTED_PATH = re.compile(r"\w+(?:\.\w+)+")
HOST = re.compile(rf"\*|\.?{NAME}|\[[0-9A-Fa-f:.]+\]")
ORIGIN = re.compile(rf"https?://(?:(?:\*\.)?{NAME}|\[[0-9A-Fa-f:.]+\])(?::\d+)?")
RATE = re.compile(r"0*[1-9][0-9]*/(s|sec|seconds?|m|min|minutes?|h|hours?|d|days?)")
SQLITE, POSTGRESQL = "django.db.backends.sqlite3", "django.db.backends.postgresql"
LONGEST = 200  # characters of what is said about a value, which may be a whole file
NOWHERE = "/nowhere"  # a folder for a socket
NUMBERS = {"connect_timeout", "keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count"}
NUMBERS |= {"tcp_user_timeout"}
MEMORY = ":memory:"  # SQLite's, of which each thread would have its own
KEY = re.compile(r"[!-~]*")
HEADER = re.compile(r"[\w-]+", re.ASCII)
HEADER_VALUE = re.compile(r"[ -~]*")
# Parts of a request to a model that have settings of their own, or that no setting may change.
OURS = {"model", "messages", "stream", "stream_options", "response_format", "max_tokens", "temperature"}
OURS |= {"max_completion_tokens", "reasoning_effort"}
SERVER_TEXTS = {"base_url", "model", "api_key"}


@dataclass(frozen=True, slots=True)
class Problem:
    name: str
    message: str
    hint: str


PROBLEMS: list[Problem] = []


def text(name: str, default: str = "", *, choices: tuple[str, ...] = ()) -> str:
    value = _read(_env.str, name, default, "Give plain text.").strip() or default
    if choices and value not in choices:
        return _refuse(name, f"is {value!r}", f"Choose one of: {', '.join(filter(None, choices))}.", default)
    return value


def secret(name: str) -> str:
    """Like `text`, but the value is never repeated in a message."""
    return _read(_env.str, name, "", "Give plain text.").strip()


def key(name: str) -> str:
    """Like `secret`, for what is sent in a header."""
    value = secret(name)
    if KEY.fullmatch(value):
        return value
    return _refuse(
        name, "holds a character that no key has", f"Copy the whole key, and nothing else: {name}=...", ""
    )


def address(name: str, *schemes: str, example: str) -> str:
    """Return a server's address, or none. It may hold a password, so no message repeats it."""
    value = secret(name)
    if not value or _is_address(value, schemes):
        return value
    return _refuse(name, "is not the address of a server", f"Write all of it: {name}={example}", "")


def redis(name: str) -> str:
    """Return the address of a Redis server, or none."""
    example = "redis://127.0.0.1:6379/0"
    value = address(name, "redis", "rediss", "unix", example=example)
    if not value or _redis_takes(value):
        return value
    said = "has a database or an option, after its ?, that Redis does not take"
    return _refuse(name, said, f"Write a number as the database: {name}={example}", "")


def _redis_takes(url: str) -> bool:
    """Return whether a connection can be made of it. Nothing is connected to."""
    from redis import ConnectionPool, RedisError  # noqa: PLC0415  (those without Redis do without)

    parts = urlsplit(url)
    try:
        ConnectionPool.from_url(url).make_connection()
    except (RedisError, ValueError, TypeError, AttributeError):
        return False
    return bool(parts.path if parts.scheme == "unix" else re.fullmatch("/?[0-9]*", parts.path))


def listening(name: str, default: str) -> str:
    """Return an address or a name of this machine."""
    value = text(name, default)
    try:
        return str(ip_address(value))
    except ValueError:
        if re.fullmatch(NAME, value):
            return value
    return _refuse(name, f"is {value!r}", f"Write an address without a port: {name}=0.0.0.0", default)


def hosts(name: str, default: list[str]) -> list[str]:
    """Return names as people type them, of which `.example.org` stands for all below it."""
    return _matching(name, HOST, "without https:// and without a port: mail.example.org", default)


def dotted_paths(name: str, default: list[str]) -> list[str]:
    return _matching(name, DOTTED_PATH, "as it is imported: package.module.NAME", default)


def origins(name: str) -> list[str]:
    return _matching(name, ORIGIN, "with https:// and without a path: https://mail.example.org", [])


def rate(name: str, default: str) -> str:
    value = text(name, default)
    if RATE.fullmatch(value):
        return value
    hint = f"Write a number and a unit: {name}=60/minute (second, minute, hour or day)."
    return _refuse(name, f"is {value!r}", hint, default)


def boolean(name: str, default: bool) -> bool:
    return _read(_env.bool, name, default, "Write 1 or 0.")


def words(name: str, default: list[str]) -> list[str]:
    value = _read(_env.list, name, default, "Separate the entries by commas.")
    return [word.strip() for word in value if word.strip()]


def networks(name: str, default: list[str]) -> list[str]:
    """Return addresses and networks, each as `ipaddress.ip_network` takes it."""
    value = words(name, default)
    try:
        return [str(ip_network(word)) for word in value]
    except ValueError:
        return _refuse(
            name, "is not a list of networks", "Write addresses or networks: 10.0.0.0/8,::1", default
        )


def integer(name: str, default: int, *, minimum: int = 0, maximum: int = 10**9) -> int:
    value = _read(_env.int, name, default, f"Give a whole number from {minimum} to {maximum}.")
    return _within(name, value, default, minimum, maximum)


def number(name: str, default: float, *, minimum: float = 0, maximum: float = 1e9) -> float:
    value = _read(_env.float, name, default, f"Give a number from {minimum} to {maximum}.")
    return _within(name, value, default, minimum, maximum)


def zone(name: str, default: str) -> str:
    value = text(name, default)
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        return _refuse(name, f"is {value!r}", "Write a time zone's name: Europe/Berlin.", default)
    return value


def folder(name: str, default: str, *, is_written: bool) -> Path:
    """Return a folder, made if it is not there; only its owner may look into it.

    If that fails, return a temporary one: the settings can then be read to their end, and the system check
    that refuses to start has its turn.
    """
    path = Path(text(name, default))
    hint = f"Make it writable for who runs this, or write another one: {name}=/var/lib/emailassistant."
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if is_written:
            TemporaryFile(dir=path).close()
        os.listdir(path)
        return path
    except OSError as problem:
        said = f"is {path}, which cannot be used ({problem.strerror})"
        return _refuse(name, said, hint, Path(mkdtemp(prefix="emailassistant-")))


def database(name: str, default: Path) -> dict[str, Any]:
    """Return Django's settings for a database URL (`postgresql://…` or `sqlite:///…`), or for a file."""
    hint = "Write postgresql://USER:PASSWORD@HOST:PORT/NAME or sqlite:////absolute/path."
    fallback = {"ENGINE": SQLITE, "NAME": str(default)}  # in any folder, also one with a ? in its name
    url = secret(name)
    if not url:
        return fallback
    if "#" in url:
        return _refuse(name, "has a #, which ends an address: write it as %23", hint, fallback)
    found = _read(lambda key, _: _env.dj_db_url(key), name, fallback, hint, shown=False)
    problem = "" if found is fallback else _problem_with_database(found)
    return _refuse(name, problem, hint, fallback) if problem else found


def _problem_with_database(settings: dict[str, Any]) -> str:
    database, options = settings.get("NAME"), settings.get("OPTIONS", {})
    if settings.get("ENGINE") not in {SQLITE, POSTGRESQL}:
        return "names a database that is not supported"
    if not database or database == MEMORY:
        return "names no database, or one in memory"
    if settings["ENGINE"] == POSTGRESQL:
        return "" if _libpq_takes(options) else "has an option that PostgreSQL does not take, after its ?"
    if options:
        return "has options, after its ?, which a SQLite file does not take"
    return "" if _can_be_a_file(Path(database)) else "names a file that is not there and cannot be made"


def _can_be_a_file(path: Path) -> bool:
    try:
        path.with_name(f"{path.name}-journal").exists()  # SQLite's own names are longer
        return path.is_file() or (not path.exists() and os.access(path.parent, os.W_OK | os.X_OK))
    except (OSError, ValueError):  # its folder is closed to us, its name is too long, or it has none
        return False


def _libpq_takes(options: dict[str, Any]) -> bool:
    """Return whether the names and values are right, as far as they are looked at before connecting."""
    from psycopg import Error, conninfo, pq  # noqa: PLC0415  (those with SQLite do without)

    try:
        elsewhere = conninfo.make_conninfo(**options | {"host": NOWHERE, "hostaddr": "", "port": ""})
    except Error:
        return False
    said = pq.PGconn.connect_start(elsewhere.encode()).error_message.decode()
    return NOWHERE in said and all(isinstance(options.get(each, 0), int) for each in NUMBERS)


def number_or_none(name: str, *, maximum: float) -> float | None:
    """Return a number from 0 to `maximum`; None if the variable is not set."""
    return number(name, 0, maximum=maximum) if text(name) else None


def headers(name: str) -> dict[str, str]:
    """Return HTTP headers by name, from a JSON object."""
    hint = f"""Write JSON: {name}={{"X-Title": "Email assistant"}}"""
    return _json(name, {}, _headers, "is not a table of HTTP headers", hint)


def request_options(name: str) -> dict[str, Any]:
    """Return options for the body of a request, from a JSON object."""
    hint = f"""Write JSON without {", ".join(sorted(OURS))}: {name}={{"top_p": 0.9}}"""
    return _json(name, {}, _options, "is not a table of options that can be added to a request", hint)


def model_servers(name: str) -> list[dict[str, Any]]:
    """Return model servers in an order: objects with `base_url`, `model`, and some with more."""
    hint = f"""Write JSON: {name}=[{{"base_url": "http://127.0.0.1:11434/v1", "model": "llama3.1"}}]"""
    return _json(name, [], _servers, "is not a list of model servers", hint)


def _json(name: str, default: T, read: Callable[[Any], T], problem: str, hint: str) -> T:
    """Return what `read` makes of a JSON text. It may hold a secret, so no message repeats it."""
    value = secret(name)
    try:
        return read(json.loads(value, parse_constant=_reject, parse_float=_finite)) if value else default
    except (ValueError, TypeError, AttributeError, RecursionError):
        return _refuse(name, problem, hint, default)


def _reject(value: Any) -> Any:
    raise ValueError(value)


def _finite(text: str) -> float:
    value = float(text)
    return value if isfinite(value) else _reject(text)


def _headers(given: Any) -> dict[str, str]:
    if not isinstance(given, dict):
        raise TypeError
    for header, value in given.items():
        if not (isinstance(value, str) and HEADER.fullmatch(header) and HEADER_VALUE.fullmatch(value)):
            raise ValueError
    return given


def _options(given: Any) -> dict[str, Any]:
    if not isinstance(given, dict) or OURS & given.keys():
        raise ValueError
    return given


def _servers(given: Any) -> list[dict[str, Any]]:
    if not isinstance(given, list):
        raise TypeError
    for each in given:
        if not {"base_url", "model"} <= each.keys() <= {*SERVER_TEXTS, "headers", "extra_body"}:
            raise ValueError
        if not all(isinstance(each[key], str) and each[key] for key in SERVER_TEXTS & each.keys()):
            raise ValueError
        if not _is_address(each["base_url"], ("http", "https")) or not KEY.fullmatch(each.get("api_key", "")):
            raise ValueError
        _headers(each.get("headers", {}))
        _options(each.get("extra_body", {}))
    return given


def prices(name: str) -> dict[str, dict[str, Decimal]]:
    """Return what a million tokens cost, by the model's name: `{"gpt-5-mini": {"in": …, "out": …}}`."""
    value = text(name)
    try:
        table = json.loads(value, parse_float=Decimal, parse_int=Decimal) if value else {}
        return {model: _price(each) for model, each in table.items()}
    except (ValueError, TypeError, AttributeError, KeyError, InvalidOperation, RecursionError):
        hint = (
            f"""Write JSON, a price for a million tokens: {name}={{"gpt-5-mini": {{"in": 0.25, "out": 2}}}}"""
        )
        return _refuse(name, "is not a table of prices", hint, {})


def _price(given: Any) -> dict[str, Decimal]:
    price = {"in": Decimal(given["in"]), "out": Decimal(given["out"])}
    if given.keys() - price.keys() or any(not 0 <= each < 10**6 for each in price.values()):
        raise ValueError
    return price


def _read(reader: Callable[..., Any], name: str, default: T, hint: str, *, shown: bool = True) -> T:
    try:
        value = reader(name, default)
        str(value).encode()
        return value
    except (EnvError, ValueError, OSError) as problem:
        is_said = shown and not isinstance(problem, (OSError, UnicodeError))
        return _refuse(name, str(problem) if is_said else "cannot be read", hint, default)


def _matching(name: str, pattern: re.Pattern[str], how: str, default: list[str]) -> list[str]:
    value = words(name, default)
    wrong = [word for word in value if not pattern.fullmatch(word)]
    return _refuse(name, f"names {wrong[0]!r}", f"Write each {how}", default) if wrong else value


def _is_address(value: str, schemes: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(value)
        has_host = bool(parts.hostname) and parts.port != 0  # which raises for a port that cannot be one
    except ValueError:
        return False
    is_whole = has_host or "http" not in schemes  # Redis may be the one on this machine, or a socket
    return parts.scheme in schemes and is_whole and not re.search(r"\s", value)


def _within(name: str, value: Any, default: T, minimum: float, maximum: float) -> T:
    if not minimum <= value <= maximum:
        return _refuse(name, f"is {value}", f"Give a number from {minimum} to {maximum}.", default)
    return value


def _refuse(name: str, said: str, hint: str, default: T) -> T:
    PROBLEMS.append(Problem(name, f"{name} {said[:LONGEST]}", hint))
    return default
