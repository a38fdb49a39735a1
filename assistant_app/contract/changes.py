"""What a step changed, and the state after it: pure functions of plain data.

A history is a tree of steps. Each step has a base, the step that it continues. The state after a step is
the fold of all changes from the first step to this one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol, TypeVar

Changes = dict[str, Any]


class HasBase(Protocol):
    """The part of a step that `path_to` needs."""

    base: Any  # the number of the step that it continues; None for the first


StepT = TypeVar("StepT", bound=HasBase)


def changes_between(before: Mapping[str, Any], after: Mapping[str, Any]) -> Changes:
    """Return what a step changed: `{"set": {key: value}, "append": {key: items}, "last": {key: list}}`.

    For a list that only grew, store the appended items. A text that is also the last appended item of a
    list (a draft, feedback) is stored as the name of that list. This keeps a step as small as its new text.
    """
    changed = {key: value for key, value in after.items() if key not in before or before[key] != value}
    appended = {
        key: value[len(before[key]) :] for key, value in changed.items() if _grew(before.get(key), value)
    }
    rest = {key: value for key, value in changed.items() if key not in appended}
    last = {key: _last_of(value, appended) for key, value in rest.items() if _last_of(value, appended)}
    parts = {
        "set": {key: value for key, value in rest.items() if key not in last},
        "append": appended,
        "last": last,
    }
    return {name: part for name, part in parts.items() if part}


def apply_changes(state: Mapping[str, Any], changes: Changes) -> dict[str, Any]:
    """Return the state after a step; the inverse of `changes_between`."""
    after = {**state, **changes.get("set", {})}
    for key, items in changes.get("append", {}).items():
        after[key] = [*(after.get(key) or ()), *items]  # a newer version may have added the key
    for key, source in changes.get("last", {}).items():
        after[key] = after[source][-1]
    return after


def leaning(changes: Changes, keys: Iterable[str]) -> Changes:
    """Return the changes of a fork's first step without the texts that the state at the head repeats.

    `keys` are keys that later steps keep or append to, so the first step's value is a prefix of the head's
    value. Its length, in characters or items, replaces it under `append`. A text that is an item of such
    a list is stored under `item` as `{key: [list, index]}`. An older version of the program fails at the
    number, which is better than reading an empty state.
    """
    values, appended = changes.get("set", {}), changes.get("append", {})
    written = {**values, **appended}
    texts = {key: written[key] for key in keys if isinstance(written.get(key), str | list)}
    left = {key: len(value) for key, value in texts.items() if value}  # numbers stay: they have no length
    named = {
        key: [source, items.index(value)]
        for source, items in appended.items()
        for key, value in values.items()
        if source in left and isinstance(value, str) and value in items
    }
    parts = {
        "set": {key: value for key, value in values.items() if key not in left and key not in named},
        "append": appended | left,
        "last": changes.get("last", {}),
        "item": named,
    }
    return {name: part for name, part in parts.items() if part}


def leans(changes: Changes) -> bool:
    """Return whether `leaning` left texts out of these changes."""
    return any(isinstance(number, int) for number in changes.get("append", {}).values())


def whole(changes: Changes, default_state: Mapping[str, Any], head: Mapping[str, Any]) -> Changes:
    """Return the changes with the texts filled in from the state at the head; the inverse of `leaning`."""
    appended = changes.get("append", {})
    numbers = {key: number for key, number in appended.items() if isinstance(number, int)}
    left = {key: head[key][:number] for key, number in numbers.items()}
    lists = {key: value for key, value in left.items() if isinstance(default_state.get(key, value), list)}
    texts = {key: value for key, value in left.items() if key not in lists}
    texts |= {key: left[source][index] for key, (source, index) in changes.get("item", {}).items()}
    parts = {
        "set": changes.get("set", {}) | texts,
        "append": {key: items for key, items in appended.items() if key not in left} | lists,
        "last": changes.get("last", {}),
    }
    return {name: part for name, part in parts.items() if part}


def fold(default_state: Mapping[str, Any], path: Iterable[Changes]) -> dict[str, Any]:
    """Return the state after the last step of a path, given the changes of each step, oldest first."""
    state = dict(default_state)
    for changes in path:
        state = apply_changes(state, changes)
    return state


def path_to(steps: Mapping[int, StepT], head: int | None) -> list[StepT]:
    """Return the steps that lead to `head`, oldest first. Raise `KeyError` if a step is missing."""
    path: list[StepT] = []
    while head is not None:
        path.append(steps[head])
        head = path[-1].base
    return path[::-1]


def _grew(before: Any, after: Any) -> bool:
    if not (isinstance(before, list) and isinstance(after, list)):
        return False
    return len(after) > len(before) and after[: len(before)] == before


def _last_of(value: Any, appended: Mapping[str, list[Any]]) -> str:
    return next((key for key, items in appended.items() if items[-1] == value), "")
