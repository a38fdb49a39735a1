"""What the databases work out of a state, so that it need not be read."""

from __future__ import annotations

from typing import Any

from django.db.models import Func, IntegerField, Value
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce, NullIf


def list_length(key: str) -> Coalesce:
    """How many items a list in the state has; nought for one that is not there."""
    return Coalesce(_ListLength(key), 0)


def current_draft() -> Coalesce:
    """The number of the current draft; where an earlier version wrote none down, the newest is it."""
    number = Cast(KT("state__draft_number"), IntegerField())  # nought for JSON's null, where it is SQLite's
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
