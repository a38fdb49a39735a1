"""The table of human steps. The API's endpoints, the pages' forms and the schema are made from it.

A step's `action` is a Burr action tagged `HUMAN` and its fields are that action's inputs; the system
check `assistant.E010` compares them. `clean` is the only validation that a person's text goes through.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assistant_app import conf
from assistant_app.errors import InvalidInput


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One thing that a person types. `limit` names the setting with its length in characters."""

    name: str
    label: str
    help: str = ""
    limit: str = "MAX_TEXT_CHARACTERS"
    required: bool = True
    verbatim: bool = False  # kept to the last space; else the space around it goes
    one_per: str = ""  # a state key: the field is a list with one text for each of its items
    empty_decides: bool = False  # an empty text means something here, so spaces alone are refused

    @property
    def max_length(self) -> int:
        return conf.limit(self.limit)


@dataclass(frozen=True, slots=True, kw_only=True)
class HumanStep:
    action: str
    endpoint: str  # the last part of its URL in the API
    title: str  # the heading over its form
    button: str
    fields: tuple[Field, ...]

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
        """Raise `InvalidInput` if a list has not one text for each item that the state holds."""
        for field in self.fields:
            expected = len(state.get(field.one_per) or ()) if field.one_per else 0
            if field.one_per and (given := len(inputs[field.name])) != expected:
                raise InvalidInput(fields={field.name: [f"{expected} are needed, {given} were sent."]})


def _clean(field: Field, data: Mapping[str, Any]) -> Any:
    if field.name not in data:
        raise ValueError("This field is needed.")
    value = data[field.name]
    if not field.one_per:
        return _clean_text(field, value)
    if not isinstance(value, list):
        raise ValueError("Send a list of texts.")
    if len(value) > 100:
        raise ValueError("That is too many.")
    return [_clean_text(field, item) for item in value]


def _clean_text(field: Field, value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("Send text.")
    if "\x00" in value:
        raise ValueError("It holds a NUL character, which no mail has. Take it out.")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError("It holds half a character (a lone surrogate). Paste it again.") from None
    text = value.replace("\r\n", "\n").replace("\r", "\n")
    if len(text) > field.max_length:
        raise ValueError(f"It has {len(text):,} characters; {field.max_length:,} fit.")
    if field.required and not text.strip():
        raise ValueError("Write something here.")
    if field.empty_decides and text and not text.strip():
        raise ValueError("It holds only spaces. Write something, or leave it empty on purpose.")
    return text if field.verbatim else text.strip()


PROCESS_INPUT = HumanStep(
    action="process_input",
    endpoint="initialize_draft",
    title="Answer an email",
    button="Get a draft",
    fields=(
        Field(
            name="email_to_respond",
            label="The email you want to answer",
            limit="MAX_EMAIL_CHARACTERS",
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
            help="Plain words are enough. Nothing at all accepts the draft.",
            required=False,
            empty_decides=True,
        ),
    ),
)

STEPS = [PROCESS_INPUT, CLARIFY_INSTRUCTIONS, PROCESS_FEEDBACK]


def get(action: str) -> HumanStep:
    """Return the step of that action; `KeyError` if it is none that waits for a person."""
    return {step.action: step for step in STEPS}[action]
