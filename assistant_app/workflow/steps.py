"""The table of human steps. The API's endpoints, the pages' forms and the schema are made from it.

A step's `action` is a Burr action tagged `HUMAN` and its fields are that action's inputs; the system
check `assistant.E010` compares them. `clean` is the only validation that a person's text goes through.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from assistant_app import conf
from assistant_app.errors import InvalidInput, NothingToRegenerate
from assistant_app.workflow import drafts


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One thing that a person types. `limit` names the setting with its length in characters."""

    name: str
    label: str
    help: str = ""
    limit: str = "MAX_TEXT_CHARACTERS"
    too_long: str = ""  # what to do about it
    required: bool = True
    verbatim: bool = False  # kept to the last space; else the space around it goes
    one_per: str = ""  # a state key: the field is a list with one text for each of its items
    explained_by: str = ""  # a state key: why each of these is asked, where that is known
    empty_decides: bool = False  # an empty text means something here, so spaces alone are refused
    is_number: bool = False  # a whole number from 1
    begins_with: str = ""  # a state key: its text is there to be changed

    @property
    def max_length(self) -> int:
        return conf.limit(self.limit)


@dataclass(frozen=True, slots=True, kw_only=True)
class HumanStep:
    action: str
    endpoint: str  # the last part of its URL in the API
    title: str  # the heading over its form
    button: str
    fields: tuple[Field, ...] = ()
    method: Literal["put", "post"] = "put"
    instead_of: str = ""  # the action that is due when this one may be sent
    when_finished: bool = False  # only then may it be sent
    adds_draft: bool = False  # by itself, without a run of the model
    fits: Callable[[dict[str, Any], Mapping[str, Any]], None] | None = None  # raises if it makes no sense

    @property
    def is_choice(self) -> bool:
        """Whether it is never due: a person sends it instead of the step that is, or at the end."""
        return self.when_finished or bool(self.instead_of)

    def clean(self, data: Any) -> dict[str, Any]:
        """Return the action's inputs; raise `InvalidInput` that names every field that is wrong."""
        if not isinstance(data, Mapping):
            raise InvalidInput(fields={"body": ["Send one JSON object with the fields of this step."]})
        inputs: dict[str, Any] = {}
        problems: dict[str, list[str]] = {}
        for name in data.keys() - {field.name for field in self.fields}:
            problems[str(name)[:100]] = ["There is no such field."]
        for field in self.fields:
            try:
                inputs[field.name] = _clean(field, data)
            except ValueError as problem:
                problems[field.name] = [str(problem)]
        if problems:
            raise InvalidInput(fields=problems)
        return inputs

    def match(self, inputs: dict[str, Any], state: Mapping[str, Any]) -> None:
        """Raise `InvalidInput` unless each list has a text for each item in the state, or as `fits` does."""
        for field in self.fields:
            expected = len(state.get(field.one_per) or ()) if field.one_per else 0
            if field.one_per and (given := len(inputs[field.name])) != expected:
                raise InvalidInput(fields={field.name: [f"{expected} are needed, {given} were sent."]})
        if self.fits is not None:
            self.fits(inputs, state)


def _clean(field: Field, data: Mapping[str, Any]) -> Any:
    if field.name not in data:
        raise ValueError("This field is needed.")
    value = data[field.name]
    if field.is_number:
        return _clean_number(value)
    if not field.one_per:
        return _clean_text(field, value)
    if not isinstance(value, list):
        raise ValueError("Send a list of texts.")
    if len(value) > 100:
        raise ValueError("That is too many.")
    return [_clean_text(field, item) for item in value]


def _clean_number(value: Any) -> int:
    """A form sends a number as text."""
    if isinstance(value, str) and len(value) < 10 and value.isascii() and value.isdigit():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 10**9:
        raise ValueError("Send a whole number from 1.")
    return value


