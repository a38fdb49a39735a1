"""The SQL of what a run writes: one row changed under a condition, and what is inserted with it.

Made once for each set of columns and kept; the ORM would build it anew for each step, which was a quarter of
the CPU of a whole email.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, lru_cache
from typing import Any

from django.db import connection, models, transaction
from django.utils import timezone


@dataclass(frozen=True, slots=True)
class Statement:
    sql: str
    params: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Condition(Statement):
    """What follows WHERE, or a part of it."""

    def __and__(self, other: Condition) -> Condition:
        return Condition(f"{self.sql} AND {other.sql}", self.params + other.params)


def clock() -> Condition:
    """Return the database's clock at this very moment; on SQLite, the one machine's."""
    if connection.vendor == "postgresql":
        return Condition("CLOCK_TIMESTAMP()")
    return Condition("%s", (connection.ops.adapt_datetimefield_value(timezone.now()),))


def where(model: type[models.Model], **values: Any) -> Condition:
    """Return the condition that the columns have these values."""
    marks = " AND ".join(f"{_column(model, name)} = %s" for name in values)
    return Condition(marks, tuple(_adapted(model, name, value) for name, value in values.items()))


def update(model: type[models.Model], values: Mapping[str, Any], condition: Condition) -> Statement:
    """Return the UPDATE. A `timedelta` for a moment means: so long from now, by the database's clock."""
    from_now = tuple(name for name, value in values.items() if isinstance(value, timedelta))
    params = (_adapted(model, name, value) for name, value in values.items())
    assignments = _assignments(model, tuple(values), from_now if connection.vendor == "postgresql" else ())
    return Statement(
        f"UPDATE {model._meta.db_table} SET {assignments} WHERE {condition.sql}", (*params, *condition.params)
    )


def insert(row: models.Model) -> Statement:
    """Return the INSERT of a row whose key the database makes."""
    fields = _inserted(type(row))
    params = (field.get_db_prep_save(field.pre_save(row, True), connection) for field in fields)
    return Statement(_insert(type(row)), tuple(params))


def change(changed: Statement, inserted: Sequence[Statement]) -> bool:
    """Change a row and insert the others with it, all or nothing; return whether there was the row.

    One statement and one way to PostgreSQL and back, which commits itself outside a transaction.
    """
    if connection.vendor == "postgresql":
        return _change_at_once(changed, inserted)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(changed.sql, changed.params)
        if cursor.rowcount == 0:
            return False
        for statement in inserted:
            cursor.execute(f"{statement.sql} VALUES ({_marks(statement)})", statement.params)
    return True


def _change_at_once(changed: Statement, inserted: Sequence[Statement]) -> bool:
    parts, params = [f"changed AS ({changed.sql} RETURNING 1)"], [*changed.params]
    for number, statement in enumerate(inserted):
        # Not VALUES: nothing is inserted where nothing was changed.
        parts.append(f"inserted{number} AS ({statement.sql} SELECT {_marks(statement)} FROM changed)")
        params += statement.params
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {', '.join(parts)} SELECT 1 FROM changed", params)
        return cursor.fetchone() is not None


def _adapted(model: type[models.Model], name: str, value: Any) -> Any:
    if isinstance(value, timedelta):
        if connection.vendor == "postgresql":
            return value
        value = timezone.now() + value
    return _field(model, name).get_db_prep_save(value, connection)


@lru_cache(maxsize=64)
def _assignments(model: type[models.Model], names: tuple[str, ...], from_now: tuple[str, ...]) -> str:
    marks = ("CLOCK_TIMESTAMP() + %s" if name in from_now else "%s" for name in names)
    return ", ".join(f"{_column(model, name)} = {mark}" for name, mark in zip(names, marks, strict=True))


@cache
def _field(model: type[models.Model], name: str) -> Any:
    return model._meta.get_field(name)


@cache
def _column(model: type[models.Model], name: str) -> str:
    return connection.ops.quote_name(_field(model, name).column)


@cache
def _inserted(model: type[models.Model]) -> tuple[Any, ...]:
    return tuple(field for field in model._meta.concrete_fields if not isinstance(field, models.AutoField))


@cache
def _insert(model: type[models.Model]) -> str:
    columns = ", ".join(_column(model, field.name) for field in _inserted(model))
    return f"INSERT INTO {model._meta.db_table} ({columns})"


def _marks(statement: Statement) -> str:
    return ", ".join(["%s"] * len(statement.params))
