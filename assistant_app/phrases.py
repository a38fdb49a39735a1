"""English texts from below the doors, with what a door needs to translate them where it shows them.

The functions have the names that xgettext looks for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Phrase(str):
    """An English text that remembers its template and values.

    JSON, rows and prompts see a text like any other. `translation.translated` reads the rest.
    """

    template: str
    plural: str  # empty if no number decides on the form
    number: int
    values: Mapping[str, object]  # by the name of their place in the template

    def __new__(
        cls, template: str, values: Mapping[str, object] | None = None, plural: str = "", number: int = 1
    ) -> Phrase:
        form = plural if plural and number != 1 else template
        phrase = super().__new__(cls, form % _written(values) if values else form)
        phrase.template, phrase.plural, phrase.number, phrase.values = template, plural, number, values or {}
        return phrase

    def parts(self) -> dict[str, Any]:
        """Return what `restored` makes the phrase from again, as JSON."""
        values = {name: _stored(value) for name, value in self.values.items()}
        return {"template": self.template, "values": values, "plural": self.plural, "number": self.number}


def restored(text: str, parts: Any) -> str:
    """Return the phrase of a stored text. A text that its parts don't make stays what it is.

    Another version of this program may have written the text without its parts, or parts of another form.
    """
    try:
        phrase = _made(parts)
    except (KeyError, TypeError, ValueError):
        return text
    return phrase if phrase == text else text


def _stored(value: object) -> object:
    if isinstance(value, Phrase):
        return value.parts()
    return value if isinstance(value, str | int) else str(value)


def _made(parts: Any) -> Phrase:
    values = {
        name: _made(value) if isinstance(value, dict) else value for name, value in parts["values"].items()
    }
    return Phrase(parts["template"], values, parts["plural"], parts["number"])


def gettext_noop(text: str, **values: object) -> str:
    """Mark a text for translation. With values for its places, return it filled."""
    return Phrase(text, values) if values else text


def ngettext(one: str, many: str, number: int, **values: object) -> Phrase:
    """Return the form for a number, which is also the value of the place `number`."""
    return Phrase(one, {"number": number, **values}, many, number)


def sentences(*said: str) -> Phrase:
    """Return whole sentences one after the other, each translated on its own."""
    parts = {
        f"sentence{number}": each if isinstance(each, Phrase) else Phrase(each)
        for number, each in enumerate(said)
    }
    return Phrase(" ".join(f"%({name})s" for name in parts), parts)


def _written(values: Mapping[str, object]) -> dict[str, object]:
    return {name: f"{value:,}" if isinstance(value, int) else value for name, value in values.items()}
