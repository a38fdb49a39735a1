"""The SQL of what every request and every save does, written out: find a row, add one, change one.

The ORM builds it again for each query, at five times the CPU: docs/decisions/fixed-sql.md.
Every value is a parameter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from itertools import chain
from typing import Any, TypeVar

from django.db import connection, connections, models, transaction
from django.utils import timezone

M = TypeVar("M", bound=models.Model)

FIND_APPLICATION = """
SELECT {columns}, {clock} AS read_at, COALESCE(preferences.signature, '') AS read_signature,
    COALESCE(preferences.time_zone, '') AS read_time_zone, COALESCE(preferences.about, '') AS read_about,
    COALESCE(preferences.style, '') AS read_style, COALESCE(preferences.always, '') AS read_always,
    (SELECT person.email FROM auth_user AS person WHERE person.id = application.owner_id) AS read_email,
    (
        SELECT {identities} FROM assistant_app_identity AS identity
        WHERE identity.owner_id = application.owner_id
    ) AS read_identities,
    EXISTS (
        SELECT 1 FROM assistant_app_noteword AS word WHERE word.owner_id = application.owner_id
    ) AS read_has_notes,
    EXISTS (
        SELECT 1 FROM assistant_app_application AS fork
        WHERE fork.owner_id = application.owner_id AND fork.root_id = application.id
            AND fork.deleted_at IS NULL
    ) AS read_is_forked,
    (
        SELECT parent.deleted_at FROM assistant_app_application AS parent
        WHERE parent.id = application.parent_id
    ) AS read_parent_deleted_at
FROM assistant_app_application AS application
LEFT JOIN assistant_app_preferences AS preferences ON preferences.owner_id = application.owner_id
WHERE application.id = %s AND application.owner_id = %s AND application.deleted_at IS NULL
"""
# Half of the columns: a request needs no others, and most of the time goes into reading them.
FIND_BY_DIGEST = """
SELECT token.digest, token.user_id, token.name, token.scope, token.expiry, token.last_used_at,
    person.username, person.is_active, person.is_staff, person.is_superuser
FROM assistant_app_apitoken AS token
JOIN auth_user AS person ON person.id = token.user_id
WHERE token.digest = %s
"""
FIND_SESSION = "SELECT session_data FROM django_session WHERE session_key = %s AND expire_date > %s"


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement, or a part of one, with its parameters."""

    sql: str
    params: tuple[Any, ...] = ()

    def execute(self) -> int:
        """Return how many rows it changed or found."""
        with connection.cursor() as cursor:
            cursor.execute(self.sql, self.params)
            return cursor.rowcount


@dataclass(frozen=True, slots=True)
class Condition(Statement):
    """What follows WHERE, or a part of it."""

    def __and__(self, other: Condition) -> Condition:
        return Condition(f"{self.sql} AND {other.sql}", self.params + other.params)


def clock(ahead: timedelta = timedelta(0)) -> Statement:
    """Return the database's clock at this very moment; on SQLite, the one machine's."""
    if connection.vendor == "postgresql":
        return Statement("(CLOCK_TIMESTAMP() + %s)", (ahead,))
    return Statement("%s", (connection.ops.adapt_datetimefield_value(timezone.now() + ahead),))


def session_data(key: str | None) -> str | None:
    """Return what a session holds, as Django encodes it; None if there is none, or if it has expired."""
    with connection.cursor() as cursor:
        cursor.execute(FIND_SESSION, (key, connection.ops.adapt_datetimefield_value(timezone.now())))
        row = cursor.fetchone()
    return None if row is None else str(row[0])


def identities() -> str:
    """Return the expression for all identities, as a JSON list with a list of `Identity.READ` for each."""
    columns = "identity.id, identity.name, {}, identity.signature, identity.is_default"
    if connection.vendor == "postgresql":
        return f"JSON_AGG(JSON_BUILD_ARRAY({columns.format('identity.addresses')}))::text"
    return f"JSON_GROUP_ARRAY(JSON_ARRAY({columns.format('JSON(identity.addresses)')}))"


@cache
def columns_of(model: type[models.Model], name: str) -> str:
    """Return a model's columns as SELECT takes them, of a table with this name in the query."""
    return ", ".join(f"{name}.{field.column}" for field in model._meta.concrete_fields)