def _clean_text(field: Field, value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("Send text.")
    if "\x00" in value:
        raise ValueError("It holds a NUL character, which no mail has. Take it out.")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError("It holds half a character (a lone surrogate). Paste it again.") from None
    text = _with_plain_lines(value)
    if len(text) > field.max_length:
        fits = f"{field.max_length:,} fit. {field.too_long}".rstrip()
        raise ValueError(f"It has {len(text):,} characters; {fits}")
    if field.required and not text.strip():
        raise ValueError("Write something here.")
    if field.empty_decides and text and not text.strip():
        raise ValueError("It holds only spaces. Write something, or leave it empty on purpose.")
    return text if field.verbatim else text.strip()


def _with_plain_lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def is_current(text: str, state: Mapping[str, Any]) -> bool:
    """Whether an edited text, cleaned, is that of the current draft, whatever line ends its model writes."""
    return text == _with_plain_lines(state.get("current_draft") or "").strip()


def _is_changed(inputs: dict[str, Any], state: Mapping[str, Any]) -> None:
    if is_current(inputs["text"], state):
        raise InvalidInput(fields={"text": ["Nothing was changed, so no new draft was made."]})


def _is_there(inputs: dict[str, Any], state: Mapping[str, Any]) -> None:
    number = len(state["draft_history"])
    if inputs["draft"] > number:
        raise InvalidInput(
            fields={"draft": [f"There is no draft {inputs['draft']}. The newest is {number}."]}
        )


def _was_written(inputs: dict[str, Any], state: Mapping[str, Any]) -> None:
    source = drafts.source_of_current(state)
    if source is None or source["by"] == drafts.PERSON:
        raise NothingToRegenerate


PROCESS_INPUT = HumanStep(
    action="process_input",
    endpoint="initialize_draft",
    title="Answer an email",
    button="Get a draft",
    fields=(
        Field(
            name="email_to_respond",
            label="The email you want to answer",
            help="Paste all of it. Sender, subject and quoted history are recognised.",
            limit="MAX_EMAIL_CHARACTERS",
            too_long="Cut off old quoted messages at the end.",
            verbatim=True,
        ),
        Field(
            name="response_instructions",
            label="What do you want to say?",
            help="A line or two is enough: “Yes to Tuesday, ask for the invoice number.”",
        ),
    ),
)
CLARIFY_INSTRUCTIONS = HumanStep(
    action="clarify_instructions",
    endpoint="clarify_instructions",
    title="A few questions first",
    button="Send answers",
    fields=(
        Field(
            name="answers",
            label="Your answers",
            help="Leave a field empty to skip it.",
            required=False,
            one_per="clarification_questions",
            explained_by="clarification_reasons",
        ),
    ),
)
PROCESS_FEEDBACK = HumanStep(
    action="process_feedback",
    endpoint="process_feedback",
    title="Is this draft right?",
    button="Send feedback",
    fields=(
        Field(
            name="feedback",
            label="What should change?",
            help="Plain words are enough. Leave it empty to accept the draft.",
            required=False,
            empty_decides=True,
        ),
    ),
)
EDIT_DRAFT = HumanStep(
    action="edit_draft",
    endpoint="edit",
    title="Edit the draft",
    button="Save as a new draft",
    instead_of="process_feedback",
    adds_draft=True,
    fits=_is_changed,
    fields=(
        Field(name="text", label="Your text", limit="MAX_EMAIL_CHARACTERS", begins_with="current_draft"),
    ),
)
USE_DRAFT = HumanStep(
    action="use_draft",
    endpoint="use",
    title="Go back to an earlier draft",
    button="Use this draft",
    instead_of="process_feedback",
    fits=_is_there,
    fields=(Field(name="draft", label="Its number", is_number=True),),
)
REGENERATE = HumanStep(
    action="regenerate",
    endpoint="regenerate",
    method="post",
    title="Let it be written once more",
    button="Try again",
    instead_of="process_feedback",
    fits=_was_written,
)
REOPEN = HumanStep(
    action="reopen",
    endpoint="reopen",
    method="post",
    title="Go on with a finished email",
    button="Reopen",
    when_finished=True,
)

STEPS = [
    PROCESS_INPUT,
    CLARIFY_INSTRUCTIONS,
    PROCESS_FEEDBACK,
    EDIT_DRAFT,
    USE_DRAFT,
    REGENERATE,
    REOPEN,
]

# Changes by one press: what the button says, and the feedback that it means. What was typed goes first.
REFINEMENTS = {
    "shorter": ("Shorter", "Make it shorter."),
    "longer": ("Longer", "Make it longer."),
    "more_formal": ("More formal", "Make it more formal."),
    "friendlier": ("Friendlier", "Make it friendlier."),
    "simpler": ("Simpler words", "Use simpler words."),
}

ASSUMED = re.compile(r"^You assumed: .*\n(?=Instead: )", re.MULTILINE)  # as `corrected` writes it


def get(action: str) -> HumanStep:
    """Return the step of that action; `KeyError` if it is none that a person sends."""
    return {step.action: step for step in STEPS}[action]


def may_be_due() -> list[str]:
    """Return the actions that an application may wait for: all but the choices."""
    return [step.action for step in STEPS if not step.is_choice]


def group(action: str) -> set[str]:
    """Return the actions that may be sent when this one may, and it."""
    due = get(action).instead_of or action
    return {due, *(step.action for step in STEPS if step.instead_of == due)}


def refined(key: str, typed: str, language: str = "") -> str:
    """Return the feedback that a press means: what was typed, then the sentence. `KeyError` if unknown.

    With the key `language`, the draft is wanted in that one. A text that ends so already, since the press
    was refused before, is not added to.
    """
    sentence = f"Write it in {language.strip()}." if key == "language" else REFINEMENTS[key][1]
    text = typed.strip()
    return text if text.endswith(sentence) else "\n\n".join(part for part in (text, sentence) if part)


def said_oneself(feedback: str) -> str:
    """Return feedback without what a model assumed and the person corrected."""
    return ASSUMED.sub("", feedback)


def corrected(assumption: str, instead: str) -> str:
    """Return the feedback that corrects what the model assumed."""
    return f"You assumed: {assumption.strip()}\nInstead: {instead.strip()}"
