"""Human steps and choices in a graph: which actions wait for a person, and which call a model."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from burr.core import Condition
from burr.core.graph import Graph

HUMAN = "human"  # tag of an action that takes a person's input; such actions call no model


class Choice(Condition):
    """Lead to a step that a person may send instead of the due one. Never true, so Burr never takes it.

    Its name says so in drawings: "if the person edits it".
    """

    def __init__(self, name: str) -> None:
        super().__init__([], lambda state: False, name=name)


def takes_model(act: Any) -> bool:
    """Return whether an action has a parameter `model`, or an attribute if it is an object of a class."""
    function = getattr(act, "fn", act)
    return "model" in _parameters(function) if callable(function) else hasattr(act, "model")


@lru_cache(maxsize=256)
def _parameters(function: Callable[..., Any]) -> frozenset[str]:
    return frozenset(inspect.signature(function).parameters)


def may_call_model(graph: Graph, position: str) -> bool:
    """Return whether a run that starts at this action may call a model before the next human step."""
    ahead, seen = [position], {position}
    for name in ahead:
        if is_human(graph, name):
            continue
        if takes_model(graph.get_action(name)):
            return True
        following = {edge.to.name for edge in graph.transitions if edge.from_.name == name} - seen
        seen |= following
        ahead.extend(following)
    return False


def is_human(graph: Graph, position: str) -> bool:
    action = graph.get_action(position)
    return action is not None and HUMAN in action.tags


def is_choice(graph: Graph, position: str) -> bool:
    """Return whether this is a human action that is never due, but may be sent instead of the due one."""
    return any(edge.to.name == position and isinstance(edge.condition, Choice) for edge in graph.transitions)
