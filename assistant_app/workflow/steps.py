"""The table of human steps, from which API endpoints, page forms and the schema are derived.

A step's `action` is a Burr action tagged `HUMAN`, and its fields are that action's inputs. The system check
`assistant.E010` compares them. `clean` is the only validation of input.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from assistant_app import conf
from assistant_app.errors import DoesNotFit, InvalidInput, NothingToRegenerate, unknown_fields
from assistant_app.workflow import drafts

LARGEST_NUMBER = 10**9 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One input field. `limit` names the setting with its maximal length in characters."""

    name: str
    label: str
    help: str = ""
    limit: str = "MAX_TEXT_CHARACTERS"
    too_long: str = ""  # advice if the text is too long
    required: bool = True
    verbatim: bool = False  # keep white space at both ends; otherwise strip it
    one_per: str = ""  # state key of a list: the field takes one text per item
    explained_by: str = ""  # state key of a list with the reason for each item
    offered_by: str = ""  # state key of a list with likely texts for each item, to choose from
    empty_decides: bool = False  # an empty text has a meaning, so reject spaces only
    is_number: bool = False  # a whole number from 1
    begins_with: str = ""  # state key whose value prefills the field

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
    instead_of: str = ""  # the due action that this one may replace
    when_finished: bool = False  # allowed only when finished
    adds_draft: bool = False  # without a model
    fits: Callable[[dict[str, Any], Mapping[str, Any]], None] | None = None  # raises if input does not fit

    @property
    def is_choice(self) -> bool:
        """Return whether it is never due: it is sent instead of the due step, or after the end."""
        return self.when_finished or bool(self.instead_of)

    def clean(self, data: Any) -> dict[str, Any]:
        """Return the action's inputs. Raise `InvalidInput` with a message for each wrong field."""
        if not isinstance(data, Mapping):
            raise InvalidInput(fields={"body": ["Send one JSON object with the fields of this step."]})
        inputs: dict[str, Any] = {}
        problems = unknown_fields(data.keys() - {field.name for field in self.fields})
        for field in self.fields:
            try:
                inputs[field.name] = _clean(field, data)
            except ValueError as problem:
                problems[field.name] = [str(problem)]
        if problems:
            raise InvalidInput(fields=problems)
        return inputs

    def from_form(self, texts: Mapping[str, Any]) -> dict[str, Any]:
        """Return the input from a form, where numbers are texts. `clean` refuses a text that is no number."""
        numbers = {field.name for field in self.fields if field.is_number}
        return {name: _number_in(text) if name in numbers else text for name, text in texts.items()}

    def match(self, inputs: dict[str, Any], state: Mapping[str, Any]) -> None:
        """Raise `DoesNotFit` if a list has the wrong length for the state, or as `fits` does."""
        for field in self.fields:
            expected = len(state.get(field.one_per) or ()) if field.one_per else 0
            if field.one_per and (given := len(inputs[field.name])) != expected:
                raise DoesNotFit(fields={field.name: [f"{expected} are needed, {given} were sent."]})
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
    if isinstance(value, float) and value.is_integer():  # JSON has one kind of number: 2.0 is 2
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= LARGEST_NUMBER:
        raise ValueError(f"Send a whole number from 1 to {LARGEST_NUMBER:,}.")
    return value


def _number_in(text: Any) -> Any:
    is_number = isinstance(text, str) and len(text) < 10 and text.isascii() and text.isdigit()
    return int(text) if is_number else text


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
    """Return whether a cleaned text equals the current draft, apart from line ends and outer spaces."""
    return text == _with_plain_lines(state.get("current_draft") or "").strip()


def _is_changed(inputs: dict[str, Any], state: Mapping[str, Any]) -> None:
    if is_current(inputs["text"], state):
        raise DoesNotFit(fields={"text": ["Nothing was changed, so no new draft was made."]})


def _is_there(inputs: dict[str, Any], state: Mapping[str, Any]) -> None:
    number = len(state["draft_history"])
    if inputs["draft"] > number:
        raise DoesNotFit(fields={"draft": [f"There is no draft {inputs['draft']}. The newest is {number}."]})


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
            label="The email you’re replying to",
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
            offered_by="clarification_choices",
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

# Feedback by one button: its label, and the sentence to append to the typed feedback.
REFINEMENTS = {
    "shorter": ("Shorter", "Make it shorter."),
    "longer": ("Longer", "Make it longer."),
    "more_formal": ("More formal", "Make it more formal."),
    "friendlier": ("Friendlier", "Make it friendlier."),
    "simpler": ("Simpler words", "Use simpler words."),
}

ASSUMED = re.compile(r"^You assumed: .*\n(?=Instead: )", re.MULTILINE)  # as `corrected` writes it


def get(action: str) -> HumanStep:
    """Return the human step of an action. Raise `KeyError` if there is none."""
    return {step.action: step for step in STEPS}[action]


def may_be_due() -> list[str]:
    """Return the actions that an application may wait for, that is, all except choices."""
    return [step.action for step in STEPS if not step.is_choice]


def group(action: str) -> set[str]:
    """Return this action and all that may be sent at the same point."""
    due = get(action).instead_of or action
    return {due, *(step.action for step in STEPS if step.instead_of == due)}


def refined(key: str, typed: str, language: str = "") -> str:
    """Return the feedback of a refinement button: the typed text, then its sentence.

    The key `language` asks for a draft in `language`. If the text ends with the sentence already, because
    an earlier press was refused, don't repeat it. Raise `KeyError` for an unknown key.
    """
    sentence = f"Write it in {language.strip()}." if key == "language" else REFINEMENTS[key][1]
    text = typed.strip()
    return text if text.endswith(sentence) else "\n\n".join(part for part in (text, sentence) if part)


def said_oneself(feedback: str) -> str:
    """Return feedback without the quoted assumptions that it corrects."""
    return ASSUMED.sub("", feedback)


def corrected(assumption: str, instead: str) -> str:
    """Return the feedback that corrects an assumption of the model."""
    return f"You assumed: {assumption.strip()}\nInstead: {instead.strip()}"
