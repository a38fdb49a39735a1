"""The history of one email: its steps, their changes, the state after each, and the model calls.

It takes two or three queries for any length. The state after a step is folded from the changes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.core.paginator import Page, Paginator
from django.utils.translation import gettext

from assistant_app.contract.changes import apply_changes, path_to
from assistant_app.contract.workflow import Workflow
from assistant_app.engine import history, registry
from assistant_app.errors import ApplicationNotFound, Cancelled
from assistant_app.inspection import costs, curl, drawing, way
from assistant_app.inspection.costs import Totals
from assistant_app.models import Application, ModelCall, Step
from assistant_app.phrases import gettext_noop
from assistant_app.translation import translated

PAGE_SIZE = 50  # steps
SHORT, WHOLE = 1_500, 10_000_000  # characters shown of one text: in a list, and on its own page
LONG_FIELDS = ("messages", "parameters", "reply")  # of `ModelCall`
State = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Text:
    """A value as text, cut to the length that fits the page."""

    shown: str
    more: int = 0  # characters left out


@dataclass(frozen=True, slots=True)
class Change:
    """A step's change of one state key. `appended` has the items added to a list, or is None."""

    key: str
    before: Any
    after: Any
    appended: list[Any] | None
    limit: int

    @property
    def old(self) -> Text | None:
        """The replaced value, or None if there was none or the change only appended."""
        return text_of(self.before, self.limit) if self.before and self.appended is None else None

    @property
    def new(self) -> Text:
        if self.appended is None:
            return text_of(self.after, self.limit)
        return text_of(self.appended, self.limit, first=len(self.before or ()) + 1)


@dataclass(frozen=True, slots=True)
class CallShown:
    """A model call. `number` counts the calls of the email from 1."""

    number: int
    call: ModelCall
    limit: int
    label: str = ""

    @property
    def what(self) -> str:
        """What the model was called for."""
        return translated(self.label) if self.label else self.call.purpose

    @property
    def how_it_broke(self) -> str:
        """Return ": failed", ": stopped", or "" for a call that went well."""
        if not self.call.error_code:
            return ""
        return gettext(": stopped") if self.call.error_code == Cancelled.code else gettext(": failed")

    @property
    def cost(self) -> Decimal | None:
        return costs.of_call(self.call)

    @property
    def messages(self) -> list[tuple[str, Text]]:
        return [(message["role"], text_of(message["content"], self.limit)) for message in self.call.messages]

    @property
    def parameters(self) -> str:
        return json.dumps(self.call.parameters, ensure_ascii=False, indent=1, sort_keys=True)

    @property
    def command(self) -> str:
        return curl.command_of(self.call)

    @property
    def reply(self) -> Text:
        return text_of(self.call.reply, self.limit)


@dataclass(frozen=True, slots=True)
class StepShown:
    step: Step
    is_human: bool
    is_on_the_way: bool  # on the path to the head; False if the step failed or was undone
    before: State
    after: State
    calls: list[CallShown]
    limit: int

    @property
    def kind(self) -> str:
        """Return "broke", "aside" (stopped by the owner), "you" or ""."""
        if self.step.error_code:
            return "aside" if self.step.error_code == Cancelled.code else "broke"
        return "you" if self.is_human else ""

    @property
    def seconds(self) -> float:
        return (self.step.finished_at - self.step.started_at).total_seconds()

    @property
    def changes(self) -> list[Change]:
        parts = self.step.changes
        appended = parts.get("append", {})
        changed = {key for part in parts.values() for key in part}
        return [
            Change(key, self.before.get(key), value, appended.get(key), self.limit)
            for key, value in self.after.items()  # in the order of the state; the database has its own order
            if key in changed
        ]

    @property
    def partial(self) -> Text | None:
        """What a failed step had let out of its text; None if nothing."""
        return text_of(self.step.partial, self.limit) if self.step.partial else None

    @property
    def state(self) -> list[tuple[str, Text]]:
        return [(key, text_of(value, self.limit)) for key, value in self.after.items()]


