"""Cleans the input of a human step: the only validation there is, whichever door it came through."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from assistant_app import conf
from assistant_app.contract.workflow import ActionEntry, Field
from assistant_app.errors import DoesNotFit, InvalidInput, too_long, unknown_fields
from assistant_app.phrases import gettext_noop, sentences

MOST_ITEMS = 100  # of a list
NUMBER = re.compile(r"[+-]?\d{1,15}")  # digits of any script


def clean(step: ActionEntry, data: Any) -> dict[str, Any]:
    """Return the action's inputs. Raise `InvalidInput` with a message for each wrong field."""
    if not isinstance(data, Mapping):
        raise InvalidInput(
            fields={"body": [gettext_noop("Send one JSON object with the fields of this step.")]}
        )
    inputs: dict[str, Any] = {}
    problems = unknown_fields(data.keys() - {field.name for field in step.fields})
    for field in step.fields:
        try:
            inputs[field.name] = _clean(field, data)
        except ValueError as problem:
            problems[field.name] = [problem.args[0]]  # `str` would drop the values of a phrase
    if problems:
        raise InvalidInput(fields=problems)
    return inputs


def from_form(step: ActionEntry, texts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the input from a form, where numbers are texts. `clean` refuses a text that is no number."""
    numbers = {field.name for field in step.fields if field.is_number}
    return {name: _number_in(text) if name in numbers else text for name, text in texts.items()}


def match(step: ActionEntry, inputs: dict[str, Any], state: Mapping[str, Any]) -> None:
    """Raise `DoesNotFit` if a list has the wrong length for the state, or as `fits` does."""
    for field in step.fields:
        expected = len(state.get(field.one_per) or ()) if field.one_per else 0
        if field.one_per and (given := len(inputs[field.name])) != expected:
            said = gettext_noop(
                "%(expected)s are needed, %(given)s were sent.", expected=expected, given=given
            )
            raise DoesNotFit(fields={field.name: [said]})
    if step.fits is not None:
        step.fits(inputs, state)


def max_length(field: Field) -> int:
    """Return how many characters a text may have."""
    return conf.limit(field.limit)


def _clean(field: Field, data: Mapping[str, Any]) -> Any:
    if field.name not in data and field.may_be_missing:
        return [] if field.is_list else None if field.is_number else ""
    if field.name not in data:
        raise ValueError(gettext_noop("This field is needed."))
    value = data[field.name]
    if field.is_number:
        return _clean_number(field, value)
    if field.choices:
        return _clean_choice(field, value)
    if not (field.one_per or field.is_list):
        return _clean_text(field, value)
    if not isinstance(value, list):
        raise ValueError(gettext_noop("Send a list of texts."))
    if len(value) > MOST_ITEMS:
        raise ValueError(gettext_noop("That is too many."))
    if field.is_list and field.required and not value:
        raise ValueError(gettext_noop("Write something here."))
    return [_clean_text(field, item) for item in value]


def _clean_number(field: Field, value: Any) -> int | None:
    if value is None and not field.required:
        return None
    if isinstance(value, float) and value.is_integer():  # JSON has one kind of number: 2.0 is 2
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not field.least <= value <= field.most:
        said = gettext_noop(
            "Send a whole number from %(least)s to %(most)s.", least=field.least, most=field.most
        )
        raise ValueError(said)
    return value


def _number_in(text: Any) -> Any:
    """Return the number that was typed, None if nothing was, or the text if it is no number."""
    typed = text.strip().replace("\N{MINUS SIGN}", "-") if isinstance(text, str) else ""
    if NUMBER.fullmatch(typed):
        return int(typed)
    return text if typed or not isinstance(text, str) else None


def _clean_choice(field: Field, value: Any) -> str:
    values = [known for known, _ in field.choices]
    if not isinstance(value, str) or value not in values:
        if value == "" and not field.required:
            return ""
        raise ValueError(gettext_noop("Choose one of: %(values)s.", values=", ".join(values)))
    return value


def _clean_text(field: Field, value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(gettext_noop("Send text."))
    if "\x00" in value:
        raise ValueError(gettext_noop("It holds a NUL character, which no mail has. Take it out."))
    try:
        value.encode()
    except UnicodeEncodeError:
        said = gettext_noop("It holds half a character (a lone surrogate). Paste it again.")
        raise ValueError(said) from None
    text = value.replace("\r\n", "\n").replace("\r", "\n")
    most = max_length(field)
    if len(text) > most:
        said = too_long(text, most)
        raise ValueError(sentences(said, field.too_long) if field.too_long else said)
    if field.required and not text.strip():
        raise ValueError(field.missing or gettext_noop("Write something here."))
    if field.empty_decides and text and not text.strip():
        said = gettext_noop("It holds only spaces. Write something, or leave it empty on purpose.")
        raise ValueError(said)
    if field.is_line and "\n" in text.strip():
        raise ValueError(gettext_noop("Write it in one line."))
    return text if field.verbatim else text.strip()
