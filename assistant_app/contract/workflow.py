"""A workflow: a Burr graph, and a table that tells every door what it needs to know about its actions.

Endpoints, forms, pages, lists, the history, branch points and the documentation follow from a `Workflow`.
Imports Burr only: the limit of a field is the name of a setting, and a door is a dotted path.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, Literal

from burr.core import GraphBuilder
from burr.core import State as BurrState
from burr.core.graph import Graph

from assistant_app.contract.actions import Choice, is_human, may_call_model, takes_model
from assistant_app.contract.changes import Changes
from assistant_app.contract.wording import in_words
from assistant_app.phrases import gettext_noop

State = Mapping[str, Any]
Numbers = Mapping[str, int]
Say = str | Callable[[Numbers], str]  # a text, or a function of the workflow's `counted` numbers
HIGHEST = 10**9 - 1  # number that a field takes unless it says so
DoorName = Literal["page", "api"]  # a module for the pages, a mixin for the viewset


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One input field: a text of several lines, unless a flag says something else.

    `limit` names the setting with its maximal length in characters.
    """

    name: str
    label: str
    help: str = ""
    limit: str = "MAX_TEXT_CHARACTERS"
    too_long: str = ""  # advice if the text is too long
    missing: str = ""  # what to do if it is required and nothing was written
    required: bool = True
    may_be_missing: bool = False  # clients that don't know it need not send it: it is empty then
    verbatim: bool = False  # keep white space at both ends; otherwise strip it
    one_per: str = ""  # state key of a list: the field takes one text per item
    explained_by: str = ""  # state key of a list with the reason for each item
    offered_by: str = ""  # state key of a list with likely texts for each item, to choose from
    empty_decides: bool = False  # an empty text has a meaning, so reject spaces only
    is_line: bool = False  # a text of one line
    is_list: bool = False  # texts, one on each line of a form
    is_number: bool = False  # a whole number from `least` to `most`
    least: int = 1
    most: int = HIGHEST
    choices: tuple[tuple[str, str], ...] = ()  # the values to choose from, each with its label
    begins_with: str = ""  # state key whose value prefills the field
    begins_with_partial: bool = False  # what a run that stopped had written prefills the field
    kept_in: str = ""  # state key where the input is kept; the field's name if empty

    @property
    def key(self) -> str:
        return self.kept_in or self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """One value of the state as the API and the pages show it."""

    name: str  # in the API
    key: str  # in the state
    label: str = ""  # on pages; the name in words if empty
    help: str = ""  # in the API's documentation
    kind: Literal["text", "texts", "lists", "number", "numbers", "error", "record", "value"] = "text"
    parts: tuple[Output, ...] = ()  # of a record: its values by name
    is_nullable: bool = False
    may_be_blank: bool = False
    choices: tuple[tuple[str, str], ...] = ()  # its values that have a label on pages, each with it
    on_page: bool = True
    value: Callable[[State], Any] | None = None  # computes the value; otherwise it is the key's

    def of(self, state: State) -> Any:
        return state.get(self.key) if self.value is None else self.value(state)

    def label_of(self, value: Any) -> Any:
        """Return the label of a chosen value, or the value itself if it has none."""
        return dict(self.choices).get(value, value) if isinstance(value, str) else value


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """How doors speak of an action, in texts that they translate. Empty ones are made from its label."""

    due: Say = ""  # in a list, while it waits for a person: "Answer 2 questions"
    waiting: Say = ""  # on the page, in the same case: "2 questions before the first draft"
    due_again: str = ""  # both, in a fork that takes the step once more
    news: str | Callable[[State], str] = ""  # to a screen reader, in the same case
    running: Say = ""  # while it runs: "Reading the email"
    failed: Say = ""  # "Couldn’t read the email"
    stopped: Say = ""  # its person stopped it
    ended: Say = ""  # on the page, when it was the last one: "You accepted draft 3"
    done: str | Callable[[State, State], tuple[str, str]] = ""  # in the history: heading and detail
    read: str = ""  # in the list of what a run did: "Email read"
    saved: str = gettext_noop("Your text is saved.")  # what its person typed: "Your answers are saved."
    not_sent: str = gettext_noop("Your text wasn’t sent")  # "Your answers weren’t sent"
    gone: str = ""  # it was sent in another window: "You’ve already answered these in another window"


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionEntry:
    """What doors need to know about an action. One with a `title` takes a person's input."""

    action: str
    label: str = ""  # what happens at it: "Look for questions"; the name in words if empty
    words: Words = Words()
    outputs: tuple[Output, ...] | None = None  # None: every key that the action is the first to write
    # Of human steps only:
    title: str = ""  # the heading over its form
    endpoint: str = ""  # the last part of its URL in the API; the action's name if empty
    button: str = gettext_noop("Send")
    fields: tuple[Field, ...] = ()
    method: Literal["put", "post"] = "put"
    instead_of: str = ""  # the due action that this one may replace
    when_finished: bool = False  # allowed only when finished
    at_any_time: bool = False  # also when finished; a run that stopped stays so
    when_stopped_at: tuple[str, ...] = ()  # allowed only after a run that stopped at one of these actions
    adds_draft: bool = False  # counts as a round, without a model
    needs: Callable[[State], None] | None = None  # raises if no input would fit
    fits: Callable[[dict[str, Any], State], None] | None = None  # raises if input does not fit
    template: str = ""  # its own form, if the generic one does not do
    buttons: str = ""  # dotted path of a module with `typed_in` and `read`, for a form with buttons

    def __post_init__(self) -> None:
        if not self.label:
            object.__setattr__(self, "label", in_words(self.action))
        if not self.endpoint:
            object.__setattr__(self, "endpoint", self.action)

    @property
    def is_human(self) -> bool:
        return bool(self.title)

    @property
    def is_choice(self) -> bool:
        """Return whether it is never due: it is sent instead of what is due, or after an end."""
        return self.when_finished or self.at_any_time or bool(self.instead_of or self.when_stopped_at)

    @property
    def goes_on_from_stop(self) -> bool:
        """Return whether it keeps what was sent for the run that stopped, instead of replacing it."""
        return self.at_any_time or bool(self.when_stopped_at)

    @property
    def takes_text(self) -> bool:
        """Return whether a person types something, so that it can be lost."""
        return any(not item.is_number and not item.choices for item in self.fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    """What a model is called for."""

    label: str  # "Write a draft"
    is_round: bool = False  # a day's budget counts it


@dataclass(frozen=True, slots=True)
class Counted:
    """A number that words need: the length of a list in the state, or one that the state has."""

    items: str  # key of the list
    number: str = ""  # key of a number that counts instead, if it is above 0

    def of(self, state: State) -> int:
        return int((self.number and state.get(self.number)) or len(state.get(self.items) or ()))


@dataclass(frozen=True, slots=True)
class StepTaken:
    """A completed step on the way to a state, for `carried_into_fork`."""

    number: int
    position: str
    changes: Changes
    at: str  # ISO 8601
    model: str = ""  # of its last successful call; "" if it made none
    provider: str = ""


@dataclass(frozen=True, slots=True)
class Once:
    """A human step that is taken only once, so that a fork may take it again."""

    keys: tuple[str, ...]  # that it alone writes by then, and that hold its input
    before: str  # position before it; "" at the start
    set_before: tuple[str, ...]  # lasting keys that have their values by then


LONGEST_HEADLINE = 200  # characters of a title or a sender


def no_headline(changes: Changes) -> dict[str, str]:
    return {}


def as_it_is(state: State) -> State:
    return state


def carry_all(state: State, steps: Sequence[StepTaken]) -> dict[str, Any]:
    return dict(state)


@dataclass(frozen=True, kw_only=True)
class Workflow:
    """A Burr application as this product serves it. `name` is its name in rows and addresses."""

    name: str
    title: str
    build_graph: Callable[[Any], Graph]  # takes the model, or None for a graph that is only looked at
    entrypoint: str
    default_state: State  # every key, because conditions raise on missing ones
    entries: Sequence[ActionEntry] = ()
    lasting: Sequence[str] = ()  # keys that are written once or only appended to; see `changes.leaning`
    noun: str = gettext_noop("application")  # what people call one of its applications
    result: str = gettext_noop("result")  # what a run makes, and a day's budget counts: "draft"
    results: str = gettext_noop("results")  # the same, of several
    busy: str = gettext_noop("It is being worked on already.")
    over: str = ""  # heading over what was sent too late: "You’ve accepted this reply"
    purposes: Mapping[str, Purpose] = field(default_factory=dict)
    counted: Mapping[str, Counted] = field(default_factory=dict)
    rounds: Counted | None = None  # that count for MAX_ROUNDS
    growing: Sequence[str] = ()  # keys of lists of texts that count for MAX_DRAFTS_CHARACTERS
    searched: Sequence[str] = ()  # keys whose texts the list's search reads
    calls_per_run: int = 1  # at most, between two human steps
    doors: Mapping[DoorName, str] = field(default_factory=dict)  # of its own, by dotted path
    # Hooks, functions of plain values:
    headline: Callable[[Changes], dict[str, str]] = no_headline  # `title` and `sender` from a step's changes
    sent_to_model: Callable[[State], State] = as_it_is  # the part of the state that prompts hold
    prompt_version: Callable[[bool], str] = lambda is_demonstration: ""  # of the prompts' words
    fenced: Callable[[State, Mapping[str, Any]], str] = lambda state, inputs: (
        ""
    )  # text from others in prompts
    carried_into_fork: Callable[[State, Sequence[StepTaken]], dict[str, Any]] = carry_all
    export: Callable[[State], list[tuple[str, str]]] | None = None  # headings and texts

    def short_headline(self, changes: Changes) -> dict[str, str]:
        """Return title and sender that a step's changes bring, each on one line that fits."""
        said = self.headline(changes)
        return {name: " ".join(text.split())[:LONGEST_HEADLINE] for name, text in said.items()}

    @cached_property
    def graph(self) -> Graph:
        """The graph without a model: to be looked at, not to be run."""
        return self.build_graph(None)

    @cached_property
    def actions(self) -> frozenset[str]:
        return frozenset(action.name for action in self.graph.actions)

    @cached_property
    def table(self) -> dict[str, ActionEntry]:
        """The entry of each action, in the order of the table.

        One that has none gets an empty one, after that of the action before it in the graph.
        """
        found = [*self.entries]
        known = {entry.action for entry in found}
        place = 0
        for name in self._in_order:
            if name not in known:
                found.insert(place, ActionEntry(action=name))
            place = next(number for number, entry in enumerate(found, 1) if entry.action == name)
        return {entry.action: entry for entry in found}

    @property
    def _in_order(self) -> list[str]:
        return [action.name for action in self.graph.actions]

    @cached_property
    def human_steps(self) -> list[ActionEntry]:
        return [entry for entry in self.table.values() if entry.is_human]

    def entry(self, action: str) -> ActionEntry:
        """Return the entry of an action. Raise `KeyError` if there is none."""
        return self.table[action]

    def label(self, action: str) -> str:
        """Return what happens at an action, also at one that only a newer version knows."""
        return self.table[action].label if action in self.table else in_words(action)

    def human_step(self, action: str) -> ActionEntry | None:
        entry = self.table.get(action)
        return entry if entry is not None and entry.is_human else None

    def may_be_due(self) -> list[str]:
        """Return the actions that an application may wait for, that is, all except choices."""
        return [entry.action for entry in self.human_steps if not entry.is_choice]

    def takes(self, action: str, due: str, *, stopped_at: str | None) -> bool:
        """Return whether a human step may be sent while another one is due, "" when finished.

        `stopped_at` is the action at which the last run stopped; None if it did not. A step that is sent at
        any time leaves such a run stopped where it was.
        """
        entry = self.entry(action)
        if entry.when_stopped_at:
            return stopped_at in entry.when_stopped_at
        if entry.at_any_time:
            is_due = not due or due in self._next_to[action]
            return is_due if stopped_at is None else self._has_begun(stopped_at)
        if not due:
            return entry.when_finished
        return not entry.when_finished and due in (entry.action, entry.instead_of)

    def _has_begun(self, stopped_at: str) -> bool:
        """Return whether a run stopped at an action that no person takes, after their first input."""
        return stopped_at in self.actions and not is_human(self.graph, stopped_at)

    @cached_property
    def _next_to(self) -> dict[str, set[str]]:
        """The actions that may follow each one, without choices."""
        found: dict[str, set[str]] = {name: set() for name in self.actions}
        for edge in self._edges:
            found[edge.from_.name].add(edge.to.name)
        return found

    @cached_property
    def asking(self) -> frozenset[str]:
        """The actions from which a run may call a model before the next human step."""
        return frozenset(name for name in self.actions if may_call_model(self.graph, name))

    @cached_property
    def always_asking(self) -> frozenset[str]:
        """The actions after which a run may call a model, whichever way it takes."""
        return frozenset(action for action, nexts in self._next_to.items() if nexts and nexts <= self.asking)

    def group(self, action: str) -> set[str]:
        """Return this action and all that may be sent at the same point."""
        due = self.entry(action).instead_of or action
        return {due, *(entry.action for entry in self.human_steps if entry.instead_of == due)}

    def knows(self, position: str, next_step: str) -> bool:
        """Return whether an application at this point can be continued by this version of the workflow."""
        return (not position or position in self.actions) and (not next_step or next_step in self.actions)

    def complete(self, state: State) -> dict[str, Any]:
        """Return a stored state with the keys that came after it."""
        return {**self.default_state, **state}

    def following(self, position: str, state: State) -> str:
        """Return the action after a position, "" after the last one."""
        found = self.graph.get_next_node(position or None, BurrState(dict(state)), self.entrypoint)
        return found.name if found else ""

    def position_after(self, action: str, position: str, state: State) -> str:
        """Return the position after an action that was taken at a position.

        It stays the same if the action may be taken at any time and was taken while a run was stopped.
        """
        if action not in self.actions or not self.entry(action).at_any_time:
            return action
        return position if self._has_begun(self.following(position, state)) else action

    def running_after(self, position: str) -> str:
        """Return the action that most likely runs after a position, without its state.

        The one that may call a model is the one that takes its time.
        """
        if not position:
            return self.entrypoint
        nexts = [edge.to.name for edge in self._edges if edge.from_.name == position]
        machines = [name for name in nexts if not is_human(self.graph, name)]
        models = [name for name in machines if name in self.asking]
        return next(iter([*models, *machines, *nexts]), position)

    def numbers(self, state: State) -> dict[str, int]:
        return {name: counted.of(state) for name, counted in self.counted.items()}

    # --- What it shows -------------------------------------------------------------------------

    @cached_property
    def outputs(self) -> list[Output]:
        """The values that API and pages show, in the order of the table."""
        shown: list[Output] = []
        keys = {out.key for entry in self.table.values() for out in entry.outputs or ()}
        for entry in self.table.values():
            if entry.outputs is not None:
                shown += entry.outputs
                continue
            action = self.graph.get_action(entry.action) if entry.action in self.actions else None
            for key in action.writes if action else ():
                if key in self.default_state and key not in keys:
                    keys.add(key)
                    shown.append(self._output(entry, key))
        return shown

    def _output(self, entry: ActionEntry, key: str) -> Output:
        value = self.default_state[key]
        field = next((item for item in entry.fields if item.key == key), None)
        kind: Any = "value"
        if isinstance(value, bool):
            kind = "value"
        elif isinstance(value, int) or (field is not None and field.is_number):
            kind = "number"
        elif isinstance(value, str):
            kind = "text"
        elif isinstance(value, list):
            kind = "texts" if all(isinstance(item, str) for item in value) else "value"
        may_be_left_out = kind == "number" and field is not None and not field.required
        return Output(
            name=key,
            key=key,
            label=field.label if field else in_words(key),
            kind=kind,
            is_nullable=value is None or kind == "value" or may_be_left_out,
            may_be_blank=True,
            choices=field.choices if field else (),
        )

    def told(self, state: State, position: str, leave_out: Collection[str] = ()) -> list[tuple[Output, Any]]:
        """Return the values that are there at a position, except those of the keys to leave out.

        A number or truth value that is the default one is there once an action that writes it was taken.
        """
        written = self._surely_written.get(position, frozenset())
        found = [(output, output.of(state)) for output in self.outputs if output.key not in leave_out]
        return [
            (output, value)
            for output, value in found
            if is_there(value)
            and (
                output.key in written
                or not isinstance(value, int | float)
                or value != self.default_state.get(output.key)
            )
        ]

    @cached_property
    def _surely_written(self) -> dict[str, frozenset[str]]:
        """The keys that have been written at each position, whichever way led to it."""
        reached = {name: self._reached_without(name) for name in self.actions}
        return {
            position: frozenset(
                key
                for action in self.graph.actions
                if position not in reached[action.name]
                for key in action.writes
            )
            for position in self.actions
        }

    def _reached_without(self, left_out: str) -> set[str]:
        """Return the actions that may be taken if one of them never is. Choices count, too."""
        ahead = [name for name in [self.entrypoint] if name != left_out]
        for name in ahead:
            nexts = (edge.to.name for edge in self.graph.transitions if edge.from_.name == name)
            ahead += [to for to in dict.fromkeys(nexts) if to != left_out and to not in ahead]
        return set(ahead)

    # --- Branches ------------------------------------------------------------------------------

    @cached_property
    def once(self) -> dict[str, Once]:
        """The human steps that are taken only once: no way leads from them back to them."""
        return {
            entry.action: self._once(entry.action)
            for entry in self.human_steps
            if entry.action in self.actions
            and not entry.is_choice
            and entry.action not in self._after(entry.action)
        }

    def _once(self, action: str) -> Once:
        earlier = [name for name in self._in_order if action in self._after(name)]
        before = [edge.from_.name for edge in self._edges if edge.to.name == action]
        written = [key for name in earlier for key in self.graph.get_action(name).writes]  # type: ignore[union-attr]
        writes = self.graph.get_action(action).writes  # type: ignore[union-attr]
        own = [key for key in writes if key not in written]  # that tell whether it was taken
        return Once(
            keys=tuple(key for key in own if key in self.lasting) or tuple(own),
            before="" if action == self.entrypoint else next(iter(before), ""),
            set_before=tuple(key for key in dict.fromkeys(written) if key in self.lasting),
        )

    def _after(self, action: str) -> set[str]:
        """Return the actions that may come after this one, at any distance; choices left out."""
        ahead, seen = [action], set[str]()
        for name in ahead:
            found = {edge.to.name for edge in self._edges if edge.from_.name == name} - seen
            seen |= found
            ahead.extend(found)
        return seen

    @cached_property
    def _edges(self) -> list[Any]:
        return [edge for edge in self.graph.transitions if not isinstance(edge.condition, Choice)]


def is_there(value: Any) -> bool:
    """Return whether a value of a state is worth showing."""
    return value not in (None, "", [], {})


def say(text: Say, numbers: Numbers) -> str:
    return text if isinstance(text, str) else text(numbers)


def binding(actions: Mapping[str, Any], transitions: Iterable[tuple[Any, ...]]) -> Callable[[Any], Graph]:
    """Return the `build_graph` of a workflow: it binds the model to the actions that take one.

    A graph is built once per model, because Burr reads an action's source code at each `bind`, which takes
    longer than a step.
    """

    @lru_cache(maxsize=8)
    def build(model: Any = None) -> Graph:
        bound = {name: act.bind(model=model) if takes_model(act) else act for name, act in actions.items()}
        return GraphBuilder().with_actions(**bound).with_transitions(*transitions).build()

    return build
