"""The SQL of what every request and every step does, built once for each set of columns and kept.

Find one row; insert one; change one under a condition and insert others with it. The ORM would build the SQL
anew each time, which took a third of the CPU of a whole email.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, lru_cache
from typing import Any, TypeVar

from django.db import connection, models, transaction
from django.utils import timezone

M = TypeVar("M", bound=models.Model)


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
    marks = " AND ".join(f"{_table(model)}.{_column(model, name)} = %s" for name in values)
    return Condition(marks, tuple(_adapted(model, name, value) for name, value in values.items()))


def find(
    model: type[M],
    condition: Condition,
    *relations: str,
    defer: frozenset[str] = frozenset(),
    **extra: Condition,
) -> M | None:
    """Return the row that the condition holds for, or none; a unique key is in it.

    `relations` names foreign keys whose row comes along, `extra` attributes that are asked for besides,
    `defer` what is left out until it is looked at: `"created"`, `"user__password"`.
    """
    selection = _selection(model, relations, defer)
    columns = ", ".join([selection.columns, *(asked.sql for asked in extra.values())])
    params = [*(value for asked in extra.values() for value in asked.params), *condition.params]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns} {selection.tables} WHERE {condition.sql}", params)
        values = cursor.fetchone()
    return None if values is None else selection.instance(values, tuple(extra))


def add(row: models.Model) -> bool:
    """Insert a row; return whether it was new, and leave alone the one that has its key already."""
    inserted = insert(row)
    with connection.cursor() as cursor:
        sql = f"{inserted.sql} VALUES ({_marks(inserted)}) ON CONFLICT DO NOTHING"
        cursor.execute(sql, inserted.params)
        return cursor.rowcount == 1


def update(model: type[models.Model], values: Mapping[str, Any], condition: Condition) -> Statement:
    """Return the UPDATE. A `timedelta` for a moment means: so long from now, by the database's clock."""
    from_now = tuple(name for name, value in values.items() if isinstance(value, timedelta))
    params = (_adapted(model, name, value) for name, value in values.items())
    assignments = _assignments(model, tuple(values), from_now if connection.vendor == "postgresql" else ())
    return Statement(
        f"UPDATE {_table(model)} SET {assignments} WHERE {condition.sql}", (*params, *condition.params)
    )


def insert(row: models.Model) -> Statement:
    """Return the INSERT of a row whose key the database makes."""
    fields = _inserted(type(row))
    params = (field.get_db_prep_save(field.pre_save(row, True), connection) for field in fields)
    return Statement(_insert(type(row)), tuple(params))


def change(changed: Statement, inserted: Sequence[Statement], before: Statement | None = None) -> bool:
    """Change a row and insert the others with it, all or nothing; return whether the row was there to change.

    `before`, the change of another row, is made first and in either case. PostgreSQL gets all of it as one
    statement: one round trip, which outside a transaction commits itself.
    """
    if connection.vendor == "postgresql":
        return _change_at_once(changed, inserted, before)
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        if before is not None:
            cursor.execute(before.sql, before.params)
        cursor.execute(changed.sql, changed.params)
        if cursor.rowcount == 0:
            return False
        for statement in inserted:
            cursor.execute(f"{statement.sql} VALUES ({_marks(statement)})", statement.params)
    return True


def _change_at_once(changed: Statement, inserted: Sequence[Statement], before: Statement | None) -> bool:
    parts: list[str] = []
    params: list[Any] = []
    last = ""
    if before is not None:
        parts.append(f"before AS ({before.sql} RETURNING 1)")
        params += before.params
        last = " AND (SELECT COUNT(*) FROM before) >= 0"  # is done, and its row locked, before this one's
    parts.append(f"changed AS ({changed.sql}{last} RETURNING 1)")
    params += changed.params
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


@dataclass(frozen=True, slots=True)
class _Selection:
    """The columns of a model and of what it refers to, and how rows are made of their values."""

    columns: str
    tables: str
    parts: tuple[_Part, ...]

    def instance(self, values: Sequence[Any], extra: tuple[str, ...]) -> Any:
        made = [part.instance(values) for part in self.parts]
        for part, related in zip(self.parts[1:], made[1:], strict=True):
            setattr(made[0], part.relation, related)
        for name, value in zip(extra, values[len(values) - len(extra) :], strict=True):
            setattr(made[0], name, value)
        return made[0]


@dataclass(frozen=True, slots=True)
class _Part:
    model: type[models.Model]
    relation: str  # the foreign key that leads to it; none for the row itself
    start: int  # of its values
    names: list[str]
    converters: list[tuple[int, Any, Any]]  # position, expression, what to call

    def instance(self, values: Sequence[Any]) -> Any:
        own = list(values[self.start : self.start + len(self.names)])
        for position, expression, convert in self.converters:
            own[position] = convert(own[position], expression, connection)
        return self.model.from_db(connection.alias, self.names, own)


@cache
def _selection(model: type[models.Model], relations: tuple[str, ...], deferred: frozenset[str]) -> _Selection:
    columns: list[str] = []
    parts = []
    tables = f"FROM {_table(model)}"
    for name in ("", *relations):
        of: Any = model
        if name:
            key = _field(model, name)
            of = key.related_model
            tables += (
                f" JOIN {_table(of)} ON {_table(model)}.{_column(model, name)}"
                f" = {_table(of)}.{_column(of, of._meta.pk.name)}"
            )
        prefix = f"{name}__" if name else ""
        fields = [field for field in of._meta.concrete_fields if prefix + field.name not in deferred]
        converters = [
            (position, expression, convert)
            for position, field in enumerate(fields)
            for expression in [field.get_col(of._meta.db_table)]
            for convert in (
                *connection.ops.get_db_converters(expression),
                *expression.get_db_converters(connection),
            )
        ]
        parts.append(_Part(of, name, len(columns), [field.attname for field in fields], converters))
        columns += [f"{_table(of)}.{_column(of, field.name)}" for field in fields]
    return _Selection(", ".join(columns), tables, tuple(parts))


@cache
def _table(model: type[models.Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)


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
    return f"INSERT INTO {_table(model)} ({columns})"


def _marks(statement: Statement) -> str:
    return ", ".join(["%s"] * len(statement.params))
