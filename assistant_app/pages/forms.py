"""The form of a human step, derived from `steps.py`, and the meaning of its buttons.

There is no validation here. Operations do that with `HumanStep.clean`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.template.loader import select_template
from django.utils import timezone

from assistant_app.errors import InvalidInput
from assistant_app.mail import pasting
from assistant_app.mail.quotes import without_quoted
from assistant_app.workflow import steps
from assistant_app.workflow.steps import Field, HumanStep

Typed = dict[str, Any]  # field name -> text, or a list of texts

# Field name -> state key, for fields whose input is stored under another name.
STORED_AS = {"email_to_respond": "incoming_email", "answers": "clarification_answers"}


IDEAS = ("Yes", "No, thanks", "Later", "Ask for more time", "Say thanks")  # of what to say, to tick


class BothPressed(InvalidInput):
    """You pressed Accept, but there’s feedback you haven’t sent."""


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
class StepForm:
    """A step's form as shown: the state it is for, the typed text and the errors."""

    step: HumanStep
    state: Mapping[str, Any]
    typed: Typed = field(default_factory=dict)
    errors: Mapping[str, list[str]] = field(default_factory=dict)

    @property
    def template(self) -> str:
        """The name of the step's own template if there is one, otherwise of the generic one."""
        own = f"work/_form_{self.step.action}.html"
        return str(select_template([own, "work/_form.html"]).template.name)

    @property
    def fields(self) -> list[ShownField]:
        return [self._shown(item) for item in self.step.fields]

    @property
    def problems(self) -> list[tuple[str, str]]:
        """The errors as (element id, message), for the summary above the form."""
        mine = [
            (shown.boxes[0].id if shown.boxes else "form", _named(shown.field.label, text))
            for shown in self.fields
            for text in shown.errors
        ]
        others = ("eml", "language", "assumptions")  # inputs that are not fields of the step
        return mine + [(name, text) for name in others for text in self.errors.get(name, ())]

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
            boxes = [Box(item.name, item.label, typed or "", described_by=described_by)]
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


def _named(label: str, problem: str) -> str:
    return f"{label} {problem}" if label.endswith("?") else f"{label}: {problem}"


def typed_in(step: HumanStep, post: QueryDict) -> Typed:
    """Return the submitted text by field, unvalidated; a quick-change button adds its own words."""
    if step == steps.PROCESS_FEEDBACK and "correct" in post:
        return {"feedback": _corrections(post)}
    if step == steps.PROCESS_FEEDBACK and (refined := _refined(post)):
        return {"feedback": refined}
    typed = {
        item.name: _texts_of(item, post) if item.one_per else post.get(item.name, "") for item in step.fields
    }
    if step == steps.PROCESS_INPUT:
        typed["response_instructions"] = _with_ideas(post)
    return typed


def _with_ideas(post: QueryDict) -> str:
    """Return the ideas that were ticked, a line each, followed by the typed instructions."""
    ideas = [f"{idea}." for idea in IDEAS if idea in post.getlist("idea")]
    own = post.get("response_instructions", "")
    return "\n".join([*ideas, own] if own else ideas)


def _texts_of(item: Field, post: QueryDict) -> list[str]:
    """Return the texts of a list field. Without words of their own, what a person chose counts."""
    texts = post.getlist(item.name)
    return [
        text if text.strip() or not item.offered_by else post.get(f"{item.name}-choice-{number}", text)
        for number, text in enumerate(texts, start=1)
    ]


def stored(step: HumanStep, state: Mapping[str, Any]) -> Typed:
    """Return the step's last input from the state, by field name."""
    return {item.name: state.get(STORED_AS.get(item.name, item.name)) for item in step.fields}


def whole_number(text: str) -> int | None:
    """Parse a number of up to nine digits; return None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def has_text(typed: Typed) -> bool:
    for value in typed.values():
        texts = value if isinstance(value, list) else [value]
        if any(text and text.strip() for text in texts):
            return True
    return False


def read(step: HumanStep, post: QueryDict) -> Typed:
    """Return the step's input as the pressed button defines it. Raise `InvalidInput`."""
    typed = typed_in(step, post)
    return BUTTONS[step.action](typed, post) if step.action in BUTTONS else step.from_form(typed)


def _read_input(typed: Typed, post: QueryDict) -> Typed:
    """Read a pasted source or HTML; remove the quoted messages of a file, unless the form keeps them."""
    if "file" not in post:
        zone = timezone.get_current_timezone()
        return {**typed, "email_to_respond": pasting.as_text(typed["email_to_respond"], zone)}
    if "quoted" not in post:
        return {**typed, "email_to_respond": without_quoted(typed["email_to_respond"])}
    return typed


def _corrections(post: QueryDict) -> str:
    """Return the corrected assumptions as feedback text."""
    both = zip(post.getlist("assumption"), post.getlist("instead"), strict=False)
    return "\n\n".join(steps.corrected(one, other) for one, other in both if other.strip())


def _refined(post: QueryDict) -> str:
    """Return the typed feedback plus the text of the pressed quick change; "" if none was pressed."""
    quick, language = post.get("quick", ""), post.get("language", "")
    if quick in steps.REFINEMENTS or (quick == "language" and language.strip()):
        return steps.refined(quick, post.get("feedback", ""), language)
    return ""


def _read_feedback(typed: Typed, post: QueryDict) -> Typed:
    if _refined(post):
        return typed
    if post.get("quick") == "language":
        raise InvalidInput(fields={"language": ["Choose a language."]})
    text = typed["feedback"].strip()
    if post.get("accept") == "without the feedback":
        return {"feedback": ""}
    if post.get("accept"):
        if text:
            raise BothPressed
        return {"feedback": ""}
    if not text:
        if "correct" in post:
            problem = "Say what’s right instead."
            raise InvalidInput(fields={"assumptions": [problem]})
        raise InvalidInput(fields={"feedback": ["Say what should change, or press Accept."]})
    return typed


BUTTONS: dict[str, Callable[[Typed, QueryDict], Typed]] = {
    steps.PROCESS_INPUT.action: _read_input,
    steps.PROCESS_FEEDBACK.action: _read_feedback,
}