def find(model: type[M], query: str, params: Sequence[Any]) -> M | None:
    """Return the first row of a query, or None. Columns that are no field's become attributes of the row.

    As `raw` does it, at a third of the CPU: the columns are looked up once for each query. So it must name
    them: with `*`, a migration would move them.
    """
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        values = cursor.fetchone()
        if values is None:
            return None
        shape = _shapes.get((connection.alias, query))
        if shape is None:
            columns = [column[0] for column in cursor.description]
            shape = _shapes[connection.alias, query] = _shape(model, columns, connection.alias)
    read = list(values)
    for place, expression, convert in shape.converters:
        read[place] = convert(read[place], expression, connection)
    row = model.from_db(connection.alias, shape.names, [read[place] for place in shape.places])
    for name, place in shape.others:
        setattr(row, name, read[place])
    return row


@dataclass(frozen=True, slots=True)
class _Shape:
    """The layout of a query's columns, by position."""

    names: tuple[str, ...]  # of the fields, in the model's order, as `from_db` wants them
    places: tuple[int, ...]  # of these fields
    converters: tuple[tuple[int, Any, Any], ...]  # place, expression, what to call
    others: tuple[tuple[str, int], ...]


_shapes: dict[tuple[str, str], _Shape] = {}  # by the database's alias and the query


def _shape(model: type[models.Model], columns: Sequence[str], alias: str) -> _Shape:
    place_of = {column: place for place, column in enumerate(columns)}
    fields: list[Any] = [field for field in model._meta.concrete_fields if field.column in place_of]
    converters = []
    for field in fields:
        expression: Any = field.get_col(model._meta.db_table)
        found = [
            *connections[alias].ops.get_db_converters(expression),
            *expression.get_db_converters(connections[alias]),
        ]
        converters += [(place_of[field.column], expression, convert) for convert in found]
    taken = {field.column for field in fields}
    return _Shape(
        tuple(field.attname for field in fields),
        tuple(place_of[field.column] for field in fields),
        tuple(converters),
        tuple((column, place) for column, place in place_of.items() if column not in taken),
    )


def where(model: type[models.Model], **values: Any) -> Condition:
    """Return the condition that the columns have these values."""
    columns, params = _columns(model, values)
    return Condition(" AND ".join(f"{column} = {mark}" for column, mark in columns.items()), params)


def add(row: models.Model) -> bool:
    """Insert a row; return whether it was new, and leave alone the one that has its key already."""
    new = insert(row)
    return Statement(f"{new.sql} ON CONFLICT DO NOTHING", new.params).execute() == 1


def insert(row: models.Model) -> Statement:
    """Return the INSERT of a row; an automatic key is left to the database."""
    sql, fields = _inserted(type(row))
    return Statement(sql, tuple([_prepared(field, field.pre_save(row, True)) for field in fields]))


@cache
def _inserted(model: type[models.Model]) -> tuple[str, tuple[Any, ...]]:
    """Return the INSERT of a model's rows, and the fields whose values it takes."""
    fields = [field for field in model._meta.concrete_fields if not isinstance(field, models.AutoField)]
    columns = ", ".join(str(field.column) for field in fields)
    marks = ", ".join(["%s"] * len(fields))
    # SELECT and not VALUES: `change` adds FROM.
    return f"INSERT INTO {model._meta.db_table} ({columns}) SELECT {marks}", tuple(fields)


_TEXTS = (models.CharField, models.TextField)


def _prepared(field: Any, value: Any) -> Any:
    """Return a field's value as a parameter. Most are texts or None, and stay what they are."""
    if value is None or (type(value) is str and type(field) in _TEXTS):
        return value
    return field.get_db_prep_save(value, connection)


def update(model: type[models.Model], values: Mapping[str, Any], condition: Condition) -> Statement:
    """Return the UPDATE of the rows that the condition holds for; a value may be the `clock`."""
    columns, params = _columns(model, values)
    assignments = ", ".join(f"{column} = {mark}" for column, mark in columns.items())
    return Statement(
        f"UPDATE {model._meta.db_table} SET {assignments} WHERE {condition.sql}", params + condition.params
    )


