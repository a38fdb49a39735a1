"""Turns the states of Burr programs into JSON text and back.

Values go through Burr's own serialization, but only where it can restore them without running what the
row names: plain values, and pydantic models of the classes that the program allows. Nothing is pickled.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import PosixPath
from typing import Any
from uuid import UUID

from burr.core import State, serde
from burr.core.state import FIELD_SERIALIZATION
from burr.integrations.serde.pydantic import serialize_pydantic
from pydantic import BaseModel
from pydantic_core import to_jsonable_python

Models = tuple[type[BaseModel], ...]

# Burr stores what JSON does not have as `str(value)`. For these the text says what the value was.
AS_TEXT = {bytes, complex, tuple, set, frozenset, range, Decimal, Fraction, UUID, PosixPath}
AS_TEXT |= {date, datetime, time, timedelta}

CLASS = "__pydantic_class"  # where Burr keeps the name of a model's class


def importable(models: Iterable[type[BaseModel]]) -> Models:
    """Return the models as a tuple. Raise `TypeError` for a class that Burr could not load again by name."""
    found = tuple(models)
    for model in found:
        if not (isinstance(model, type) and issubclass(model, BaseModel)):
            raise TypeError(f"allow: {model!r} is not a class of pydantic models.")
        module = sys.modules.get(model.__module__)
        if getattr(module, model.__name__, None) is not model:
            raise TypeError(
                f"allow: {name_of(model)} cannot be loaded by name. Define it at the top of a module."
            )
    return found


def name_of(kind: type) -> str:
    """Return a class's name as Burr stores it."""
    return f"{kind.__module__}.{kind.__name__}"


def to_text(state: State, allow: Models) -> str:
    """Return the state as JSON text of ASCII characters only.

    Raise `ValueError` if a value is of a class that is not allowed. Fields that the program registered with
    Burr's `register_field_serde` are its own affair.
    """
    for key, value in state.get_all().items():
        if key not in FIELD_SERIALIZATION:
            _refuse_unknown_classes(key, value, allow)
    # Burr dumps a model to Python objects, dates among them, and the model reads them from JSON again.
    return json.dumps(state.serialize(), default=to_jsonable_python)


def from_text(text: str, allow: Models) -> State:
    """Return the state of a JSON text. Raise `ValueError` if it names a class that is not allowed."""
    values = json.loads(text)
    names = {name_of(model) for model in allow}
    for key, value in values.items():
        if key not in FIELD_SERIALIZATION:
            _refuse_unknown_names(key, value, names)
    return State.deserialize(values, allowlist=sorted({model.__module__ for model in allow}))


def _refuse_unknown_classes(key: str, value: Any, allow: Models) -> None:
    kind = type(value)
    serialize = serde.serialize.dispatch(kind)
    if value is None or serialize is serde.serialize_primitive:
        return
    if serialize is serde.serialize_list:
        for item in value:
            _refuse_unknown_classes(key, item, allow)
    elif serialize is serde.serialize_dict:
        if serde.KEY in value:
            raise ValueError(f"State key {key!r}: a dict has the key {serde.KEY!r}, which is Burr's own.")
        for name, item in value.items():
            if not isinstance(name, str | int | float | None):
                raise ValueError(f"State key {key!r}: a dict has a key of the class {name_of(type(name))}.")
            _refuse_unknown_classes(key, item, allow)
    elif serialize is serialize_pydantic:
        if kind not in allow:
            said = f"State key {key!r}: {name_of(kind)} is not among the models that may be stored."
            raise ValueError(f"{said} Name it when you make the persister: allow=[{kind.__name__}].")
    elif serialize is not serde.serialize.dispatch(object) or kind not in AS_TEXT:
        said = f"State key {key!r}: a value of the class {name_of(kind)} cannot be stored."
        raise ValueError(f"{said} Use a dict, or a pydantic model that is allowed.")


def _refuse_unknown_names(key: str, value: Any, names: Collection[str]) -> None:
    if isinstance(value, list):
        for item in value:
            _refuse_unknown_names(key, item, names)
    elif isinstance(value, dict) and serde.KEY in value:
        if value[serde.KEY] != "pydantic" or value.get(CLASS) not in names:
            named = value.get(CLASS, value[serde.KEY])
            raise ValueError(
                f"State key {key!r}: the row names {named!r}, which is not among the allowed models."
            )
    elif isinstance(value, dict):
        for item in value.values():
            _refuse_unknown_names(key, item, names)
