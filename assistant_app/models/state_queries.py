"""Query expressions over `Application.state`, to get values from it without loading it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Case, Func, IntegerField, Value, When
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce, Left, NullIf, StrIndex, Substr, Upper
from django.db.models.lookups import GreaterThan

from assistant_app.contract.workflow import Counted


def list_length(key: str) -> Coalesce:
    """Return the number of items in a list of the state; 0 if the list is missing."""
    return Coalesce(_ListLength(key), 0)


def counted(wanted: Counted) -> Coalesce:
    """Return a number that the words of a workflow need."""
    if not wanted.number:
        return list_length(wanted.items)
    number = Cast(KT(f"state__{wanted.number}"), IntegerField())  # SQLite casts JSON null to 0
    return Coalesce(NullIf(number, 0), list_length(wanted.items))


def counted_in(counted_by: Mapping[str, Counted]) -> Case:
    """Return a number of an application, given what counts it in each workflow; 0 in others."""
    cases = [When(workflow=name, then=counted(wanted)) for name, wanted in counted_by.items()]
    return Case(*cases, default=Value(0), output_field=IntegerField())


def beginning(length: int, *keys: str) -> Coalesce:
    """Return the beginning of the first of these texts of the state that is there. The rest is not read."""
    found = [NullIf(Left(KT(key), length), Value("null")) for key in keys]  # as SQLite returns JSON null
    return Coalesce(*found, Value(None))


def around(key: str, query: str, length: int) -> Substr:
    """Return the text around the first place where a text of the state contains the query."""
    place = StrIndex(Upper(KT(key)), Upper(Value(query)))
    start = Case(When(GreaterThan(place, Value(length // 3)), then=place - length // 3), default=Value(1))
    return Substr(KT(key), start, length + len(query))


class _ListLength(Func):
    output_field = IntegerField()

    def __init__(self, key: str) -> None:
        super().__init__("state", Value(key))

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        template = "JSON_ARRAY_LENGTH(%(expressions)s)"
        return self.as_sql(compiler, connection, template=template, arg_joiner=", '$.' || ", **extra)

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        template = "JSONB_ARRAY_LENGTH(NULLIF(%(expressions)s, 'null'))"
        return self.as_sql(compiler, connection, template=template, arg_joiner=" -> ", **extra)
