"""The form of a human step, derived from its entry in the table.

There is no validation here. Operations do that with `engine.inputs.clean`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from django.http import QueryDict

from assistant_app.contract.workflow import ActionEntry, Field
from assistant_app.engine import inputs
from assistant_app.errors import AssistantError
from assistant_app.translation import translated

Typed = dict[str, Any]  # field name -> text, or a list of texts


@dataclass(frozen=True, slots=True)
class Box:
    """One text input."""

    id: str
    label: str
    text: str
    number: int = 0  # from 1 in a list field
    reason: str = ""  # why the question is asked
    choices: tuple[str, ...] = ()  # likely texts
    chosen: str = ""  # the one of them that was chosen
    described_by: str = ""  # ids of its help and its error, for aria-describedby


@dataclass(frozen=True, slots=True)
class ShownField:
    field: Field
    boxes: list[Box]
    errors: list[str]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Text that was not submitted. `error` says why; it is None if the text was kept for later."""

    step: ActionEntry
    typed: Typed
    error: AssistantError | None = None
    seen_draft: str = ""  # number of the draft the user was reading


@dataclass(frozen=True, slots=True)
class StepForm:
    """A step's form as shown: the state it is for, the typed text and the errors."""

    step: ActionEntry
    state: Mapping[str, Any]
    typed: Typed = field(default_factory=dict)
    errors: Mapping[str, list[str]] = field(default_factory=dict)

    @property
    def template(self) -> str:
        """The name of the step's own template if there is one, otherwise of the generic one."""
        return self.step.template or "applications/_form.html"

    @property
    def fields(self) -> list[ShownField]:
        return [self._shown(item) for item in self.step.fields]

    @property
    def problems(self) -> list[tuple[str, str]]:
        """The errors as (element id, message), for the summary above the form."""
        mine = [
            (shown.boxes[0].id if shown.boxes else "form", _named(shown.field, text))
            for shown in self.fields
            for text in shown.errors
        ]
        own = {item.name for item in self.step.fields}
        others = [name for name in self.errors if name not in own]  # inputs that are not fields of the step
        return mine + [(name, text) for name in others for text in self.errors[name]]

    def _shown(self, item: Field) -> ShownField:
        typed = self.typed.get(item.name)
        errors = self.errors.get(item.name, [])
        problem = f"{item.name}-error" if errors else ""
        if item.one_per:
            labels, reasons = self.state.get(item.one_per), self.state.get(item.explained_by)
            offered = self.state.get(item.offered_by) or []
            boxes = list_boxes(item, labels or [], typed or [], reasons or [], offered, problem)
        else:
            described_by = _ids(f"{item.name}-help" if item.help else "", problem)
            text = "\n".join(typed or ()) if item.is_list else "" if typed is None else str(typed)
            boxes = [Box(item.name, translated(item.label), text, described_by=described_by)]
        return ShownField(item, boxes, errors)


def list_boxes(
    item: Field,
    labels: list[str],
    texts: list[str],
    reasons: list[str],
    offered: list[list[str]],
    problem: str,
) -> list[Box]:
    """Make a box for each label; `problem` is the id of the error that is shown once for all of them."""
    padding = [""] * len(labels)
    shown = zip(labels, [*texts, *padding], [*reasons, *padding], [*offered, *padding], strict=False)
    boxes = []
    for number, (label, text, reason, choices) in enumerate(shown, start=1):
        box_id = f"{item.name}-{number}"
        described_by = _ids(f"{box_id}-why" if reason else "", problem)
        chosen = text if text in choices else ""
        own = "" if chosen else text
        boxes.append(Box(box_id, label, own, number, reason, tuple(choices), chosen, described_by))
    return boxes


def _ids(*ids: str) -> str:
    return " ".join(one for one in ids if one)


def _named(field: Field, problem: str) -> str:
    """Return the problem with the name of its field, unless it says itself which one it is about."""
    if problem == translated(field.missing):
        return problem
    label = translated(field.label)
    return f"{label} {problem}" if label.endswith("?") else f"{label}: {problem}"


def typed_in(step: ActionEntry, post: QueryDict) -> Typed:
    """Return the submitted text by field, unvalidated; a button of the form may add its own words."""
    if step.buttons and (typed := import_module(step.buttons).typed_in(step, post)) is not None:
        return dict(typed)
    return {item.name: _typed_in_field(item, post) for item in step.fields}


def _typed_in_field(item: Field, post: QueryDict) -> Any:
    if item.is_list:
        lines = (line for text in post.getlist(item.name) for line in text.splitlines())
        return [line for line in lines if line.strip()]
    return _texts_of(item, post) if item.one_per else post.get(item.name, "")


def _texts_of(item: Field, post: QueryDict) -> list[str]:
    """Return the texts of a list field. Without words of their own, what a person chose counts."""
    texts = post.getlist(item.name)
    return [
        text if text.strip() or not item.offered_by else post.get(f"{item.name}-choice-{number}", text)
        for number, text in enumerate(texts, start=1)
    ]


def begin_with(
    step: ActionEntry, state: Mapping[str, Any], before: Mapping[str, Any], partial: str = ""
) -> Typed:
    """Return what prefills a form: a value of the state, what a run had written, or the input before."""
    known = stored(step, before)
    prefilled = {item.name: state.get(item.begins_with) for item in step.fields if item.begins_with}
    prefilled |= {item.name: partial for item in step.fields if item.begins_with_partial}
    return {**prefilled, **{name: value for name, value in known.items() if value is not None}}


def stored(step: ActionEntry, state: Mapping[str, Any]) -> Typed:
    """Return the step's last input from the state, by field name."""
    found = {item.name: state.get(item.key) for item in step.fields}
    lists = {item.name: found[item.name] or [] for item in step.fields if item.is_list}
    texts = {item.name: found[item.name] or "" for item in step.fields if item.may_be_missing}
    return found | texts | lists


def whole_number(text: str) -> int | None:
    """Parse a number of up to nine digits; return None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def has_text(typed: Typed) -> bool:
    for value in typed.values():
        texts = value if isinstance(value, list) else [value]
        if any(text and str(text).strip() for text in texts):
            return True
    return False


def read(step: ActionEntry, post: QueryDict) -> Typed:
    """Return the step's input as the pressed button defines it. Raise `InvalidInput`."""
    typed = inputs.from_form(step, typed_in(step, post))
    return dict(import_module(step.buttons).read(step, typed, post)) if step.buttons else typed
