"""The values of an application's state, as pages show them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

from assistant_app.contract.wording import in_words
from assistant_app.contract.workflow import Output
from assistant_app.translation import translated


@dataclass(frozen=True, slots=True)
class Shown:
    """A value of the state: one text, or several."""

    label: str
    texts: list[str]
    is_list: bool


def shown(values: Iterable[tuple[Output, Any]]) -> list[Shown]:
    """Return values as texts, in the order given."""
    return [_shown(output, value) for output, value in values if output.on_page]


def _shown(output: Output, value: Any) -> Shown:
    items = value if isinstance(value, list) else [value]
    texts = [_text(output, item) for item in items]
    return Shown(translated(output.label or in_words(output.name)), texts, isinstance(value, list))


def _text(output: Output, value: Any) -> str:
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    if isinstance(value, dict) and not any(isinstance(part, dict | list) for part in value.values()):
        return "\n".join(f"{in_words(name)}: {_text(output, part)}" for name, part in value.items())
    if not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False, indent=1)
    label = output.label_of(value)
    return value if label == value else translated(label)
