"""Query expressions over `Application.state`, to get values from it without loading it."""

from __future__ import annotations

from typing import Any

from django.db.models import Func, IntegerField, Value
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce, NullIf


def list_length(key: str) -> Coalesce:
    """Return the number of items in a list of the state; 0 if the list is missing."""
    return Coalesce(_ListLength(key), 0)


def current_draft() -> Coalesce:
    """Return the number of the current draft; the newest one if an older version stored no number."""
    number = Cast(KT("state__draft_number"), IntegerField())  # SQLite casts JSON null to 0
    return Coalesce(NullIf(number, 0), list_length("draft_history"))


class _ListLength(Func):
    output_field = IntegerField()

    def __init__(self, key: str) -> None:
        super().__init__("state", Value(key))

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        template = "JSON_ARRAY_LENGTH(%(expressions)s)"
        return self.as_sql(compiler, connection, template=template, arg_joiner=", '$.' || ", **extra)

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        template = "JSONB_ARRAY_LENGTH(%(expressions)s)"
        return self.as_sql(compiler, connection, template=template, arg_joiner=" -> ", **extra)
