"""Serializers for responses, and for the input of each human step in the schema and the browsable forms.

Step serializers do not validate. Operations do that with `HumanStep.clean`.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from functools import lru_cache
from itertools import zip_longest
from typing import Any, ClassVar

from django.http import QueryDict
from django.urls import get_script_prefix, get_urlconf, reverse
from rest_framework import serializers

from assistant_app.errors import unknown_fields
from assistant_app.models import Application
from assistant_app.workflow import steps
from assistant_app.workflow.drafts import current_number
from assistant_app.workflow.graph import DEFAULT_STATE
from assistant_app.workflow.steps import Field, HumanStep

Status = Application.Status
_ANY_ID = uuid.UUID(int=0)  # a placeholder in cached paths
UUID_PATTERN = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
# What `steps.clean` accepts, in the dialect of regular expressions that JSON Schema uses. White space is
# Python's, because other languages have other lists.
_SPACE = r"\u0009-\u000d\u001c-\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_SOME_TEXT = rf"([^\u0000]*[^\u0000{_SPACE}])[^\u0000]*"
_ANY_TEXT = r"[^\u0000]*"


class WhyItStopped(serializers.Serializer):
    code = serializers.CharField()
    message = serializers.CharField()


class Parent(serializers.Serializer):
    app_id = serializers.UUIDField()
    step = serializers.IntegerField(allow_null=True, help_text="number of the step at which it was forked")


class ApplicationState(serializers.Serializer):
    """One email being answered, with all its texts."""

    app_id = serializers.UUIDField()
    email_to_respond = serializers.CharField(allow_null=True, help_text="null until it is sent")
    response_instructions = serializers.CharField(allow_null=True, help_text="null until they are sent")
    questions = serializers.ListField(
        child=serializers.CharField(),
        allow_null=True,
        help_text="null until they are known; empty if the model needs none",
    )
    question_reasons = serializers.ListField(
        child=serializers.CharField(allow_blank=True),
        allow_null=True,
        help_text='why each question is asked; "" if the model gave no reason; null until they are known',
    )
    question_choices = serializers.ListField(
        child=serializers.ListField(child=serializers.CharField()),
        allow_null=True,
        help_text="up to four likely answers to each question; an answer may be any other text",
    )
    questions_error = WhyItStopped(
        allow_null=True,
        help_text='why no questions could be asked; null if they could; the code is "skipped" if you did',
    )
    answers = serializers.ListField(
        child=serializers.CharField(allow_blank=True),
        allow_null=True,
        help_text='one for each question, "" for a skipped one; null until they are sent',
    )
    drafts = serializers.ListField(child=serializers.CharField(), help_text="oldest first")
    draft_number = serializers.IntegerField(
        allow_null=True, help_text="number of the current draft, from 1; feedback and acceptance apply to it"
    )
    assumptions = serializers.ListField(
        child=serializers.CharField(), help_text="what the model assumed in the current draft"
    )
    feedback_history = serializers.ListField(child=serializers.CharField(), help_text="oldest first")
    final_draft = serializers.CharField(allow_null=True)
    notes = serializers.ListField(
        child=serializers.CharField(),
        help_text="what was left out of the email in this request, or guessed; empty in other answers",
    )
    next_step = serializers.CharField(
        allow_null=True, help_text="the step to send next; null while a run is active and when finished"
    )
    next_url = serializers.URLField(allow_null=True, help_text="the URL to send it to")
    status = serializers.ChoiceField(choices=Status.choices)
    version = serializers.IntegerField(help_text="increases with every stored change; also the ETag")
    title = serializers.CharField(allow_blank=True)
    error = WhyItStopped(allow_null=True, help_text="why the last run stopped; null if it did not")
    parent = Parent(
        allow_null=True,
        help_text="the email that this fork came from; null without one, or if it was deleted",
    )
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    def to_representation(self, row: Application) -> dict[str, Any]:
        state = {**DEFAULT_STATE, **row.state}
        drafts = state["draft_history"]
        questions = state["clarification_questions"] or ([] if drafts else None)
        return {
            "app_id": str(row.pk),
            "email_to_respond": state["incoming_email"] or None,
            "response_instructions": state["response_instructions"] or None,
            "questions": questions,
            "question_reasons": questions and (state["clarification_reasons"] or [""] * len(questions)),
            "question_choices": questions and (state["clarification_choices"] or [[] for _ in questions]),
            "questions_error": state["clarification_error"],
            "answers": state["clarification_answers"],
            "drafts": drafts,
            "draft_number": current_number(state),
            "assumptions": state["assumptions"],
            "feedback_history": state["feedback_history"],
            "final_draft": state["final_draft"],
            "notes": list(self.context.get("notes", ())),
            "next_step": row.due_step,
            "next_url": _next_url(row, self.context["request"]),
            **_shared_fields(row),
        }


class ApplicationSummary(serializers.Serializer):
    """One email being answered without its texts."""

    app_id = serializers.UUIDField()
    url = serializers.URLField()
    sender = serializers.CharField(allow_blank=True)
    next_step = serializers.CharField(allow_null=True)
    status = serializers.ChoiceField(choices=Status.choices)
    version = serializers.IntegerField()
    title = serializers.CharField(allow_blank=True)
    error = WhyItStopped(allow_null=True)
    parent = Parent(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    def to_representation(self, row: Application) -> dict[str, Any]:
        return {
            "app_id": str(row.pk),
            "url": _url("detail", row, self.context["request"]),
            "sender": row.sender,
            "next_step": row.due_step,
            **_shared_fields(row),
        }


def is_uuid(text: str) -> bool:
    """Return whether the text is a UUID as OpenAPI has it. Python's `UUID` takes other forms, too."""
    return re.fullmatch(UUID_PATTERN, text) is not None


