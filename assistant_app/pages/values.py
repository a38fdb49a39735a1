"""The values of an application's state, as pages show them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from assistant_app.contract.wording import in_words
from assistant_app.contract.workflow import Output
from assistant_app.translation import translated


@dataclass(frozen=True, slots=True)
class Shown:
    """A value of the state: one text, or several."""

    label: str
    texts: list[str]
    is_list: bool


def shown(outputs: Iterable[Output], state: Mapping[str, Any]) -> list[Shown]:
    """Return the values that are there."""
    return [
        _shown(output, value)
        for output in outputs
        if output.on_page and (value := output.of(state)) not in (None, "", [], {})
    ]


def _shown(output: Output, value: Any) -> Shown:
    texts = [_text(item) for item in value] if isinstance(value, list) else [_text(value)]
    return Shown(translated(output.label or in_words(output.name)), texts, isinstance(value, list))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=1)
