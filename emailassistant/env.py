"""Typed reading of environment variables.

A value that makes no sense never stops the import of the settings: its default is used, and the
system check `assistant.E001` refuses to start with the variable's name and a hint. Every variable
can be read from a file instead: `NAME_FILE=/run/secrets/name` (environs' file-aware reader).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from ipaddress import ip_network
from pathlib import Path
from tempfile import TemporaryFile, mkdtemp
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from environs import EnvError, FileAwareEnv

T = TypeVar("T")

_env = FileAwareEnv()


@dataclass(frozen=True, slots=True)
class Problem:
    name: str
    message: str
    hint: str


PROBLEMS: list[Problem] = []


def text(name: str, default: str = "", *, choices: tuple[str, ...] = ()) -> str:
    value = _read(_env.str, name, default, "Give plain text.").strip()
    if choices and value not in choices:
        return _refuse(name, f"is {value!r}", f"Choose one of: {', '.join(choices)}.", default)
    return value


def secret(name: str) -> str:
    """Like `text`, but the value is never repeated in a message."""
    return _read(_env.str, name, "", "Give plain text.").strip()


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
        return _refuse(name, "is no list of networks", "Write addresses or networks: 10.0.0.0/8,::1", default)


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
    """Return a folder, made if it is not there: only its owner may look into it.

    Where that is not possible it is a temporary one, so that the check is reached that refuses to go on.
    """
    path = Path(text(name, default))
    hint = f"Make it writable for who runs this, or write another one: {name}=/var/lib/emailassistant."
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if is_written:
            TemporaryFile(dir=path).close()
        return path
    except OSError as problem:
        said = f"is {path}, where nothing can be written ({problem.strerror})"
        return _refuse(name, said, hint, Path(mkdtemp(prefix="emailassistant-")))


def database(name: str, default: str) -> dict[str, Any]:
    """Return Django's settings for a database URL (`postgresql://…` or `sqlite:///…`)."""
    hint = "Write postgresql://USER:PASSWORD@HOST:PORT/NAME or sqlite:////absolute/path."
    fallback = _env.dj_db_url("", default)  # environs parses its default, and again what it made of it
    settings = _read(lambda key, _: _env.dj_db_url(key, default), name, fallback, hint, shown=False)
    if settings.get("ENGINE", "").rpartition(".")[2] in {"postgresql", "sqlite3"}:
        return settings
    return _refuse(name, "names a database that is not supported", hint, fallback)


def prices(name: str) -> dict[str, dict[str, Decimal]]:
    """Return what a million tokens cost, by the model's name: `{"gpt-5-mini": {"in": …, "out": …}}`."""
    value = text(name)
    try:
        table = json.loads(value, parse_float=Decimal, parse_int=Decimal) if value else {}
        return {model: _price(each) for model, each in table.items()}
    except (ValueError, TypeError, AttributeError, KeyError, InvalidOperation):
        hint = (
            f"""Write JSON, a price for a million tokens: {name}={{"gpt-5-mini": {{"in": 0.25, "out": 2}}}}"""
        )
        return _refuse(name, "is no table of prices", hint, {})


def _price(given: Any) -> dict[str, Decimal]:
    price = {"in": Decimal(given["in"]), "out": Decimal(given["out"])}
    if given.keys() - price.keys() or any(not 0 <= each < 10**6 for each in price.values()):
        raise ValueError
    return price


def _read(reader: Callable[..., Any], name: str, default: T, hint: str, *, shown: bool = True) -> T:
    try:
        return reader(name, default)
    except (EnvError, ValueError, OSError) as problem:
        said = str(problem) if shown and not isinstance(problem, OSError) else "cannot be read"
        return _refuse(name, said, hint, default)


def _within(name: str, value: Any, default: T, minimum: float, maximum: float) -> T:
    if not minimum <= value <= maximum:
        return _refuse(name, f"is {value}", f"Give a number from {minimum} to {maximum}.", default)
    return value


def _refuse(name: str, said: str, hint: str, default: T) -> T:
    PROBLEMS.append(Problem(name, f"{name} {said}", hint))
    return default
