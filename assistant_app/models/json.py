"""A JSON field that stores texts as they are."""

from __future__ import annotations

import json
from typing import Any

from django.db import models


class _Encoder(json.JSONEncoder):
    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "ensure_ascii": False})


class TextJSONField(models.JSONField):
    """A `JSONField` without escaped characters: outside ASCII, they take two to six times the space.

    SQLite's JSON functions take as much longer to read them.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{**options, "encoder": _Encoder})

    def deconstruct(self) -> Any:
        """Return a plain `JSONField`: the column is the same."""
        name, _, args, options = super().deconstruct()
        del options["encoder"]
        return name, "django.db.models.JSONField", args, options