class History:
    """The steps and calls of one application. Texts of calls are loaded only for the steps shown."""

    def __init__(self, row: Application) -> None:
        self.row = row
        self.workflow: Workflow | None = registry.find(row.workflow)  # None: a newer version runs it
        self.default_state: State = self.workflow.default_state if self.workflow else {}

    @cached_property
    def steps(self) -> dict[int, Step]:
        """The steps by number, oldest first."""
        return history.steps_of(self.row)

    @cached_property
    def calls(self) -> list[ModelCall]:
        """The calls without their texts, oldest first. A call's number is its position, from 1."""
        return list(self.row.model_calls.defer(*LONG_FIELDS))

    @cached_property
    def states(self) -> dict[int | None, State]:
        """The state after each step. One pass is enough, because a step's base is always older."""
        states: dict[int | None, State] = {None: self.default_state}
        for number, step in self.steps.items():
            states[number] = apply_changes(states[step.base], step.changes)
        return states

    @cached_property
    def way(self) -> dict[int, str]:
        """The steps on the path to the head, oldest first, as number -> position."""
        path = path_to(self.steps, self.row.sequence_id)
        return {step.sequence_id: step.position for step in path}

    def page(self, asked: str | None) -> Page:
        """Return the requested page of steps, or the nearest one that exists."""
        return Paginator(list(self.steps.values()), PAGE_SIZE).get_page(asked)

    @property
    def totals(self) -> Totals:
        return costs.total(self.calls)

    @property
    def drawing(self) -> drawing.Drawing | None:
        """The graph with the way that was taken; None for an unknown workflow."""
        if self.workflow is None:
            return None
        head = self.states.get(self.row.sequence_id, self.default_state)
        return way.drawing_of(self.workflow, self.row, list(self.way.values()), head)

    def shown(
        self, steps: Sequence[Step], limit: int = SHORT, *, with_texts: bool = False
    ) -> Iterator[StepShown]:
        """Yield these steps of the history ready to be shown. `with_texts` costs one more query."""
        humans = way.humans(self.workflow.graph) if self.workflow else {}
        texts = self._calls_of(steps) if with_texts else {}
        calls = [
            CallShown(number, texts.get(call.pk, call), limit, self._label(call))
            for number, call in enumerate(self.calls, start=1)
        ]
        for step in steps:
            yield StepShown(
                step=step,
                is_human=humans.get(step.position, False),
                is_on_the_way=step.sequence_id in self.way,
                before=self.states[step.base],
                after=self.states[step.sequence_id],
                calls=[shown for shown in calls if shown.call.sequence_id == step.sequence_id],
                limit=limit,
            )

    def _label(self, call: ModelCall) -> str:
        purpose = self.workflow.purposes.get(call.purpose) if self.workflow else None
        return purpose.label if purpose else ""

    def _calls_of(self, steps: Sequence[Step]) -> dict[int, ModelCall]:
        return self.row.model_calls.filter(sequence_id__in=[step.sequence_id for step in steps]).in_bulk()

    def step(self, number: int, *, with_texts: bool = False) -> StepShown:
        """Return one step in full. Raise `ApplicationNotFound` if the number is unknown."""
        if number not in self.steps:
            raise ApplicationNotFound(gettext_noop("There is no such step."))
        return next(self.shown([self.steps[number]], WHOLE, with_texts=with_texts))


def call_of(row: Application, number: int) -> CallShown:
    """Return one call in full, by its number from 1. Raise `ApplicationNotFound` if it is unknown."""
    calls = row.model_calls.order_by("id")[number - 1 : number] if 0 < number < 10**9 else ()
    for call in calls:
        return CallShown(number, call, WHOLE)
    raise ApplicationNotFound(gettext_noop("There is no such call."))


def text_of(value: Any, limit: int, first: int = 1) -> Text:
    """Return a state value as readable text. Items of a list are numbered from `first`."""
    text = _plain(value, first)
    return Text(text[:limit].rstrip(), len(text) - limit) if len(text) > limit else Text(text)


def _plain(value: Any, first: int) -> str:
    if value is None:
        return gettext("none yet")
    if isinstance(value, list):
        return "\n\n".join(f"{n}. {_plain(item, 1)}" for n, item in enumerate(value, first)) or gettext(
            "an empty list"
        )
    if isinstance(value, str):
        return value or gettext("empty")
    return json.dumps(value, ensure_ascii=False, indent=1)