class Input(serializers.Serializer):
    """The base class of all bodies. The schema says that unknown fields are refused."""

    rules: ClassVar[dict[str, Any]] = {}  # more JSON Schema for the body as a whole
    patterns: ClassVar[dict[str, str]] = {}  # of the texts, or of the items of a list of texts


class Nothing(Input):
    """A body without fields. Reject unknown fields instead of ignoring them."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        values = super().to_internal_value(data)
        unknown = data.keys() - self.fields.keys() - {"csrfmiddlewaretoken"}
        if unknown:
            raise serializers.ValidationError(unknown_fields(unknown))
        return values

    def get_initial(self) -> dict[str, Any]:
        """Leave out optional fields without a value, so a raw form can be sent unchanged."""
        return {name: value for name, value in super().get_initial().items() if value is not None}


class NewApplication(Nothing):
    """The id of the new email, if you choose it yourself."""

    app_id = serializers.UUIDField(
        required=False, help_text="an id of your choice; makes the request idempotent"
    )

    def validate_app_id(self, value: uuid.UUID) -> uuid.UUID:
        sent = self.initial_data["app_id"]
        if not isinstance(sent, str) or not is_uuid(sent):
            raise serializers.ValidationError("Send the id as a string with four hyphens.")
        return value


class Error(serializers.Serializer):
    code = serializers.CharField(help_text="stable; use it in programs")
    message = serializers.CharField(help_text="for people")
    fields = serializers.DictField(  # type: ignore[assignment]
        child=serializers.ListField(child=serializers.CharField()), help_text="what is wrong with each field"
    )


class StepInput(Input):
    """The base class of the step serializers."""

    step: HumanStep

    def prefill(self, state: dict[str, Any], sent: Any) -> None:
        """Prefill the browsable form: sent values, one input per list item, and the item's reason."""
        given = sent if isinstance(sent, Mapping) else {}
        for field in self.step.fields:
            shown = self.fields[field.name]
            if field.one_per:
                asked = state.get(field.one_per) or []
                reasons = state.get(field.explained_by) or []
                shown.style["prompts"] = list(zip_longest(asked, reasons[: len(asked)], fillvalue=""))
                shown.initial = [""] * len(asked)
            if field.begins_with:
                shown.initial = state.get(field.begins_with)
            if field.name in given:
                shown.initial = _printable(given[field.name])


def step_input(step: HumanStep) -> type[StepInput]:
    """Return the serializer class for a human step's input."""
    name = step.action.title().replace("_", "")
    fields: dict[str, Any] = {field.name: _serializer_field(field) for field in step.fields}
    fields["patterns"] = {field.name: _pattern(field) for field in step.fields if not field.is_number}
    return type(name, (StepInput,), {"__doc__": step.title, "step": step, **fields})


def inputs_of(step: HumanStep, data: Any) -> Any:
    """Return the submitted data. From a form, keep lists as lists and drop the CSRF token."""
    if not isinstance(data, QueryDict):
        return data
    lists = {field.name for field in step.fields if field.one_per}
    return step.from_form(
        {
            name: data.getlist(name) if name in lists else data[name]
            for name in data
            if name != "csrfmiddlewaretoken"
        }
    )


def payload_of(data: Any) -> Any:
    """Return the submitted data as JSON values. From a form, drop the CSRF token."""
    if not isinstance(data, QueryDict):
        return data
    return {name: texts for name, texts in data.lists() if name != "csrfmiddlewaretoken"}


def _serializer_field(field: Field) -> serializers.Field:
    help_text = field.help.replace("“", '"').replace("”", '"')
    if field.is_number:
        return serializers.IntegerField(
            label=field.label, help_text=help_text, min_value=1, max_value=steps.LARGEST_NUMBER
        )
    text: dict[str, Any] = {
        "max_length": field.max_length,
        "allow_blank": not field.required,
        "trim_whitespace": not field.verbatim,
    }
    if field.one_per:
        return serializers.ListField(
            child=serializers.CharField(**text), label=field.label, help_text=help_text, max_length=100
        )
    style = {"base_template": "textarea.html", "rows": 6}
    return serializers.CharField(label=field.label, help_text=help_text, style=style, **text)


def _pattern(field: Field) -> str:
    if field.required:
        return f"^{_SOME_TEXT}$"
    return f"^({_SOME_TEXT})?$" if field.empty_decides else f"^{_ANY_TEXT}$"


def _printable(value: Any) -> Any:
    """Replace lone surrogates, which cannot be encoded in a response."""
    if isinstance(value, list):
        return [_printable(item) for item in value]
    return str(value).encode(errors="replace").decode()


def _next_url(row: Application, request: Any) -> str | None:
    if row.due_step is None:
        return None
    return _url(steps.get(row.due_step).endpoint.replace("_", "-"), row, request)


def _url(name: str, row: Application, request: Any) -> str:
    path = _path(name, get_script_prefix(), get_urlconf())
    return str(request.build_absolute_uri(path.replace(str(_ANY_ID), str(row.pk))))


@lru_cache(maxsize=64)
def _path(name: str, prefix: str, urlconf: str | None) -> str:
    """Return a view's path with a placeholder for the id. Cached: `reverse` is slower than reading a row."""
    return reverse(f"application-{name}", args=[_ANY_ID])


def _shared_fields(row: Application) -> dict[str, Any]:
    return {
        "status": row.status_now,
        "version": row.version,
        "title": row.title,
        "error": _error(row),
        "parent": {"app_id": row.parent_id, "step": row.parent_sequence_id} if row.parent_id else None,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }


def _error(row: Application) -> dict[str, str] | None:
    code, message = row.error_now
    return {"code": code, "message": message} if code else None