def change(
    changed: Statement,
    inserted: Sequence[Statement],
    before: Statement | None = None,
    dropped: Statement | None = None,
) -> bool:
    """Change a row and insert the others with it, all or nothing; return whether the row was there to change.

    `before`, the change of another row, is made first and in either case. `dropped`, a DELETE, comes between
    the change and the inserts. PostgreSQL gets all of it as one statement: one round trip, which outside a
    transaction commits itself.
    """
    if connection.vendor == "postgresql":
        return _in_one(changed, inserted, before, dropped).execute() == 1
    with transaction.atomic(savepoint=False):
        if before is not None:
            before.execute()
        if changed.execute() == 0:
            return False
        if dropped is not None:
            dropped.execute()
        for statement in inserted:
            statement.execute()
    return True


def _columns(model: type[models.Model], values: Mapping[str, Any]) -> tuple[dict[str, str], tuple[Any, ...]]:
    """Return the SQL of each field's value by its column, and the parameters."""
    columns: dict[str, str] = {}
    params: list[Any] = []
    for name, value in values.items():
        field: Any = model._meta.get_field(name)
        if not isinstance(value, Statement):
            columns[field.column] = "%s"
            params.append(_prepared(field, value))
        else:
            columns[field.column] = value.sql
            params += value.params
    return columns, tuple(params)


def _in_one(
    changed: Statement, inserted: Sequence[Statement], before: Statement | None, dropped: Statement | None
) -> Statement:
    parts = [f"changed AS ({changed.sql} RETURNING 1)"]
    params = [changed.params]
    if before is not None:
        # Counting its rows makes PostgreSQL execute it first: it locks its row before this one.
        after = "(SELECT COUNT(*) FROM before) >= 0"
        parts = [
            f"before AS ({before.sql} RETURNING 1)",
            f"changed AS ({changed.sql} AND {after} RETURNING 1)",
        ]
        params = [before.params, changed.params]
    source = "changed"  # inserts nothing where nothing was changed
    if dropped is not None:
        # Reading `changed`, and counting these rows, makes PostgreSQL keep the order.
        parts.append(f"dropped AS ({dropped.sql} AND EXISTS (SELECT 1 FROM changed) RETURNING 1)")
        params.append(dropped.params)
        source = "changed WHERE (SELECT COUNT(*) FROM dropped) >= 0"
    for number, statement in enumerate(inserted):
        parts.append(f"inserted{number} AS ({statement.sql} FROM {source})")
        params.append(statement.params)
    return Statement(f"WITH {', '.join(parts)} SELECT 1 FROM changed", tuple(chain.from_iterable(params)))


# The first query counts in how many notes each word is: the rarer, the more it says, in hundredths. Words of
# very many notes say nothing. A word of 1,000 is a note's own sender. Both read nothing but the index;
# without its second list of words, PostgreSQL would read all of the table.
NOTES_ABOUT = """
WITH asked AS (
    SELECT word, COUNT(*) AS notes
    FROM assistant_app_noteword
    WHERE owner_id = %s AND word IN ({words})
    GROUP BY word
    HAVING COUNT(*) <= 256 OR MAX(says) >= 1000
)
SELECT note.*, found.score AS score
FROM (
    SELECT hit.note_id, SUM(
        hit.says * CASE
            WHEN hit.says >= 1000 OR asked.notes = 1 THEN 100
            WHEN asked.notes <= 2 THEN 70
            WHEN asked.notes <= 4 THEN 50
            WHEN asked.notes <= 8 THEN 35
            WHEN asked.notes <= 16 THEN 25
            WHEN asked.notes <= 64 THEN 15
            ELSE 8
        END
    ) AS score
    FROM asked
    JOIN assistant_app_noteword AS hit
        ON hit.owner_id = %s AND hit.word IN ({words}) AND hit.word = asked.word
    GROUP BY hit.note_id
) AS found
JOIN assistant_app_note AS note ON note.id = found.note_id
WHERE note.scope = 'all'{targets}
ORDER BY found.score DESC, note.id
LIMIT 20
"""


def notes_about(words: int, targets: Sequence[str]) -> Statement:
    """Return the query for an owner's notes with some of so many words. Owner and words come first, twice."""
    marks = ", ".join(["%s"] * len(targets))
    return Statement(
        NOTES_ABOUT.format(
            words=", ".join(["%s"] * words), targets=f" OR note.target IN ({marks})" if targets else ""
        ),
        tuple(targets),
    )
